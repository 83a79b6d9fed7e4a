"""`python -m rehearsal`: a client, booted and traded with on this machine."""

import sys

from ops.interrupts import end_at_once, no_more
from ops.streams import opened

if __name__ == "__main__":
    opened()
    end_at_once(in_background=True)
    # It takes seconds to load.
    from rehearsal.command import main

    status = main()
    no_more()
    sys.exit(status)
