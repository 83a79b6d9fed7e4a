"""What an engine's log lines mean: the cause, whose side it is on, what to do, and what to tell the venue.

The words are pluto's: libreswan 4.10 and 5.2, and OpenSwan 2.6.41 and 3.0. `tests/rehearsal/test_diagnosis.py` provokes
those of libreswan, each with the real engine.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from model.causes import (
    AUTHENTICATION_REFUSED,
    ENDED_AT_ONCE,
    ID_MISMATCH,
    KERNEL,
    NO_ANSWER,
    NO_ANSWER_2,
    NO_ANSWER_ENCRYPTED,
    NO_NAT,
    NO_PROPOSAL_1,
    NO_PROPOSAL_2,
    NO_PSK,
    PEER_AWAY,
    SELECTORS,
    WRONG_PSK,
    Cause,
)

Phase = Literal["first", "second", "any"]


@dataclass(frozen=True, kw_only=True)
class Diagnosis:
    """A cause with the engine's own words for it."""

    cause: Cause
    evidence: tuple[str, ...]

    def sentence(self, facts: Mapping[str, str]) -> str:
        """The sentence to send to the venue, with the connection's own values; empty where there is none to send."""
        return self.cause.to_venue.format(**facts)


_SAYINGS: tuple[tuple[str, Phase, Cause], ...] = (
    (r"no preshared key found for|no PSK found for|Failed to find our PreShared Key", "any", NO_PSK),
    (r"we require (IKEv\d )?peer to have ID|Peer ID '.*' mismatched on", "any", ID_MISMATCH),
    (r"probable authentication failure \(mismatch of preshared secrets", "any", WRONG_PSK),
    # IKEv1: the venue's answer was encrypted by another key, so what should be its length is noise.
    (r"length of ISAKMP (Hash|Identification|Notification) Payload is larger|malformed payload in packet", "first", WRONG_PSK),
    (r"(received|containing|payload:?|rejected by peer:|contained the error notification) ?.*AUTHENTICATION_FAILED", "any",
     AUTHENTICATION_REFUSED),
    (r"(payload:?|containing|contained the error notification|type) ?.*NO_PROPOSAL_CHOSEN|rejected Child SA with NO_PROPOSAL",
     "second", NO_PROPOSAL_2),
    (r"(payload:?|containing|contained the error notification|type) ?.*NO_PROPOSAL_CHOSEN|no acceptable Oakley Transform",
     "first", NO_PROPOSAL_1),
    (r"payload:?,? ?(type )?INVALID_ID_INFORMATION|(rejected Child SA with|error notification) '?TS_UNACCEPTABLE", "any",
     SELECTORS),
    # The venue narrowed our networks to its own: no tunnel of ours.
    (r"client (ID|subnet) returned doesn't match my proposal|CHILD SA failed: TS_UNACCEPTABLE", "any", SELECTORS),
    (r"NAT-Traversal: Result .*no NAT detected", "any", NO_NAT),
    (r"netlink response for Add SA .*: (Protocol not supported|Function not implemented)", "any", KERNEL),
)  # fmt: skip
_SILENCES: tuple[tuple[str, Cause], ...] = (
    (r"first encrypted message", NO_ANSWER_ENCRYPTED),
    (r"first Quick Mode message", NO_ANSWER_2),
    (r"DPD: No response from peer|declaring peer dead|liveness action", PEER_AWAY),
    (r"complainant .*: Connection refused", NO_ANSWER),
)
_WAITED = re.compile(r"timeout exceeded after|max number of retransmissions|retransmission; will wait (4|8|16|32)\b")
_WAITING: tuple[tuple[str, Cause], ...] = (
    (r"MAIN_I3|AGGR_I2|PARENT_I2|IKE_AUTH", NO_ANSWER_ENCRYPTED),
    (r"QUICK_I1", NO_ANSWER_2),
    (r"ESTABLISHED_IKE_SA", PEER_AWAY),
)
_MANY = 4
_UP = re.compile(r"IPsec SA established|established Child SA|negotiated connection")
_ENDED = re.compile(r"#(\d+): deleting (?:IPsec SA|state|Child SA) .*\baged ([0-9.]+)s")
_AT_ONCE_SECONDS, _AT_ONCE_TIMES = 2.0, 3
_PHASE_1_UP = re.compile(r"(ISAKMP|IKE) SA established|established IKE SA")
_BEGINS = re.compile(r": initiating (IKEv\d|Main Mode|v2 parent SA|Aggressive)|STATE_PARENT_I1: initiate")
_PREFIX = re.compile(r"^.*?(?=\"[A-Za-z][\w-]*\"|packet from )")
_REACH = 400


