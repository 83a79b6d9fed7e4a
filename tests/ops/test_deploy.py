"""`fixtunnel deploy` with a plan and a CDK of the test's own: its guards, and how it waits for the gateway."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from ops.planning import Plan
from ops.status import ClientStatus, TunnelStatus
from tests.ops.conftest import Fixtunnel


def seen(state: str, trouble: str = "") -> ClientStatus:
    """One look at the client."""
    tunnel = TunnelStatus(
        name="LSE_Proquote", venue="lse-proquote", role="active", state=state, for_seconds=1, ike_up=state == "up",
        child_sa_age=None, bytes_in=None, bytes_out=None, fix_port=None, psk=None, last_incident=None,
    )  # fmt: skip
    known = {"stack": "CREATE_COMPLETE", "instance": "i-1 running", "address": "203.0.113.7", "gateway": "holding"}
    return ClientStatus(client="acme", **known, tunnels=(tunnel,), trouble=trouble)


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """What each look at the gateway shows, one after another; the last one stays."""

    def are(*found: ClientStatus) -> None:
        rest = list(found)
        monkeypatch.setattr("ops.arrival.status_of", lambda *_: rest.pop(0) if len(rest) > 1 else rest[0])

    return are


PLAN = Plan(client="acme", kind="new", words=("makes a gateway",), seconds_down=0, trading=(), obstacles=(), changes=())


@pytest.fixture
def deployed(acme: Fixtunnel, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Deploys do nothing but take note of themselves."""
    begun: list[str] = []

    @contextmanager
    def cdk(verb: str, client: str, **_: Any) -> Iterator[Any]:
        begun.append(f"{verb} {client}")
        yield type("Cdk", (), {"check": lambda _self: None})()

    monkeypatch.setattr("ops.verbs.deploy.plan_of", lambda *_: PLAN)
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
