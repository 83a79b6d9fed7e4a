"""What a failure means, and what to do: from what was seen of it (rehearsal.run.evidence) to its cause.

The causes are the doctor's (model.diagnosis, model.diagnosis), and those that only who sees both sides can name.
"""

from __future__ import annotations

from model.diagnosis import (
    AUTHENTICATION_REFUSED,
    ENGINE_REFUSES,
    NO_ANSWER,
    NO_PROPOSAL_1,
    NO_PROPOSAL_2,
    SELECTORS,
    WRONG_PSK,
    Cause,
    diagnose,
    diagnose_boot,
)
from rehearsal.run.evidence import Evidence

ID_MISMATCH = Cause(
    name="id-mismatch",
    side="either",
    meaning="An identity is not the one that the other side expects.",
    advice="Compare our public address and the peer's id in the venue file with the venue's form.",
)
UNKNOWN_PEER = Cause(
    name="unknown-peer",
    side="venue",
    meaning="The venue has no connection for our address with this IKE version.",
    advice="Ask the venue whether our Elastic IP is entered, and for which IKE version.",
)
SECRET_EMPTY = Cause(
    name="secret-empty",
    side="us",
    meaning="The tunnel waits: there is no PSK in its secret yet.",
    advice="Put the PSK into the secret (`./fixtunnel secret set`); the tunnel comes up within half a minute. "
    "In a JSON object it is under the key that secret.key names.",
)
NO_ADDRESS = Cause(
    name="address-not-here",
    side="us",
    meaning="The gateway waits for its Elastic IP, and is silent towards the venue until it has it.",
    advice="Look whether the address is associated with this instance; CloudFormation moves it once the gateway has signalled.",
)
PORT_CLOSED = Cause(
    name="venue-port-closed",
    side="venue",
    meaning="The tunnel is up, but nobody answers on the venue's FIX port.",
    advice="Check host and port in the venue file; ask the venue whether the acceptor is up and admits our address.",
)
SESSION = Cause(
    name="fix-session",
    side="either",
    meaning="The tunnel is up and the FIX port answers, but the session did not do what it should.",
    advice="Compare BeginString, SenderCompID and TargetCompID with the venue's; see the engines' logs.",
)
UNCLEAN = Cause(
    name="unclean",
    side="us",
    meaning="Everything ran, and yet it is not as it must be.",
    advice="Do not go live with it: read which figures are wrong, and look into both engines' ledgers and the captures.",
)
UNKNOWN = Cause(
    name="unknown",
    side="either",
    meaning="The step did not end as it should.",
    advice="Read the words above and the logs; `--keep` leaves everything up to look inside.",
)
_BY_VENUE = {
    "psk": WRONG_PSK,
    "authentication": AUTHENTICATION_REFUSED,
    "selectors": SELECTORS,
    "identity": ID_MISMATCH,
    "unknown-peer": UNKNOWN_PEER,
    "no-answer": NO_ANSWER,
}


def advise(seen: Evidence) -> Cause:
    """The first thing that is wrong on the way from boot to FIX session: what comes after it only follows from it."""
    if seen.unclean:
        return UNCLEAN
    if seen.booted and seen.engine_refuses:
        return ENGINE_REFUSES  # whatever the venue says: it may not know yet that our engine is gone
    if seen.tunnels_up:
        return PORT_CLOSED if seen.port_closed else SESSION
    if seen.waits_for_psk:
        return SECRET_EMPTY
    return _of_tunnel(seen) if seen.booted else _of_boot(seen)


def _of_boot(seen: Evidence) -> Cause:
    return diagnose_boot([*seen.error.splitlines(), *seen.boot]) or UNKNOWN


def _of_tunnel(seen: Evidence) -> Cause:
    """By the venue's words, which tell more; else by our engine's."""
    if seen.fault == "proposal":
        return NO_PROPOSAL_2 if any("ESP:" in word for word in seen.venue) else NO_PROPOSAL_1
    if seen.fault:
        return _BY_VENUE[seen.fault]
    if seen.state.get("state") == "waiting-for-address":
        return NO_ADDRESS
    found = diagnose(seen.engine)
    return found.cause if found else UNKNOWN
