"""What a failure means, and what to do: from what was seen of it (rehearsal.evidence), by two tables."""

from __future__ import annotations

import re
from dataclasses import dataclass

from model.boot_causes import ENGINE_REFUSES, diagnose_boot
from model.causes import Cause
from rehearsal.evidence import Evidence


@dataclass(frozen=True, kw_only=True)
class Advice:
    """A cause by its short name, what it means in plain words, and what to do about it."""

    cause: str
    meaning: str
    do: str


def _of(cause: Cause) -> Advice:
    return Advice(cause=cause.name, meaning=cause.meaning, do=cause.advice)


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

_BY_ENGINES_WORDS = (
    (r"FATAL|syntax error|cannot load config|unrecognized keyword", _of(ENGINE_REFUSES)),
    (r"NO_PROPOSAL_CHOSEN", _BY_FAULT["proposal"]),
    (r"AUTHENTICATION_FAILED", _BY_FAULT["authentication"]),
    (r"INVALID_ID_INFORMATION|TS_UNACCEPTABLE", _BY_FAULT["selectors"]),
    (r"we require .* peer to have ID|ID mismatch|peer ID", _BY_FAULT["identity"]),
    (r"initial.*no (reply|response)|retransmi|no response", _BY_FAULT["no-answer"]),
)

SECRET_EMPTY = Advice(
    cause="secret-empty",
    meaning="The tunnel waits: its secret has no value yet.",
    do="Put the PSK into the secret (`./fixtunnel secret set`); the tunnel comes up within half a minute.",
)
NO_ADDRESS = Advice(
    cause="address-not-here",
    meaning="The gateway waits for its Elastic IP, and is silent towards the venue until it has it.",
    do="Look whether the address is associated with this instance; CloudFormation moves it once the gateway has signalled.",
)
PORT_CLOSED = Advice(
    cause="venue-port-closed",
    meaning="The tunnel is up, but nobody answers on the venue's FIX port.",
    do="Check host and port in the venue file; ask the venue whether the acceptor is up and admits our address.",
)
SESSION = Advice(
    cause="fix-session",
    meaning="The tunnel is up and the FIX port answers, but the session did not do what it should.",
    do="Compare BeginString, SenderCompID and TargetCompID with the venue's; see the engines' logs.",
)
UNCLEAN = Advice(
    cause="unclean",
    meaning="Everything ran, and yet it is not as it must be.",
    do="Do not go live with it: read which figures are wrong, and look into both engines' ledgers and the captures.",
)
UNKNOWN = Advice(
    cause="unknown",
    meaning="The step did not end as it should.",
    do="Read the words above and the logs; `--keep` leaves everything up to look inside.",
)


def advise(seen: Evidence) -> Advice:
    """The first thing that is wrong on the way from boot to FIX session: what comes after it only follows from it."""
    if seen.unclean:
        return UNCLEAN
    if seen.tunnels_up:
        return PORT_CLOSED if seen.port_closed else SESSION
    if seen.waits_for_psk:
        return SECRET_EMPTY
    return _of_tunnel(seen) if seen.booted else _of_boot(seen)


def _of_boot(seen: Evidence) -> Advice:
    cause = diagnose_boot([*seen.error.splitlines(), *seen.boot])
    return _of(cause) if cause else UNKNOWN


def _of_tunnel(seen: Evidence) -> Advice:
    if seen.fault:
        return _BY_FAULT[seen.fault]
    if seen.state.get("state") == "waiting-for-address":
        return NO_ADDRESS
    said = "\n".join(seen.engine)
    return next((advice for pattern, advice in _BY_ENGINES_WORDS if re.search(pattern, said)), UNKNOWN)
