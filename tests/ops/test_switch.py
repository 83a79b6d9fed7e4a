"""`fixtunnel switch`: the other gateway of a pair takes over, or it is said why not. And which of two a command speaks with."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ops.aws import Stack
from ops.aws import account as account_of
from ops.aws.account import Account
from ops.files.checking import check_files
from ops.files.cost import estimate, total
from ops.gateway.state import SaidPartner, SaidStatus, seen_in
from ops.gateway.status import standby
from ops.verbs import switch
from tests.literal import loaded
from tests.ops.conftest import Fixtunnel
from tests.paths import CLIENTS, VENUES
from tests.stacks.test_standby_stack import STANDBY
from userdata.contract import WORD_FILE

HEARD = {"state": "serves", "heard": True, "fit": 2, "partner": "i-2", "aws": ""}


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    text = (CLIENTS / "acme-capital.yaml").read_text().replace("  image: debian-13\n", f"  image: debian-13\n{STANDBY}")
    (tmp_path / "acme-capital.yaml").write_text(text)
    return tmp_path


class Gateways:
    """Two of them; a word is obeyed unless they are deaf."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.holder, self.is_deaf, self.pair, self.asked = "i-1", False, dict(HEARD), list[tuple[str, str]]()
        outputs = {"InstanceId": "i-1", "StandbyInstanceId": "i-2"}
        self.stack = Stack(
            name="fixtunnel-acme-capital",
            id="arn",
            status="CREATE_COMPLETE",
            reason="",
            protected=True,
            changed=datetime.now(UTC),
            address="203.0.113.7",
            allocation_id="eipalloc-1",
            instance_id="i-1",
            outputs=outputs,
        )
        account: Any = SimpleNamespace(stack=lambda _: self.stack, holder_of=lambda _: self.holder)
        patch.setattr(switch, "open_account", lambda *_: account)
        patch.setattr(switch, "session_to", lambda _, instance: SimpleNamespace(run=self._runs(instance)))
        patch.setattr(switch, "look", lambda _: seen_in(SaidStatus.model_validate({"pair": self.pair}), 1))
        patch.setattr(switch, "trading", lambda *_: [])
        patch.setattr(switch, "LIMIT_SECONDS", 0.2)
        patch.setattr(switch, "_PAUSE_SECONDS", 0.05)

    def _runs(self, instance: str) -> Callable[[str], None]:
        def run(command: str) -> None:
            self.asked.append((instance, command))
            self.holder = self.holder if self.is_deaf else instance

        return run


@pytest.fixture
def gateways(monkeypatch: pytest.MonkeyPatch) -> Gateways:
    return Gateways(monkeypatch)


def run(fixtunnel: Fixtunnel, desk: Path, *words: str) -> Any:
    return fixtunnel("--clients-dir", str(desk), "switch", "acme-capital", "--yes", *words)


def test_the_other_one_is_told(fixtunnel: Fixtunnel, desk: Path, gateways: Gateways) -> None:
    ran = run(fixtunnel, desk)
    assert (ran.status, gateways.asked) == (0, [("i-2", f"echo take >{WORD_FILE}")])
    assert "i-2 has 203.0.113.7; i-1 stands by" in ran.out


def test_for_a_machine_it_says_who_has_it(fixtunnel: Fixtunnel, desk: Path, gateways: Gateways) -> None:
    told = json.loads(run(fixtunnel, desk, "--json").out)
    assert told == {"client": "acme-capital", "address": "203.0.113.7", "gateway": "i-2", "standby": "i-1"}


def test_without_consent_nobody_is_told(fixtunnel: Fixtunnel, desk: Path, gateways: Gateways) -> None:
    ran = fixtunnel("--clients-dir", str(desk), "switch", "acme-capital")
    assert (ran.status != 0, gateways.asked) == (True, [])


@pytest.mark.parametrize("lack", [{"heard": False}, {"fit": 0}])
def test_nobody_is_told_who_could_not(
    fixtunnel: Fixtunnel, desk: Path, gateways: Gateways, lack: dict[str, object]
) -> None:
    gateways.pair |= lack
    ran = run(fixtunnel, desk)
    assert (ran.status, gateways.asked) == (1, [])
    assert "not switched: no gateway stands by" in ran.err


def test_a_word_that_is_not_obeyed_is_a_failure(fixtunnel: Fixtunnel, desk: Path, gateways: Gateways) -> None:
    gateways.is_deaf = True
    ran = run(fixtunnel, desk)
    assert ran.status == 1
    assert "i-1 has the address" in ran.err


