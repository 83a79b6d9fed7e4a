"""For every test: the project's own Node, which jsii starts for the CDK, and a Ctrl-C that reaches what a test starts."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"

# Whoever runs the tests may have clients of their own: these are about the example files.
for name in ("FIXTUNNEL_CLIENTS_DIR", "FIXTUNNEL_VENUES_DIR", "OPENSWAN_DEB"):
    os.environ.pop(name, None)

# A shell starts what it puts in the background with SIGINT ignored, and a child inherits that: a test that presses Ctrl-C
# would wait for a program that never hears it.
signal.signal(signal.SIGINT, signal.default_int_handler)
