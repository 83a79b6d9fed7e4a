"""What the doctor says of a PSK: missing, on its way, or another one."""

from __future__ import annotations

import pytest

from tests.ops.conftest import CANARY, Fixtunnel, diagnosed, reachable
from tests.ops.embedded import TUNNEL, Case


def test_a_secret_without_a_value(acme: Fixtunnel, case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ops.aws.secret.Secret.use", lambda *_: None)
    monkeypatch.setattr("ops.aws.secret.Secret.version", lambda *_: "")
    found = diagnosed(acme, case, monkeypatch)
    assert (found["layer"], found["cause"], found["advice"]) == (
        "secret",
        "secret-empty",
        f"fixtunnel secret set acme {TUNNEL}",
    )


@pytest.mark.parametrize(
    ("psk", "words"),
    [
        ("on-trial", "a minute at most to accept"),
        ("untried", "when this tunnel is needed"),
        ("waiting-for-window", "in the restart window"),
    ],
)
def test_a_rotation_that_is_not_over_is_no_fault(
    acme: Fixtunnel, case: Case, monkeypatch: pytest.MonkeyPatch, psk: str, words: str
) -> None:
    case.gateway.holds_psk(TUNNEL, CANARY + "x")
    case.tunnel_is("up", ike_up=True, psk=psk)
    reachable(case.gateway, monkeypatch)
    ran = acme("doctor", "acme")
    assert (ran.status, words in ran.out) == (0, True)


def test_a_gateway_with_another_psk_is_not_helped_by_a_third(
    acme: Fixtunnel, case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    case.gateway.holds_psk(TUNNEL, CANARY + "x")
    advice = diagnosed(acme, case, monkeypatch)["advice"]
    assert f"fixtunnel secret verify acme {TUNNEL}" in advice and "fixtunnel logs acme" in advice
    assert "rotate" not in advice
