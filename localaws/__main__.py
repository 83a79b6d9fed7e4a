"""`python -m localaws`: a client, deployed to an AWS on this machine."""

import sys

from ops.interrupts import end_at_once, no_more
from ops.streams import opened

if __name__ == "__main__":
    opened()
    end_at_once()
    # It takes seconds to load.
    from localaws.command import main

    status = main()
    no_more()
    sys.exit(status)
