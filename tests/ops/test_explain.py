"""`fixtunnel explain`: every word that an operator may meet, from the runbook."""

from __future__ import annotations

import json

from tests.ops.conftest import Fixtunnel
from tests.ops.test_runbook import entries, known


def test_every_state_alarm_and_cause_is_explained(fixtunnel: Fixtunnel) -> None:
    listed = {word for one in json.loads(fixtunnel("explain", "--json").out) for word in one["words"]}
    # A metric without an alarm tells nobody anything.
    assert {word for word in known() if word in entries()} <= listed
    assert len(listed) > 80


def test_a_word_is_shown_with_what_it_means_and_what_to_do(fixtunnel: Fixtunnel) -> None:
    ran = fixtunnel("explain", "wrong-psk")
    assert ran.status == 0
    assert ran.out.startswith("wrong-psk (Causes: the PSK)\n") and "1. **Any time.**" in ran.out
    (entry,) = json.loads(fixtunnel("explain", "wrong-psk", "--json").out)
    assert entry["meaning"] in ran.out and entry["text"] in ran.out


def test_capitals_count_where_there_are_two(fixtunnel: Fixtunnel) -> None:
    assert fixtunnel("explain", "ike").out.startswith("ike (States of a tunnel)")
    assert fixtunnel("explain", "IKE").out.startswith("IKE, child SA (The doctor names no cause)")
    assert fixtunnel("explain", "ONE-WAY").out.startswith("one-way (")


def test_a_message_is_found_as_it_was_said(fixtunnel: Fixtunnel) -> None:
    assert "Messages" in fixtunnel("explain", "SSM's agent on i-0123 does not answer").out


def test_a_word_that_is_none_is_a_wrong_argument(fixtunnel: Fixtunnel) -> None:
    ran = fixtunnel("explain", "onway")
    assert (ran.status, "did you mean 'one-way'" in ran.err) == (2, True)


def test_of_several_words_the_entries_that_have_them_are_named(fixtunnel: Fixtunnel) -> None:
    ran = fixtunnel("explain", "tunnel down")
    assert (ran.status, "perhaps Tunnel, " in ran.err) == (2, True)
    assert len(fixtunnel("explain", "nosuch").err) < 160
