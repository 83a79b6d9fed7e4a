"""What a gateway's log says about a negotiation that failed, in the engine's words and in ours."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

ComplaintKind = Literal["psk", "authentication", "proposal", "selectors", "identity", "unknown-peer", "no-answer"]
"""`authentication` is the client's refusal, which does not say whether of the PSK or of the identity; `unknown-peer`
means that no connection here is for that address and that IKE version."""


@dataclass(frozen=True)
class Complaint:
    """The last failure that charon logged: its own words, with the lines that explain them first."""

    kind: ComplaintKind
    words: tuple[str, ...]


# The words are charon's, 5.9.
_SAYINGS: tuple[tuple[ComplaintKind, str], ...] = (
    ("psk", r"MAC mismatched|calculated HASH does not match HASH payload|could not decrypt payloads"),
    ("authentication", r"received AUTHENTICATION_FAILED"),
    (
        "proposal",
        r"received proposals unacceptable|no (matching |acceptable )?proposal found|received NO_PROPOSAL_CHOSEN",
    ),
    ("selectors", r"no matching CHILD_SA config found|traffic selectors .* unacceptable"),
    # Narrowed to a part in which there is no host of the exchange: charon itself would have taken it.
    ("selectors", r"error installing route with policy|unable to install IPsec policies"),
    ("selectors", r"received (TS_UNACCEPTABLE|INVALID_ID_INFORMATION)"),
    ("identity", r"no (matching )?peer config found|ID[ir]+ '.*' does not match|constraint check failed: identity"),
    ("unknown-peer", r"no IKE config found for"),
    ("no-answer", r"giving up after \d+ retransmits|peer not responding"),
)
_EVIDENCE: dict[ComplaintKind, str] = {
    "proposal": r"(received|configured) proposals: ",
    "selectors": r"looking for a child config for",
    "identity": r"looking for pre-shared key peer configs|looking for peer configs",
}
_PREFIX = re.compile(r"^\S+ \d+\[\w+\] (<[^>]*> )?")


def last_complaint(lines: Sequence[str]) -> Complaint | None:
    """The last complaint in a log, or None if it tells of none, or if a tunnel came up after it."""
    for number in range(len(lines) - 1, -1, -1):
        if "CHILD_SA" in lines[number] and " established with SPIs" in lines[number]:
            return None
        if kind := _kind_of(lines[number]):
            return Complaint(kind, (*_evidence(kind, lines[:number]), _words(lines[number])))
    return None


def _kind_of(line: str) -> ComplaintKind | None:
    return next((kind for kind, saying in _SAYINGS if re.search(saying, line)), None)


def _evidence(kind: ComplaintKind, before: Sequence[str], *, reach: int = 12) -> tuple[str, ...]:
    """The explaining lines shortly before a complaint: what was asked for and what would have been taken."""
    telling = _EVIDENCE.get(kind)
    return tuple(dict.fromkeys(_words(line) for line in before[-reach:] if telling and re.search(telling, line)))


def _words(line: str) -> str:
    return _PREFIX.sub("", line).strip()
