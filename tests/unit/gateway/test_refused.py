"""What the guard refused, as metrics: the packets since the last that went out."""

from __future__ import annotations

import json
from typing import Any

from fixtunnel.refused import Refused
from tests.unit.gateway.conftest import Machine
from tests.unit.gateway.watching import Watching, world

__all__ = ["world"]
ASKED = "nft --json list counters table inet fixtunnel"


def listed(unasked: int, not_decrypted: int) -> str:
    """As nft lists counters; the last one is no metric."""
    counts = {"unasked": unasked, "not_decrypted": not_decrypted, "elsewhere": 99}
    counters = [{"counter": {"name": name, "packets": count, "bytes": 60}} for name, count in counts.items()]
    return json.dumps({"nftables": [{"metainfo": {"version": "1.1.3"}}, *counters]})


def test_since_it_was_last_told(machine: Machine) -> None:
    machine.answers[ASKED] = listed(5, 1)
    refused = Refused()
    machine.answers[ASKED] = listed(12, 1)
    assert refused.look() == {"UnaskedPackets": 7, "UndecryptedPackets": 0}
    assert refused.look() == {"UnaskedPackets": 7, "UndecryptedPackets": 0}, "what did not go out is not told"
    refused.take()
    assert refused.look() == {"UnaskedPackets": 0, "UndecryptedPackets": 0}


def test_a_guard_that_was_loaded_again_counts_from_nothing(machine: Machine) -> None:
    machine.answers[ASKED] = listed(5, 5)
    refused = Refused()
    machine.answers[ASKED] = listed(2, 0)
    assert refused.look() == {"UnaskedPackets": 2, "UndecryptedPackets": 0}


def test_without_a_guard_nothing_is_told(machine: Machine) -> None:
    machine.answers[ASKED] = (1, "", "Error: No such file or directory")
    refused = Refused()
    assert refused.look() == {}
    machine.answers[ASKED] = listed(3, 0)
    assert refused.look() == {"UnaskedPackets": 3, "UndecryptedPackets": 0}


def test_it_goes_out_with_the_other_metrics_and_once(world: Watching) -> None:
    world.engine_says("Northbridge", "Harbour")
    world.look()
    world.machine.answers[ASKED] = listed(4, 2)
    world.look()
    world.look()
    assert [_value(request, "UnaskedPackets") for request in world.reporter.requests[-2:]] == [4, 0]
    assert [_value(request, "UndecryptedPackets") for request in world.reporter.requests[-2:]] == [2, 0]


def _value(request: dict[str, Any], name: str) -> float:
    (datum,) = [datum for datum in request["metrics"] if datum["MetricName"] == name]
    assert datum["Dimensions"] == [{"Name": "client", "Value": "acme-capital"}]
    return float(datum["Value"])