def diagnose(lines: Sequence[str]) -> Diagnosis | None:
    """What the log of one tunnel says is wrong with it; None if it says nothing, or if the tunnel came up since.

    `lines` are in the order of the log. The last negotiation that tells something counts: an engine repeats itself.
    """
    recent = list(lines[-_REACH:])
    ended = _ended_at_once(recent)
    ups = [at for at, line in enumerate(recent) if _UP.search(line) and _number(line) not in ended]
    since = recent[ups[-1] + 1 if ups else 0 :]
    short: list[str] = []
    for attempt in reversed(list(_attempts(since))):
        if found := _refusal(attempt, up_before=bool(ups)) or _silence(attempt):
            return _silence_of_many(short) or found
        short += [line for line in reversed(attempt) if "retransmission; will wait" in line]
    return _silence_of_many(short) or _at_once(since)


def _ended_at_once(lines: Sequence[str]) -> dict[str, str]:
    """The SAs that were hardly there: their numbers, and the line that tells."""
    found = ((_ENDED.search(line), line) for line in lines)
    return {one[1]: line for one, line in found if one and float(one[2]) < _AT_ONCE_SECONDS}


def _at_once(lines: Sequence[str]) -> Diagnosis | None:
    ended = list(_ended_at_once(lines).values())
    return Diagnosis(cause=ENDED_AT_ONCE, evidence=(_words(ended[-1]),)) if len(ended) >= _AT_ONCE_TIMES else None


def _number(line: str) -> str:
    found = re.search(r"#(\d+):", line)
    return found[1] if found else ""


def _silence_of_many(retransmissions: Sequence[str]) -> Diagnosis | None:
    """What many short attempts mean, the newest first: whoever begins anew every few seconds never waits for long."""
    if len(retransmissions) < _MANY:
        return None
    return _of_state(retransmissions[0])


def _of_state(line: str) -> Diagnosis:
    """What it means to wait in vain, by the state in which the engine waits."""
    cause = next((cause for words, cause in _WAITING if re.search(words, line)), NO_ANSWER)
    return Diagnosis(cause=cause, evidence=(_words(line),))


def _attempts(lines: Sequence[str]) -> Iterator[list[str]]:
    """The lines by negotiation of phase 1; those before the first count as one too."""
    attempt: list[str] = []
    for line in lines:
        if _BEGINS.search(line) and attempt:
            yield attempt
            attempt = []
        attempt.append(line)
    if attempt:
        yield attempt


def _refusal(attempt: Sequence[str], *, up_before: bool) -> Diagnosis | None:
    """The first refusal: what follows it only follows from it."""
    begun = any(_BEGINS.search(line) for line in attempt)
    phase: Phase = "second" if up_before and not begun else "first"
    for line in attempt:
        if _PHASE_1_UP.search(line):
            phase = "second"
        for saying, when, cause in _SAYINGS:
            if when in ("any", phase) and re.search(saying, line):
                is_other = cause is WRONG_PSK and _fell_silent(attempt)
                return Diagnosis(cause=AUTHENTICATION_REFUSED if is_other else cause, evidence=(_words(line),))
    return None


def _fell_silent(attempt: Sequence[str]) -> bool:
    """Whether the venue answered once and then no more.

    With another PSK it keeps answering what we cannot read. Who refuses an identity says so once and forgets us; libreswan
    4.10 cannot read that either.
    """
    unread = sum("malformed payload in packet" in line for line in attempt)
    return unread == 1 and sum("retransmission; will wait" in line for line in attempt) > 1


def _silence(attempt: Sequence[str]) -> Diagnosis | None:
    for line in reversed(attempt):
        for saying, cause in _SILENCES:
            if re.search(saying, line):
                return Diagnosis(cause=cause, evidence=(_words(line),))
        if _WAITED.search(line):
            return _of_state(line)
    return None


def _words(line: str) -> str:
    """The line without time, host and process."""
    return _PREFIX.sub("", line).strip()
