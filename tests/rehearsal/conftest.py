"""What every scenario has at hand."""

from __future__ import annotations

import os
import sys

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A rehearsal makes namespaces and a virtual machine."""
    if os.geteuid() != 0 or sys.platform != "linux":
        for item in items:
            if "/tests/rehearsal/" in str(item.path):
                item.add_marker(pytest.mark.skip(reason="needs root, on Linux"))
