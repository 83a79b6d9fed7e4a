"""What a gateway's log says about a negotiation that failed, in the engine's words and in ours."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Fault = Literal["psk", "proposal", "selectors", "identity", "address", "no-answer"]


@dataclass(frozen=True)
class Complaint:
    """The last fault that charon told of: its own words, with the lines that explain them first."""

    fault: Fault
    words: tuple[str, ...]


# Most telling first within one negotiation; the words are charon's, 5.9 (the same in 6.0).
_SAYINGS: tuple[tuple[Fault, str], ...] = (
    ("psk", r"MAC mismatched|calculated HASH does not match HASH payload"),
    ("psk", r"could not decrypt payloads|invalid .*payload length, decryption failed|AUTHENTICATION_FAILED notify"),
    ("proposal", r"received proposals unacceptable|no matching proposal found|no acceptable proposal found"),
    ("proposal", r"no acceptable (ENCRYPTION|INTEGRITY|DIFFIE|PSEUDO_RANDOM)|NO_PROPOSAL_CHOSEN (error )?notify"),
    ("selectors", r"no matching CHILD_SA config found|traffic selectors .* unacceptable|TS_UNACCEPTABLE notify"),
    ("selectors", r"INVALID_ID_INFORMATION notify"),
    ("identity", r"no (matching )?peer config found|no alternative config found|IDi?r? '.*' does not match"),
    ("identity", r"constraint check failed: identity|no shared key found for"),
    ("address", r"no IKE config found for"),
    ("no-answer", r"giving up after \d+ retransmits|peer not responding"),
)
_EVIDENCE = re.compile(r"received proposals: |configured proposals: |looking for (a child config|pre-shared key peer)")
_PREFIX = re.compile(r"^\S+ \d+\[(?P<group>\w+)\] (<[^>]*> )?")


def last_complaint(lines: Sequence[str]) -> Complaint | None:
    """The last fault in a log, or None if it tells of none, or if a tunnel came up after it."""
    for number in range(len(lines) - 1, -1, -1):
        if "CHILD_SA" in lines[number] and " established with SPIs" in lines[number]:
            return None
        if fault := _fault_of(lines[number]):
            return Complaint(fault, (*_evidence(lines[:number]), _words(lines[number])))
    return None


def _fault_of(line: str) -> Fault | None:
    return next((fault for fault, saying in _SAYINGS if re.search(saying, line)), None)


def _evidence(before: Sequence[str], *, reach: int = 12) -> tuple[str, ...]:
    """The explaining lines shortly before a fault: what was asked for and what would have been taken."""
    return tuple(_words(line) for line in before[-reach:] if _EVIDENCE.search(line))


def _words(line: str) -> str:
    return _PREFIX.sub("", line).strip()
