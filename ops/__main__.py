"""`python -m ops`: the operator's command."""

import sys

from ops.interrupts import end_at_once, no_more
from ops.streams import opened

if __name__ == "__main__":
    opened()
    end_at_once()
    # Half of a command's time goes into loading it.
    from ops.command import main

    status = main()
    no_more()
    sys.exit(status)
