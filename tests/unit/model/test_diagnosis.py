"""What the lines of OpenSwan's pluto mean, and the order in which lines count.

libreswan's are provoked in tests/rehearsal/test_diagnosis.py. These are OpenSwan's own messages, from its sources (2.6.41
and 3.0): no distribution has it, so it is not provoked here.
"""

from __future__ import annotations

import string

import pytest

from model.diagnosis import CAUSES, diagnose

MAIN = '"T" #1: initiating Main Mode'
PHASE_1 = '"T" #1: STATE_MAIN_I4: ISAKMP SA established {auth=OAKLEY_PRESHARED_KEY cipher=aes_192 prf=oakley_sha group=modp2048}'
UP = '"T" #2: STATE_QUICK_I2: sent QI2, IPsec SA established tunnel mode {ESP/NAT=>0x1 <0x2 xfrm=AES_192-HMAC_SHA1}'
REFUSED = '"T" #1: ignoring informational payload, type NO_PROPOSAL_CHOSEN msgid=00000000'
SILENT = (
    '"T" #1: max number of retransmissions (2) reached STATE_MAIN_I1.  No response (or no acceptable response) to our '
    "first IKE message"
)


@pytest.mark.parametrize(
    ("lines", "cause"),
    [
        ([MAIN, REFUSED], "no-proposal-phase-1"),
        ([MAIN, PHASE_1, REFUSED], "no-proposal-phase-2"),
        ([MAIN, PHASE_1, REFUSED.replace("NO_PROPOSAL_CHOSEN", "INVALID_ID_INFORMATION")], "selectors-refused"),
        ([MAIN, '"T" #1: probable authentication failure (mismatch of preshared secrets?): malformed payload'], "wrong-psk"),
        ([MAIN, "\"T\" #1: we require peer to have ID '198.51.100.10', but peer declares '10.0.0.1'"], "id-mismatch"),
        ([MAIN, SILENT], "no-answer"),
        (
            [MAIN, '"T" #1: max number of retransmissions (2) reached STATE_MAIN_I3.  Possible authentication failure: '
             "no acceptable response to our first encrypted message"],
            "no-answer-encrypted",
        ),
        (
            [MAIN, PHASE_1, '"T" #2: max number of retransmissions (2) reached STATE_QUICK_I1.  No acceptable response to our '
             "first Quick Mode message: perhaps peer likes no proposal"],
            "no-answer-phase-2",
        ),
        ([MAIN, PHASE_1, UP, '"T" #2: DPD: No response from peer - declaring peer dead'], "peer-away"),
        ([MAIN, "\"T\" #1: Can't authenticate: no preshared key found for `1.2.3.4' and `5.6.7.8'"], "no-psk"),
        ([MAIN, '"T" #1: NAT-Traversal: Result using RFC 3947 (NAT-Traversal): no NAT detected'], "nat-not-detected"),
    ],
)  # fmt: skip
def test_a_line_means_one_cause(lines: list[str], cause: str) -> None:
    found = diagnose(lines)
    assert found is not None
    assert found.cause.name == cause


def test_a_tunnel_that_came_up_since_has_nothing_wrong() -> None:
    assert diagnose([MAIN, REFUSED, MAIN, PHASE_1, UP]) is None
    assert diagnose([]) is None
    assert diagnose([MAIN]) is None


def test_the_last_negotiation_that_tells_something_counts() -> None:
    assert diagnose([MAIN, REFUSED, MAIN, SILENT]).cause.name == "no-answer"  # type: ignore[union-attr]
    assert diagnose([MAIN, SILENT, MAIN, REFUSED]).cause.name == "no-proposal-phase-1"  # type: ignore[union-attr]
    assert diagnose([MAIN, REFUSED, MAIN]).cause.name == "no-proposal-phase-1"  # type: ignore[union-attr]


AT_ONCE = [
    '"T" #{n}: initiating Quick Mode PSK+ENCRYPT+TUNNEL',
    '"T" #{n}: IPsec SA established tunnel mode {{ESPinUDP=>0x1 <0x2 xfrm=AES_CBC_192-HMAC_SHA1_96}}',
    '"T" #{n}: received Delete SA payload via #1',
    '"T" #{n}: deleting IPsec SA (QUICK_I2) aged 0.{n}3776s and NOT sending notification',
]


def test_what_was_ended_at_once_was_never_up() -> None:
    """Provoked in the rehearsal: a venue that could not install what it had agreed to, ten times a second."""
    again = [line.format(n=n) for n in range(2, 9) for line in AT_ONCE]
    found = diagnose([MAIN, PHASE_1, *again])
    assert found is not None and (found.cause.name, found.cause.side) == ("ended-at-once", "venue")
    narrowed = '"T" #8: peer client subnet returned doesn\'t match my proposal - us: 192.0.2.0/24 vs them: 192.0.2.0/25'
    found = diagnose([MAIN, PHASE_1, *again[:-3], narrowed, *again[-3:]])
    assert found is not None and found.cause.name == "selectors-refused"
    assert diagnose([MAIN, PHASE_1, *again, UP.replace("#2", "#9")]) is None


WAITS = '"T" #1: STATE_{}: retransmission; will wait 0.5 seconds for response'


@pytest.mark.parametrize(
    ("state", "cause"),
    [("MAIN_I1", "no-answer"), ("MAIN_I3", "no-answer-encrypted"), ("QUICK_I1", "no-answer-phase-2")],
)
def test_many_short_attempts_tell_what_one_long_one_would(state: str, cause: str) -> None:
    """The gateway begins anew every few seconds, so no attempt of the engine's waits for long."""
    attempt = [MAIN, WAITS.format(state)]
    assert diagnose(attempt * 2) is None
    found = diagnose([MAIN, REFUSED, *attempt * 5])
    assert found is not None and found.cause.name == cause


def test_a_refusal_counts_more_than_the_silence_after_it() -> None:
    assert diagnose([MAIN, PHASE_1, REFUSED, SILENT]).cause.name == "no-proposal-phase-2"  # type: ignore[union-attr]


def test_the_evidence_is_the_engines_words_without_time_and_host() -> None:
    found = diagnose([f"Nov 23 01:14:08 gateway pluto[812]: {line}" for line in (MAIN, REFUSED)])
    assert found is not None
    assert found.evidence == (REFUSED,)


@pytest.mark.parametrize("cause", CAUSES, ids=lambda cause: cause.name)
def test_every_cause_says_what_to_do_and_what_to_tell_the_venue(cause: object) -> None:
    known = {"ours", "our_id", "theirs", "ike", "esp", "local", "remote", "venue_id"}
    text = cause.to_venue  # type: ignore[attr-defined]
    assert cause.advice and cause.meaning  # type: ignore[attr-defined]
    assert {name for _, name, _, _ in string.Formatter().parse(text) if name} <= known
    assert bool(text) is (cause.side != "us")  # type: ignore[attr-defined]
