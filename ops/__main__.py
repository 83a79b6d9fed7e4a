"""`python -m ops`: the operator's command."""

import sys

from ops.command import main

if __name__ == "__main__":
    sys.exit(main())
