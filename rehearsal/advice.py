"""What a failure means, and what to do: from the words of the venue's engine, of ours, and of the boot."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Advice:
    """A cause by its short name, what it means in plain words, and what to do about it."""

    cause: str
    meaning: str
    do: str


_BY_FAULT = {
    "psk": Advice(
        cause="wrong-psk",
        meaning="The two sides hold different PSKs: the venue could not read what we sent.",
        do="Compare with the venue by telephone, both sides reading from their own records; then put the right one into the "
        "tunnel's secret. The gateway takes a new value by itself.",
    ),
    "authentication": Advice(
        cause="authentication-refused",
        meaning="Authentication failed: the PSK or an identity differs.",
        do="Compare PSK and both identities (leftid, rightid) with the venue's form.",
    ),
    "proposal": Advice(
        cause="no-proposal-chosen",
        meaning="The two sides want different ciphers, hashes or groups: no proposal was chosen.",
        do="Compare ike.proposal, esp.proposal and pfs in the venue file with the venue's form, each part.",
    ),
    "selectors": Advice(
        cause="selectors-refused",
        meaning="Phase 1 is up, but the venue refused the networks: the encryption domains differ.",
        do="Compare remote_networks and the address as which the venue knows us with the form; both ends must match exactly.",
    ),
    "identity": Advice(
        cause="id-mismatch",
        meaning="An identity is not the one that the other side expects.",
        do="Compare our public address and the peer's id in the venue file with the venue's form.",
    ),
    "unknown-peer": Advice(
        cause="unknown-peer",
        meaning="The venue has no connection for our address with this IKE version.",
        do="Ask the venue whether our Elastic IP is entered, and for which IKE version.",
    ),
    "no-answer": Advice(
        cause="no-answer",
        meaning="Nobody answers at the venue's address.",
        do="Check the peer's address; ask the venue whether its gateway is up and its firewall lets UDP 500 and 4500 in from us.",
    ),
}

_BY_WORDS = (
    (
        r"NO_PROPOSAL_CHOSEN",
        _BY_FAULT["proposal"],
    ),
    (r"AUTHENTICATION_FAILED", _BY_FAULT["authentication"]),
    (r"INVALID_ID_INFORMATION|TS_UNACCEPTABLE", _BY_FAULT["selectors"]),
    (r"we require .* peer to have ID|ID mismatch|peer ID", _BY_FAULT["identity"]),
    (
        r"apt-get.*|Unable to locate package|Could not resolve|Failed to fetch",
        Advice(
            cause="archive-unreachable",
            meaning="The gateway could not install its packages: the package archive did not answer.",
            do="Check that the subnet is public and that ports 80 and 443 are open outwards; the boot tries again by itself.",
        ),
    ),
    (
        r"AccessDenied|not authorized to perform",
        Advice(
            cause="permission-missing",
            meaning="AWS refused the gateway something that its role does not allow.",
            do="Look at the action and the resource in the words; a key policy or a service control policy may forbid it too.",
        ),
    ),
    (r"has no IKEv2|initial.*no (reply|response)|retransmi|no response", _BY_FAULT["no-answer"]),
)

SECRET_EMPTY = Advice(
    cause="secret-empty",
    meaning="The tunnel waits: its secret has no value yet.",
    do="Put the PSK into the secret (`./fixtunnel secret set`); the tunnel comes up within half a minute.",
)
PORT_CLOSED = Advice(
    cause="venue-port-closed",
    meaning="The tunnel is up, but nobody answers on the venue's FIX port.",
    do="Check host and port in the venue file; ask the venue whether the acceptor is up and admits our address.",
)
UNKNOWN = Advice(
    cause="unknown",
    meaning="The step did not end as it should.",
    do="Read the words above and the logs; `--keep` leaves everything up to look inside.",
)


def advise(*, fault: str | None, words: str) -> Advice:
    """The advice for a fault that the venue's engine named, or else for what was said."""
    if fault in _BY_FAULT:
        return _BY_FAULT[fault]
    return next((advice for pattern, advice in _BY_WORDS if re.search(pattern, words)), UNKNOWN)
