"""What a failure means, and what to do: from what was seen of it (rehearsal.evidence), by two tables."""

from __future__ import annotations

import re
from dataclasses import dataclass

from rehearsal.evidence import Evidence


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

ENGINE_REFUSES = Advice(
    cause="engine-refuses-configuration",
    meaning="The engine does not take its configuration: it does not start, or leaves the connection out.",
    do="Read which key it names. A configuration for OpenSwan is not one for libreswan: let the files be rendered for the "
    "engine that is installed (gateway.engine).",
)
_BY_ENGINES_WORDS = (
    (r"FATAL|syntax error|cannot load config|unrecognized keyword", ENGINE_REFUSES),
    (r"NO_PROPOSAL_CHOSEN", _BY_FAULT["proposal"]),
    (r"AUTHENTICATION_FAILED", _BY_FAULT["authentication"]),
    (r"INVALID_ID_INFORMATION|TS_UNACCEPTABLE", _BY_FAULT["selectors"]),
    (r"we require .* peer to have ID|ID mismatch|peer ID", _BY_FAULT["identity"]),
    (r"initial.*no (reply|response)|retransmi|no response", _BY_FAULT["no-answer"]),
)

_BY_BOOTS_WORDS = (
    (
        r"AccessDenied|not authorized to perform",
        Advice(
            cause="permission-missing",
            meaning="AWS refused the gateway something that its role does not allow.",
            do="Look at the action and the resource in the words; a key policy or a service control policy may forbid it too.",
        ),
    ),
    (
        r"checksum",
        Advice(
            cause="checksum-differs",
            meaning="A file from S3 is not the one that was deployed.",
            do="Deploy again; if it stays so, somebody else writes to the assets' bucket.",
        ),
    ),
    (
        r"engine is not|is older than",
        Advice(
            cause="wrong-engine",
            meaning="The engine that was installed is not the one that the client file asks for, or it is too old.",
            do="Bring a package of the engine that gateway.engine names: OpenSwan of at least 2.6.41-4.",
        ),
    ),
    (r"not loaded|refused by the engine|ipsec.service.*failed|unrecognized keyword|syntax error|FATAL", ENGINE_REFUSES),
    (
        r"AWS: get secret value failed|AWS: secret cannot be read",
        Advice(
            cause="secrets-manager-unreachable",
            meaning="The gateway could not read the tunnel's secret.",
            do="Check that port 443 is open outwards and that the secret is there; the boot tries again by itself.",
        ),
    ),
    (
        r"install: |apt-get|Unable to locate package|Failed to fetch|^E: |Err:",
        Advice(
            cause="archive-unreachable",
            meaning="The gateway could not install its packages: the package archive did not answer.",
            do="Check that the subnet is public and that ports 80 and 443 are open outwards; the boot tries again by itself.",
        ),
    ),
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
    """The last word first: an earlier trouble may be over."""
    lines = [*reversed(seen.boot), *reversed(seen.error.splitlines())]
    return next((advice for line in lines if (advice := _by(_BY_BOOTS_WORDS, line))), UNKNOWN)


def _of_tunnel(seen: Evidence) -> Advice:
    if seen.fault:
        return _BY_FAULT[seen.fault]
    if seen.state.get("state") == "waiting-for-address":
        return NO_ADDRESS
    return _by(_BY_ENGINES_WORDS, "\n".join(seen.engine)) or UNKNOWN


def _by(table: tuple[tuple[str, Advice], ...], words: str) -> Advice | None:
    return next((advice for pattern, advice in table if re.search(pattern, words)), None)
