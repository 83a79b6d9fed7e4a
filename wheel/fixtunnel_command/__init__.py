"""The operator's command, as a wheel installs it: the tree of the repository lies beside this file, as data.

It is on no path of Python's but our own process's: its `constructs/` would be taken for PyPI's package of that name.
"""

import os
import signal
import sys
from pathlib import Path

TREE = Path(__file__).parent / "tree"


def main() -> None:
    """Be `python -m ops` of the tree, as ./fixtunnel is in a clone."""
    # As there: Python has a traceback for a Ctrl-C before our first line, so it waits until ops/interrupts.py hears it.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM, signal.SIGHUP})
    os.environ.pop("PYTHONHOME", None)
    os.environ["PYTHONPATH"] = str(TREE)
    os.execv(sys.executable, [sys.executable, "-P", "-m", "ops", *sys.argv[1:]])  # noqa: S606
