"""`status` names what the gateway does not connect to, and believes the gateway before the files."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from ops.gateway import status
from ops.gateway.state import FixPort
from tests.literal import example

NOW = 1_700_000_000


def ports(**told: FixPort) -> Any:
    (one, *_) = example("tidewater").connections
    known = dict.fromkeys(("state", "psk", "incident"), None) | {"since": 0, "ike_up": True, "child_up": False}
    tunnel = SimpleNamespace(**known, child_sa_since=0, fix_ports=told)
    seen: Any = SimpleNamespace(tunnels={one.name: tunnel}, clock=NOW, sessions={}, chosen={}, inbound={})
    return status._tunnel(one, seen).fix_ports


def test_it_is_said_to_be_unprobed() -> None:
    up = FixPort(up=True, milliseconds=3, at=NOW - 20)
    assert ports(primary=up) == {"settlement": "not probed", "primary": "up, 20 s ago"}


def test_a_gateway_that_still_probes_is_believed() -> None:
    up = FixPort(up=True, milliseconds=3, at=NOW - 20)
    assert ports(settlement=up) == {"settlement": "up, 20 s ago"}
