"""For every test: the project's own Node, which jsii starts for the CDK, and a Ctrl-C that reaches what a test starts."""

from __future__ import annotations

import os
import signal
import sys
from functools import cache
from pathlib import Path

import botocore.session

os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"

# Whoever runs the tests may have clients of their own: these are about the example files.
for name in ("FIXTUNNEL_CLIENTS_DIR", "FIXTUNNEL_VENUES_DIR", "OPENSWAN_DEB"):
    os.environ.pop(name, None)

# A shell starts what it puts in the background with SIGINT ignored, and a child inherits that: a test that presses Ctrl-C
# would wait for a program that never hears it.
signal.signal(signal.SIGINT, signal.default_int_handler)

# Each run of the command has a session of its own, and each session reads AWS's descriptions again, for half a second: once here.
botocore.session.create_loader = cache(botocore.session.create_loader)

# No test asks for a format, and the grammars of one (IRIs, for jsonschema) take a second of each process that imports them.
sys.modules["rfc3987_syntax"] = None  # type: ignore[assignment]
