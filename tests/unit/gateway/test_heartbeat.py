"""A beat as a datagram: the partner's newest is heard, and nothing else."""

from __future__ import annotations

import hmac
import json
from dataclasses import replace

import pytest

from fixtunnel.heartbeat import LONGEST, Ear, seal
from fixtunnel.pair import NEVER, Beat

KEY = b"k" * 32
BEAT = Beat(sent=12.5, heard=7.25, state="serving", holds="eipassoc-0a1b2c3d", fit=2, wants=False)


@pytest.fixture
def ear() -> Ear:
    return Ear(KEY, partner="b")


def of_b(beat: Beat, run: str = "r1") -> bytes:
    return seal(beat, KEY, sender="b", run=run)


def signed(said: object) -> bytes:
    text = json.dumps(said).encode()
    return hmac.digest(KEY, text, "sha256") + text


def said(**changes: object) -> dict[str, object]:
    fields = json.loads(of_b(BEAT)[32:])
    return fields | changes


@pytest.mark.parametrize("beat", [BEAT, replace(BEAT, heard=NEVER, state="waiting", holds="", fit=0, wants=True)])
def test_what_is_sent_is_heard(ear: Ear, beat: Beat) -> None:
    assert ear.hear(of_b(beat)) == beat
    assert len(of_b(beat)) < LONGEST


def test_only_what_is_newer_is_heard(ear: Ear) -> None:
    assert ear.hear(of_b(BEAT))
    assert ear.hear(of_b(BEAT)) is None
    assert ear.hear(of_b(replace(BEAT, sent=12.0))) is None
    assert ear.hear(of_b(replace(BEAT, sent=13.0)))
    assert ear.refused == 2


def test_a_partner_that_started_again_is_heard_and_its_former_run_no_more(ear: Ear) -> None:
    assert ear.hear(of_b(BEAT))
    assert ear.hear(of_b(replace(BEAT, sent=0.5), run="r2"))
    assert ear.hear(of_b(replace(BEAT, sent=99.0), run="r1")) is None


def test_our_own_beat_sent_back_is_nobodys(ear: Ear) -> None:
    assert ear.hear(seal(BEAT, KEY, sender="a", run="r1")) is None


def test_each_changed_byte_is_noticed(ear: Ear) -> None:
    datagram = of_b(BEAT)
    for at in range(len(datagram)):
        assert ear.hear(datagram[:at] + bytes([datagram[at] ^ 1]) + datagram[at + 1 :]) is None
    assert ear.hear(seal(BEAT, b"other", sender="b", run="r1")) is None
    assert ear.refused == len(datagram) + 1
    assert ear.hear(datagram) == BEAT


@pytest.mark.parametrize(
    "datagram",
    [
        b"",
        b"x" * 32,
        signed([]),
        signed("serving"),
        signed({}),
        signed(said(v=2)),
        signed(said(run=1)),
        signed(said(sent="12")),
        signed(said(sent=True)),
        signed(said(sent=None)),
        signed(said(sent=float("nan"))),
        signed(said(heard=float("-inf"))),
        signed(said(state="dead")),
        signed(said(state=["serving"])),
        signed(said(holds=None)),
        signed(said(fit=3)),
        signed(said(fit=-1)),
        signed(said(fit=True)),
        signed(said(wants=1)),
        signed({name: value for name, value in said().items() if name != "wants"}),
        signed(said(more="x" * LONGEST)),
        signed("[" * 900),
    ],
)
def test_what_is_no_beat_is_counted_and_no_error(ear: Ear, datagram: bytes) -> None:
    """Even with the right key: the partner may run another version."""
    assert ear.hear(datagram) is None
    assert ear.refused == 1


def test_a_later_versions_fields_are_left_aside(ear: Ear) -> None:
    assert ear.hear(signed(said(more=1))) == BEAT