def test_in_session_it_wants_now(
    fixtunnel: Fixtunnel, desk: Path, gateways: Gateways, monkeypatch: pytest.MonkeyPatch
) -> None:
    venue = SimpleNamespace(name="harbour")
    monkeypatch.setattr(switch, "trading", lambda *_: [venue])
    ran = run(fixtunnel, desk)
    assert (ran.status, "harbour is in session" in ran.err, gateways.asked) == (1, True, [])
    assert run(fixtunnel, desk, "--now").status == 0


def test_one_gateway_has_no_other(fixtunnel: Fixtunnel) -> None:
    ran = fixtunnel("switch", "acme-capital")
    assert (ran.status, "acme-capital has one gateway" in ran.err) == (2, True)


def test_what_a_person_holds_is_not_switched(fixtunnel: Fixtunnel, desk: Path, gateways: Gateways) -> None:
    gateways.pair |= {"held": True}
    ran = run(fixtunnel, desk)
    assert (ran.status, gateways.asked) == (1, [])
    assert "a person holds the address where it is" in ran.err
    assert "fixtunnel hold acme-capital --end" in ran.err


@pytest.mark.parametrize(
    ("holder", "serves", "other"), [("i-1", "i-1", "i-2"), ("i-2", "i-2", "i-1"), (None, "i-1", "i-2")]
)
def test_a_command_speaks_with_the_one_that_serves(
    monkeypatch: pytest.MonkeyPatch, gateways: Gateways, holder: str | None, serves: str, other: str
) -> None:
    monkeypatch.setattr(account_of, "read_stack", lambda *_: gateways.stack)
    monkeypatch.setattr(Account, "holder_of", lambda *_: holder)
    found = Account(SimpleNamespace(region="eu-west-2")).find_stack("acme-capital")  # type: ignore[arg-type]
    assert found is not None
    assert (found.instance_id, found.partner_id) == (serves, other)


def test_one_gateway_has_no_partner(gateways: Gateways) -> None:
    alone = replace(gateways.stack, outputs={"InstanceId": "i-1"})
    assert (alone.standby_id, alone.partner_id) == ("", "")


@pytest.mark.parametrize(
    ("lack", "said"),
    [
        ({}, "i-2 stands by"),
        ({"fit": 1}, "i-2 stands by, with something amiss"),
        ({"fit": 0}, "no gateway stands by: i-2 could not serve"),
        ({"heard": False}, "no gateway stands by: i-2 is not heard"),
        ({"held": True}, "no gateway takes over: a person holds the address where it is"),
        ({"partner": ""}, "no gateway stands by: the other gateway is not known yet"),
    ],
)
def test_how_the_other_one_is(lack: dict[str, object], said: str) -> None:
    assert standby(SaidPartner.model_validate(HEARD | lack)) == said


def test_two_gateways_cost_two(desk: Path) -> None:
    one, two = (
        estimate(loaded(folder, VENUES, "acme-capital"), region="eu-west-2", gib_out=1) for folder in (CLIENTS, desk)
    )
    names = [part.name for part in two.gateway]
    assert (names.count("instance"), names.count("disk")) == (2, 2)
    assert (total(two.gateway) or 0) > 1.5 * (total(one.gateway) or 0)
    assert two.site_to_site == one.site_to_site


def test_check_recommends_a_second_gateway_where_it_keeps_sessions(desk: Path, tmp_path: Path) -> None:
    venues = tmp_path / "venues"
    shutil.copytree(VENUES, venues)
    for path in venues.glob("*.yaml"):
        path.write_text(path.read_text().replace("environment: test", "environment: production"))

    def said(text: str) -> list[str]:
        (desk / "acme-capital.yaml").write_text(text)
        faults = check_files(["acme-capital"], clients=desk, venues=venues)
        assert [str(one) for one in faults if one.severity == "error"] == []
        return [one.message for one in faults if one.key == "gateway.standby"]

    pair = (desk / "acme-capital.yaml").read_text()
    alone = pair.replace(STANDBY, "")
    own = 'account: "111122223333"\n'
    pinned = ("  image: debian-13\n", "  image: debian-13\n  ami: ami-0a1b2c3d4e5f60718\n")
    assert said(alone) == []
    (message,) = said(own + alone.replace(*pinned))
    assert "takes over within seconds" in message
    assert said(own + pair.replace(*pinned)) == []
