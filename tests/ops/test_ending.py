"""What ends the command without being a fault of it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.ops.conftest import Fixtunnel


@pytest.mark.parametrize("package", ["fpdf", "pypdf"])
def test_a_package_that_is_missing_says_how_to_get_it(
    fixtunnel: Fixtunnel, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, package: str
) -> None:
    """A clone whose `.venv` is older than its files."""
    for name in [one for one in sys.modules if one.partition(".")[0] == package or one.startswith("ops.form")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, package, None)
    ran = fixtunnel("form", "lse-proquote", "--offline", "--to", str(tmp_path / "out"))
    assert ran.status == 1
    assert f"the Python package {package} is missing here" in ran.err and "make setup" in ran.err
