"""Each field of the contract that only some gateways have: written by its producer, and of the contract's type."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, get_type_hints

import pytest

from fixtunnel import contract, kept, settings
from fixtunnel.contract_of_pair import PairFacts
from fixtunnel.hours import Hours, Week
from fixtunnel.operations import parsed
from fixtunnel.sessions import Sessions
from ops.gateway.state import SaidStatus, seen_in
from tests.literal import deployed, example
from tests.unit.gateway.test_contract import TEMPLATES
from tests.unit.gateway.test_contract_kept import differences
from tests.unit.gateway.test_sessions import HOURS
from tests.unit.gateway.watching import OPERATIONS, Watching, operate, world
from userdata.hours import written
from userdata.render import render_files

__all__ = ["world"]
PAIR: contract.PairSettings = {"partner": "Standby0123456789ab", "key": "arn:aws:secretsmanager:x", "claims": True}
FACTS: PairFacts = {"state": "serves", "since": 1, "partner": "i-2", "heard": True, "fit": 2, "aws": "", "held": False}


def fields(kind: Any) -> set[str]:
    return set(get_type_hints(kind))


def test_the_settings_of_one_of_two(tmp_path: Path) -> None:
    deployment = example("lse-proquote")
    files = render_files(deployment, replace(deployed(deployment), pair=PAIR))
    (content,) = [file.content for file in files if file.path == contract.SETTINGS_FILE]
    assert differences(json.loads(content), contract.GatewaySettings) == []
    (tmp_path / "gateway.json").write_text(content)
    read = settings.load(tmp_path / "gateway.json").pair
    assert read and (read.partner, read.key, read.claims) == tuple(PAIR.values())


def test_where_the_log_is() -> None:
    """Each gateway in the field writes there, and its role may write nowhere else."""
    assert contract.log_place("acme") == ("/fixtunnel/acme", "gateway", "state")
    assert contract.log_place("acme", "firm") == ("firm", "fixtunnel/acme/gateway", "fixtunnel/acme/state")
    assert contract.log_place("acme", "firm").state == "fixtunnel/acme/state"


def test_the_hours_of_a_venue() -> None:
    hours = Hours(
        Week("Europe/London", ((420, 630),)),
        away=(Week("UTC", ((7200, 60),)),),
        closed=frozenset({date(2026, 12, 25)}),
        special={date(2026, 11, 21): ((360, 600),)},
        until=date(2027, 1, 31),
    )
    told = json.loads(json.dumps(written(hours)))
    assert differences(told, contract.VenueHours) == []
    assert told.keys() == fields(contract.VenueHours)
    assert parsed(json.dumps({**OPERATIONS, "hours": {"lse": told}})).hours["lse"] == hours


def test_whether_a_venue_trades() -> None:
    operations = parsed(json.dumps({**OPERATIONS, "hours": {"lse": HOURS}}))
    told = Sessions(lambda _text: None).look(operations, datetime(2026, 11, 23, tzinfo=UTC).timestamp())["lse"]
    assert differences(told, contract.VenueSession) == []
    assert told.keys() == fields(contract.VenueSession)


def test_the_state_that_is_kept_in_the_log(world: Watching) -> None:
    world.look()
    said = json.loads(kept.event("i-0123", world.state)["message"])
    assert differences(said, contract.Kept) == []
    assert said["instance"] == "i-0123"


def test_the_state_of_one_of_two_with_sessions_and_calls(world: Watching, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(world.watch, "_pair", lambda: FACTS)
    operate(world, hours={"harbour": HOURS}, inbound={"harbour": [["drop-copy", ["192.0.2.30"], "", 9001, "", 9001]]})
    for _ in range(3):
        world.look()
    said = json.loads(json.dumps({"time": 1, **world.state}))
    assert differences(said, contract.Watching) == []
    assert {"pair", "sessions", "inbound"} <= said.keys()
    assert said["pair"] == FACTS
    assert seen_in(SaidStatus.model_validate(said), 1).state == "holding"


def test_cloudformation_waits_for_the_signal_as_long_as_the_boot_believes() -> None:
    limits = {
        one["CreationPolicy"]["ResourceSignal"]["Timeout"]
        for template in TEMPLATES
        for one in json.loads(template.read_text())["Resources"].values()
        if "CreationPolicy" in one
    }
    assert limits == {f"PT{contract.SIGNAL_SECONDS // 60}M"}
    assert contract.START_SECONDS < contract.CLAIM_SECONDS < contract.SIGNAL_SECONDS
