"""The services of AWS that the gateway's program asks are those whose part of botocore its image unpacks."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from fixtunnel import aws
from tests.paths import ROOT

DPKG = ROOT / "userdata/start/etc/dpkg/dpkg.cfg.d/60-fixtunnel"


def test_each_service_that_is_asked_is_unpacked() -> None:
    """Without its description boto3 knows no such service, and a boot fails at its last step."""
    calls = [one for one in ast.walk(ast.parse(Path(aws.__file__).read_text())) if isinstance(one, ast.Call)]
    asked = {one.args[0].value for one in calls if isinstance(one.func, ast.Name) and one.func.id == "_call"}  # type: ignore[attr-defined]
    assert asked == set(re.findall(r"^path-include=\*/botocore/data/(\w+)/", DPKG.read_text(), re.MULTILINE))
