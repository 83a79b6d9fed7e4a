"""The venue holds something else to be agreed, in one point: verdict and doctor name it; put right, the tunnel comes back.

Nobody touches the gateway: it goes on trying by itself.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from ipaddress import IPv4Network
from typing import Any

import pytest

from model.proposal import parse
from rehearsal.run.timeline import StepFailed
from rehearsal.world.venue import VenueError
from tests.rehearsal.scene import Scene

BACK_LIMIT = 120.0
"""Seconds until the tunnel is back. The engine gives up an attempt that was refused after 60, and begins anew."""

# What differs; the cause that verdict and doctor name; how.
POINTS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("one letter of the PSK", "wrong-psk", {"psk": b"canary-X"}),
    ("the IKE proposal", "no-proposal-phase-1", {"ike": parse("aes256-sha2_256;modp2048")}),
    ("the ESP proposal", "no-proposal-phase-2", {"esp": parse("aes256-sha1")}),
    ("the venue's network", "selectors-refused", {"networks": [IPv4Network("192.0.2.0/25")]}),
    ("the client's network", "selectors-refused", {"client_networks": [IPv4Network("10.1.0.0/24")]}),
    ("the client's identity", "id-mismatch", {"client_identity": "@somebody.example.com"}),
)
HEARD_FROM_HERE = {"id-mismatch": "authentication-refused"}
"""What the doctor says, who hears our engine alone: the venue's log tells the verdict more."""


@contextmanager
def held_otherwise(seed: Scene, **otherwise: Any) -> Iterator[float]:
    """The venue's side changed, and the tunnel taken down; changed back at the end. Since when (Unix time)."""
    terms = seed.venue.terms
    seed.venue.change(**otherwise)
    seed.venue.terminate()
    try:
        yield time.time()
    finally:
        seed.venue.change(
            psk=seed.psk,
            ike=terms.ike_proposal,
            esp=terms.esp_proposal,
            networks=terms.networks,
            client_networks=terms.client_networks,
            client_identity=terms.client_identity,
        )


@pytest.mark.parametrize(("point", "cause", "otherwise"), POINTS, ids=[point for point, *_ in POINTS])
def test_verdict_and_doctor_name_it_and_the_tunnel_comes_back(
    seed: Scene, point: str, cause: str, otherwise: dict[str, Any]
) -> None:
    if "psk" in otherwise:
        otherwise = {"psk": seed.psk[:-1] + (b"x" if seed.psk[-1:] != b"x" else b"y")}
    seed.venue.wait_until_up(limit=BACK_LIMIT)
    with held_otherwise(seed, **otherwise) as since:
        failure = seed.verdict_becomes(cause, since=since)
        assert any(word.startswith("venue: ") for word in failure.words), "the engine's own words"
        assert failure.meaning
        assert failure.advice
        seed.doctor_names(HEARD_FROM_HERE.get(cause, cause), side="either")
        assert not seed.venue.is_up
    seed.venue.wait_until_up(limit=BACK_LIMIT)


def test_a_wider_network_of_the_venues(seed: Scene) -> None:
    """It narrows itself to what we propose: only who sees both sides knows, and the tunnel works."""
    seed.venue.wait_until_up(limit=BACK_LIMIT)
    with held_otherwise(seed, networks=[IPv4Network("192.0.0.0/16")]) as since:
        seed.verdict_becomes("selectors-refused", since=since)
        seed.doctor_names("fix-port-refused", side="venue")  # the first thing that is wrong: nobody listens by now
    seed.venue.wait_until_up(limit=BACK_LIMIT)


def test_a_venue_that_ends_each_sa_at_once_is_not_stormed(seed: Scene) -> None:
    """It narrows ours, and cannot use the result; libreswan by itself begins over twenty times a second."""
    seed.venue.wait_until_up(limit=BACK_LIMIT)
    with held_otherwise(seed, networks=[IPv4Network("192.0.2.0/25")]):
        seed.venue.wait(
            lambda: "ended-at-once" in seed.on_gateway("fixtunnel-status || true"),
            what="the gateway to see the storm",
            limit=60,
        )
        before = len(seed.venue.log)
        time.sleep(8)  # of the pause, which is 15 s at least
        assert not [line for line in seed.venue.log[before:] if "QUICK_MODE request" in line]
    seed.venue.wait_until_up(limit=BACK_LIMIT)


def test_a_venue_that_is_silent(seed: Scene) -> None:
    since = time.time()
    seed.venue.kill()
    seed.verdict_becomes("no-answer", since=since, limit=90)
    seed.doctor_names("no-answer", side="venue")
    seed.venue.start()
    seed.venue.wait_until_up(limit=BACK_LIMIT)


def test_a_venue_that_initiates_while_we_do(seed: Scene) -> None:
    """Both begin at once; one tunnel is left that works, whoever's it is."""
    seed.venue.terminate()
    with suppress(VenueError):  # ours may have been there first
        seed.venue.initiate()
    seed.venue.wait_until_up(limit=BACK_LIMIT)
    time.sleep(10)  # what the gateway had begun at the same time has ended by now
    assert seed.venue.is_up
    assert seed.on_gateway("ping -c 3 -w 15 -q 192.0.2.20 | grep -o '[0-9]* received'") == "3 received"


def test_a_fix_port_that_is_closed(seed: Scene) -> None:
    """The session is over: nobody listens at the exchange."""
    seed.venue.wait_until_up(limit=BACK_LIMIT)
    with pytest.raises(StepFailed) as refused:
        seed.knock()
    assert seed.explained(refused.value).cause == "venue-port-closed"
    seed.doctor_names("fix-port-refused", side="venue")


def test_nothing_of_all_that_left_in_the_clear(seed: Scene) -> None:
    assert seed.stage.edge.counters.leaked == 0
