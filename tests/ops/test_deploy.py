"""`fixtunnel deploy` with a plan and a CDK of the test's own: its guards, and how it waits for the gateway."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from ops.aws import Account
from ops.deploying.planning import Plan
from ops.gateway.status import ClientStatus, TunnelStatus
from tests.ops.conftest import Fixtunnel, Person


def seen(state: str, trouble: str = "") -> ClientStatus:
    """One look at the client."""
    tunnel = TunnelStatus(
        name="LSE_Proquote", venue="lse-proquote", role="active", state=state, for_seconds=1, ike_up=state == "up",
        child_sa_age=None, bytes_in=None, bytes_out=None, fix_ports={}, psk=None, last_incident=None,
    )  # fmt: skip
    known: Any = {"stack": "CREATE_COMPLETE", "instance": "i-1 running", "address": "203.0.113.7", "gateway": "holding"}
    return ClientStatus(client="acme", **known, tunnels=(tunnel,), trouble=trouble)


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """What each look at the gateway shows, one after another; the last one stays."""

    def are(*found: ClientStatus) -> None:
        rest = list(found)
        monkeypatch.setattr("ops.deploying.progress.status_of", lambda *_: rest.pop(0) if len(rest) > 1 else rest[0])

    return are


PLAN = Plan(client="acme", kind="new", words=("makes a gateway",), seconds_down=0, trading=(), obstacles=(), changes=())


Planned = Callable[..., None]


@pytest.fixture
def planned(monkeypatch: pytest.MonkeyPatch) -> Planned:
    """What the plan says, beside what it says of a new client."""

    def says(**said: Any) -> None:
        monkeypatch.setattr("ops.verbs.deploy.plan_of", lambda *_: replace(PLAN, **said))

    return says


@pytest.fixture
def deployed(acme: Fixtunnel, planned: Planned, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Deploys do nothing but take note of themselves."""
    begun: list[str] = []

    @contextmanager
    def cdk(verb: str, client: str, **_: Any) -> Iterator[Any]:
        begun.append(f"{verb} {client}")
        yield type("Cdk", (), {"check": lambda _self: None})()

    planned()
    monkeypatch.setattr("ops.verbs.deploy.cdk", cdk)
    monkeypatch.setattr("ops.verbs.deploy.follow", lambda *_, **__: [])
    yield begun


def test_the_gateway_is_waited_for(acme: Fixtunnel, deployed: list[str], looks: Callable[..., None]) -> None:
    looks(seen("not seen", trouble="the instance does not hold 203.0.113.7"), seen("trying"), seen("up"))
    ran = acme("deploy", "acme")
    assert (ran.status, deployed) == (0, ["deploy acme"])
    assert "waiting: the instance does not hold 203.0.113.7" in ran.err
    assert "waiting: LSE_Proquote is trying" in ran.err


def test_a_psk_is_not_waited_for(acme: Fixtunnel, deployed: list[str], looks: Callable[..., None]) -> None:
    looks(seen("waiting-for-psk"))
    assert acme("deploy", "acme").status == 0


def test_a_gateway_that_does_not_come_up_is_given_up_and_what_it_lacks_is_told(
    acme: Fixtunnel, deployed: list[str], looks: Callable[..., None]
) -> None:
    looks(seen("trying"))
    ran = acme("deploy", "acme")
    assert ran.status == 1
    assert "not waited for any longer than" in ran.err and "fixtunnel doctor acme" in ran.err
    assert ran.err.count("LSE_Proquote is trying") == 2


def test_another_public_address_is_a_step_of_its_own(
    acme: Fixtunnel, deployed: list[str], planned: Planned, looks: Callable[..., None]
) -> None:
    looks(seen("up"))
    planned(kind="replaces the gateway", seconds_down=None, new_address="198.51.100.7")
    ran = acme("deploy", "acme", "--yes", "--now")
    assert (ran.status, deployed) == (1, [])
    assert "--new-address" in ran.err and "fixtunnel form" in ran.err
    assert acme("deploy", "acme", "--new-address").status == 0


def test_another_public_address_is_confirmed_by_the_clients_name(
    acme: Fixtunnel,
    deployed: list[str],
    planned: Planned,
    looks: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looks(seen("up"))
    planned(kind="in place", seconds_down=None, new_address="198.51.100.7")
    monkeypatch.setattr("sys.stdin", Person("yes", "acme"))
    assert (acme("deploy", "acme").status, deployed) == (2, [])
    assert (acme("deploy", "acme").status, deployed) == (0, ["deploy acme"])


def test_another_public_address_is_not_taken_in_session_hours(
    acme: Fixtunnel, deployed: list[str], planned: Planned, looks: Callable[..., None]
) -> None:
    planned(kind="in place", seconds_down=None, new_address="198.51.100.7", trading=("lse-proquote",))
    ran = acme("deploy", "acme", "--new-address")
    assert (ran.status, "in session" in ran.err, deployed) == (1, True, [])


@pytest.mark.parametrize("told", [("ROLLBACK_COMPLETE", [False]), ("UPDATE_COMPLETE", [])])
def test_a_failed_first_deploy_is_not_in_the_way_of_the_next(
    acme: Fixtunnel,
    deployed: list[str],
    looks: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
    told: tuple[str, list[bool]],
) -> None:
    """The CDK must remove its stack first, which nobody may while it is protected."""
    status, lifted = told
    find = Account.find_stack
    asked: list[bool] = []
    as_it_is: Any = {"status": status, "protected": True}
    monkeypatch.setattr(
        Account, "find_stack", lambda one, name: replace(find(one, name) or pytest.fail("no stack"), **as_it_is)
    )
    monkeypatch.setattr("ops.verbs.deploy.protect", lambda *_, protected: asked.append(protected))
    looks(seen("up"))
    assert (acme("deploy", "acme").status, asked) == (0, lifted)


def test_tunnels_are_not_taken_down_where_nobody_can_be_asked(
    acme: Fixtunnel, deployed: list[str], planned: Planned, looks: Callable[..., None]
) -> None:
    looks(seen("up"))
    planned(kind="replaces the gateway", seconds_down=60)
    ran = acme("deploy", "acme")
    assert (ran.status, "--yes" in ran.err, deployed) == (2, True, [])
    ran = acme("deploy", "acme", "--yes", "--json")
    assert (ran.status, deployed, json.loads(ran.out)["status"]["well"]) == (0, ["deploy acme"], True)
    assert "makes a gateway" in ran.err, "for a person, beside it"
