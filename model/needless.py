"""What venues' forms name and the files have no key for, because nothing has to be set: it is said why."""

from __future__ import annotations

import re

from model.faults import Path

_LEAVE = "leave it out:"
_REASONS = (
    (
        r"(life|rekey|sa_?life).*(byte|packet|volume|kb|mb)s?",
        f"{_LEAVE} the venue may negotiate again by volume whenever it likes, and the gateway follows",
    ),
    (r"(anti_?)?replay(_.*)?", f"{_LEAVE} each end has a replay window of its own for what it receives"),
    (r"nat_?t(raversal)?|encapsulation|forceencaps|udp_?encapsulation", f"{_LEAVE} ESP is always carried in UDP"),
    (r"dpd_?action|auto|initiat.*|start(up)?_?action", f"{_LEAVE} the gateway always initiates, and repairs by itself"),
    (r"auth(entication|by)?(_?method)?", f"{_LEAVE} the two ends always authenticate by PSK"),
)
_OF_PROPOSAL = (
    r"(dh_?|diffie_?hellman_?|pfs_?)?group|cipher|encryption|hash|integrity|prf",
    "it is a part of the proposal, as in proposal: aes256-sha2_256;modp2048",
)


def why_needless(path: Path) -> str | None:
    """Why no such key is needed; None for a key that is only unknown."""
    key = str(path[-1]).lower().replace("-", "_")
    reasons = (*_REASONS, _OF_PROPOSAL) if path[:-1] in (("ike",), ("esp",)) else _REASONS
    return next((why for pattern, why in reasons if re.fullmatch(pattern, key)), None)
