"""How a new PSK is followed on a gateway, look by look, without AWS or a gateway."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any, cast

import pytest

from ops.aws import Secret
from ops.gateway import psk_change
from ops.gateway.psk_change import LIMIT_SECONDS, Step, digest, follow
from ops.gateway.session import Ran
from tests.ops.embedded import up

TUNNEL, CHANGED, OLD, NEW = "LSE_Proquote", 10_000, b"the old one", b"the new one"
ACCEPTED = Step(words="the venue accepts the PSK, and the tunnel is up", outcome="accepted")
LOADED = Step(words="the gateway has loaded it; the tunnel has not come up with it yet")
NOT_ASKED = Step(words="waiting for the gateway to fetch it (up to a minute)")
ON_TRIAL = Step(words="the gateway has loaded it and tries it with the venue")
REFUSED = Step(words="the venue does not answer to the new PSK; the one before is back in use", outcome="refused")


class Gateway:
    """A gateway that says one thing after the other, the last for ever, and the PSK of each moment."""

    def __init__(self, *looks: tuple[dict[str, Any] | None, bytes]) -> None:
        self.looks = list(looks)
        self.asked_at: list[float] = []
        self.clock = 0.0

    def run(self, command: str, *, limit: float = 60) -> Ran:
        facts, psk = self.looks[0]
        if "fixtunnel-status" in command:
            self.asked_at.append(self.clock)
            tunnels = {TUNNEL: facts} if facts is not None else {}
            state = {"time": 1, "state": "holding", "engine": "running", "tunnels": tunnels, "groups": {}, "aws": {}}
            return Ran(status=0, out=f"==clock\n1\n==status\n{json.dumps(state)}\n", err="")
        salt = bytes.fromhex(command.split("fromhex('")[1].split("'", maxsplit=1)[0])
        assert TUNNEL in command
        return Ran(status=0, out=digest(psk, salt) + "\n", err="")

    def sleep(self, seconds: float) -> None:
        assert seconds == 5.0, "SSM takes a second or two for each question"
        self.clock += seconds
        if len(self.looks) > 1:
            self.looks.pop(0)


class Stored:
    """The secret, with the new PSK in it."""

    def use(self, function: Callable[[bytes], str]) -> str:
        return function(NEW)


@pytest.fixture
def followed(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[Step]]:
    monkeypatch.setattr(psk_change, "ROUNDS", 1)

    def play(*looks: tuple[dict[str, Any] | None, bytes], since: int = CHANGED) -> list[Step]:
        gateway = Gateway(*looks)
        monkeypatch.setattr("time.monotonic", lambda: gateway.clock)
        monkeypatch.setattr("time.sleep", gateway.sleep)
        steps: Iterator[Step] = follow(gateway, cast(Secret, Stored()), TUNNEL, file_of=TUNNEL, since=since)
        return list(steps)

    return play


def facts(**other: Any) -> dict[str, Any]:
    return up(CHANGED, **{"child_sa_since": CHANGED - 900, **other})


def test_all_the_way(followed: Callable[..., list[Step]]) -> None:
    """The first look is from before the rotation."""
    assert followed(
        (facts(), OLD),
        (facts(), OLD),
        (facts(psk="on-trial", state="trying"), NEW),
        (facts(psk="on-trial", state="trying"), NEW),
        (facts(state="trying"), NEW),
        (facts(child_sa_since=CHANGED), NEW),
    ) == [NOT_ASKED, ON_TRIAL, LOADED, ACCEPTED]


@pytest.mark.parametrize("child_sa_since", [CHANGED - 1, None])
def test_an_older_child_sa_proves_nothing(followed: Callable[..., list[Step]], child_sa_since: int | None) -> None:
    steps = followed((facts(child_sa_since=child_sa_since), NEW))
    assert steps == [LOADED, Step(words="the tunnel did not come up with it within 180 s", outcome="not-taken")]


def test_a_tunnel_that_is_not_up_proves_nothing(followed: Callable[..., list[Step]]) -> None:
    assert followed((facts(state="one-way", child_sa_since=CHANGED + 5), NEW))[-1].outcome == "not-taken"


def test_a_gateway_that_does_not_know_the_tunnel_has_not_taken_it(followed: Callable[..., list[Step]]) -> None:
    assert followed((None, NEW))[-1].outcome == "not-taken"
    assert LIMIT_SECONDS == 180.0


@pytest.mark.parametrize(
    ("word", "outcome"),
    [("psk-refused", "refused"), ("untried", "untried"), ("waiting-for-window", "waiting-for-window")],
)
def test_what_the_gateway_says_ends_it(followed: Callable[..., list[Step]], word: str, outcome: str) -> None:
    steps = followed((facts(), OLD), (facts(), OLD), (facts(psk=word), OLD))
    assert [step.outcome for step in steps] == [None, outcome]


def test_an_old_refusal_is_not_the_new_ones(followed: Callable[..., list[Step]]) -> None:
    """For as long as the gateway may not have asked yet: a minute and a quarter. After that it is."""
    refused = facts(psk="psk-refused")
    steps = followed((refused, OLD), *[(refused, OLD)] * 3, (facts(child_sa_since=CHANGED), NEW))
    assert steps == [NOT_ASKED, ACCEPTED]
    assert followed((refused, OLD)) == [NOT_ASKED, REFUSED]


@pytest.mark.parametrize(("looks", "outcome"), [(15, "accepted"), (16, "refused")])
def test_an_old_refusal_holds_for_75_seconds(followed: Callable[..., list[Step]], looks: int, outcome: str) -> None:
    refused = facts(psk="psk-refused")
    assert followed(*[(refused, OLD)] * looks, (facts(child_sa_since=CHANGED), NEW))[-1].outcome == outcome


def test_a_trial_of_another_psk_is_not_this_ones(followed: Callable[..., list[Step]]) -> None:
    """While the tunnel is down the gateway tries the refused one again: what becomes of that says nothing of going back."""
    assert followed(
        (facts(psk="on-trial"), OLD),
        (facts(psk="on-trial"), OLD),
        (facts(psk="psk-refused"), NEW),
        (facts(child_sa_since=CHANGED + 40), NEW),
    ) == [NOT_ASKED, ACCEPTED]


def test_going_back_to_what_is_in_use_needs_no_younger_child_sa(followed: Callable[..., list[Step]]) -> None:
    steps = followed((facts(psk="psk-refused"), NEW), (facts(psk="psk-refused"), NEW), (facts(), NEW))
    assert steps == [NOT_ASKED, ACCEPTED]


def test_without_a_refusal_it_does(followed: Callable[..., list[Step]]) -> None:
    assert followed((facts(), NEW), (facts(), NEW))[-1].outcome == "not-taken"


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ('"Xk2mP9qLw7RtY4vB8nZc"', "stands between quotation marks"),
        ("'Xk2mP9qLw7RtY4vB8nZc'", "stands between quotation marks"),
        ("PSK: Xk2mP9qLw7RtY4vB8nZc", "begins with a label"),
        ("pre-shared key = Xk2mP9qLw7RtY4vB8nZc", "begins with a label"),
        ("0x3f9a77c01b5d22e8a4417f90", "begins with 0x: we use these characters as they are"),
        ("0sZmFiY2RlZmFiY2RlZg==", "begins with 0s: we use these characters as they are"),
        ("0k2mP9qLw7RtY4vB8nZc", "begins with 0, which some equipment takes"),
        ("pskXk2mP9qLw7RtY4vB8nZc", ""),
    ],
)
def test_what_may_be_a_slip_of_copying_or_a_notation(value: str, said: str) -> None:
    """It is stored as it is: it may be meant so. Nothing of it is repeated."""
    odd = [one for one in psk_change.oddities(value) if "signs beside" not in one]
    assert [said in one for one in odd] == ([True] if said else [])
    assert not any("Xk2mP9" in one for one in odd)
