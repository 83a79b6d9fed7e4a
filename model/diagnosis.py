"""What the log of an engine or of a boot means: the cause, whose side it is on, what to do, and what to tell the venue.

The words are pluto's: libreswan 4.10 and 5.2, and OpenSwan 2.6.41 and 3.0. `tests/rehearsal/test_diagnosis.py` provokes
those of libreswan, each with the real engine.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

Side = Literal["us", "venue", "either", "between"]


@dataclass(frozen=True, kw_only=True)
class Cause:
    """One cause. `to_venue` may name {ours}, {our_id}, {theirs}, {ike}, {esp}, {local}, {remote} and {venue_id}."""

    name: str
    side: Side
    meaning: str
    advice: str
    to_venue: str = ""


WRONG_PSK = Cause(
    name="wrong-psk",
    side="either",
    meaning="The two sides hold different PSKs: what one encrypts, the other cannot read.",
    advice="Compare with the venue by telephone, each reading from its own record; then `fixtunnel secret set`.",
    to_venue="Phase 1 from {ours} to {theirs} fails in authentication. Please check the pre-shared key with us by telephone.",
)
AUTHENTICATION_REFUSED = Cause(
    name="authentication-refused",
    side="either",
    meaning="The venue refused to authenticate us: the PSK differs, or an identity is not the one that it expects.",
    advice="Compare the PSK by telephone, and both identities with the form; the engine does not say which it is.",
    to_venue="You refuse our authentication from {ours} to {theirs} (AUTHENTICATION_FAILED). Which does your log name: "
    "the pre-shared key, or an identity? Ours is {our_id}, yours as we have it is {venue_id}.",
)
NO_PROPOSAL_1 = Cause(
    name="no-proposal-phase-1",
    side="either",
    meaning="The venue refused phase 1: cipher, hash, group or IKE version differ, or it has no entry for our address.",
    advice="Compare ike.proposal and ike.version with the venue's form, each part; then ask what its log says.",
    to_venue="You answer our phase 1 from {ours} with NO_PROPOSAL_CHOSEN. We propose {ike}. What have you configured for us?",
)
NO_PROPOSAL_2 = Cause(
    name="no-proposal-phase-2",
    side="either",
    meaning="Phase 1 is up, and the venue refused phase 2: cipher, hash or PFS differ.",
    advice="Compare esp.proposal and esp.pfs with the venue's form.",
    to_venue="Phase 1 from {ours} is up; you answer phase 2 with NO_PROPOSAL_CHOSEN. We propose {esp}. What have you configured?",
)
SELECTORS = Cause(
    name="selectors-refused",
    side="either",
    meaning="Phase 1 is up, and the venue refused the networks: the encryption domains differ.",
    advice="Compare remote_networks, and the address by which the venue knows us, with the form: both must match exactly.",
    to_venue="Phase 1 from {ours} is up; you refuse our phase 2 for its networks. We propose {local} (ours) to {remote} (yours).",
)
ENDED_AT_ONCE = Cause(
    name="ended-at-once",
    side="venue",
    meaning="The venue agrees to phase 2, and ends it as soon as it is there: its gateway could not install it, or has another "
    "rule against it.",
    advice="Compare networks with the form; ask the venue what its log says. The gateway tries again, ever more rarely.",
    to_venue="You agree to our phase 2 from {ours}, and delete it in the same second. What does your log say? We propose {esp}, "
    "{local} (ours) to {remote} (yours).",
)
ID_MISMATCH = Cause(
    name="id-mismatch",
    side="either",
    meaning="The venue's gateway gives another identity than its file says.",
    advice="Write the identity that it gives into the venue file (peers.…id), once the venue has confirmed it.",
    to_venue="Your gateway {theirs} identifies itself otherwise than as {venue_id}, as your form says. Which is right?",
)
NO_ANSWER = Cause(
    name="no-answer",
    side="venue",
    meaning="The venue's address doesn't answer: its gateway is down, or its firewall doesn't admit our address.",
    advice="Check the peer's address; ask the venue. The gateway keeps trying by itself.",
    to_venue="We send IKE from {ours} to {theirs}, UDP 500, and get no answer. Is your gateway up, does it admit us?",
)
NO_ANSWER_ENCRYPTED = Cause(
    name="no-answer-encrypted",
    side="either",
    meaning="The venue answers first messages and none that is encrypted: the PSK or an identity differs, or UDP 4500 is closed.",
    advice="Compare the PSK by telephone; ask the venue whether UDP 4500 is open, and what its log says.",
    to_venue="You answer our first messages from {ours} on UDP 500, but none that is encrypted, on UDP 4500. Is 4500 open to us, "
    "and what does your log say of our authentication?",
)
NO_ANSWER_2 = Cause(
    name="no-answer-phase-2",
    side="venue",
    meaning="Phase 1 is up, and the venue does not answer phase 2: most engines are silent so about networks or PFS.",
    advice="Compare networks, esp.proposal and PFS with the form; ask the venue what its log says.",
    to_venue="Phase 1 from {ours} is up, and you do not answer phase 2. We propose {esp}, {local} (ours) to {remote} (yours).",
)
PEER_AWAY = Cause(
    name="peer-away",
    side="venue",
    meaning="The tunnel was up, and the venue stopped answering: its gateway restarted, or the path broke.",
    advice="The gateway negotiates again by itself. If this repeats, ask the venue about restarts, and compare DPD settings.",
    to_venue="Our tunnel from {ours} to {theirs} was up, and you stopped answering. Was your gateway restarted?",
)
NO_PSK = Cause(
    name="no-psk",
    side="us",
    meaning="The gateway has no PSK for these two identities.",
    advice="`fixtunnel secret verify`, and `fixtunnel secret set` if the secret has no value.",
)
NO_NAT = Cause(
    name="nat-not-detected",
    side="between",
    meaning="The venue sees no NAT before us, and EC2 always has one: something between rewrites IKE.",
    advice="Ask the venue whether its firewall has an IPsec helper (ALG), and to switch it off for us.",
    to_venue="Your gateway detects no NAT before {ours}, where there is one. Is there an IPsec helper (ALG) before it?",
)
KERNEL = Cause(
    name="kernel-refused",
    side="us",
    meaning="The gateway's own kernel refused to install what was negotiated.",
    advice="Look at the engine's lines; the image's kernel may lack a cipher. Take a Debian cloud image.",
)
CAUSES = (
    WRONG_PSK,
    AUTHENTICATION_REFUSED,
    NO_PROPOSAL_1,
    NO_PROPOSAL_2,
    SELECTORS,
    ENDED_AT_ONCE,
    ID_MISMATCH,
    NO_ANSWER,
    NO_ANSWER_ENCRYPTED,
    NO_ANSWER_2,
    PEER_AWAY,
    NO_PSK,
    NO_NAT,
    KERNEL,
)


# Why a boot does not get as far as its tunnels:
ENGINE_REFUSES = Cause(
    name="engine-refuses-configuration",
    side="us",
    meaning="The engine does not take its configuration: it does not start, or leaves the connection out.",
    advice="Read which key it names. A configuration for OpenSwan is not one for libreswan: let the files be rendered for "
    "the engine that is installed (gateway.engine).",
)
PERMISSION_MISSING = Cause(
    name="permission-missing",
    side="us",
    meaning="AWS refused the gateway something that its role does not allow.",
    advice="Look at the action and the resource in the words; a key policy or a service control policy may forbid it too.",
)
CHECKSUM_DIFFERS = Cause(
    name="checksum-differs",
    side="us",
    meaning="A file from S3 is not the one that was deployed.",
    advice="Deploy again; if it stays so, somebody else writes to the assets' bucket.",
)
WRONG_ENGINE = Cause(
    name="wrong-engine",
    side="us",
    meaning="The engine that was installed is not the one that the client file asks for, or it is too old.",
    advice="Bring a package of the engine that gateway.engine names: OpenSwan of at least 2.6.41-4, and 3.0.0 for IKEv2.",
)
SECRETS_MANAGER = Cause(
    name="secrets-manager-unreachable",
    side="between",
    meaning="The gateway could not read the tunnel's secret.",
    advice="Check that port 443 is open outwards and that the secret is there; the boot tries again by itself.",
)
ARCHIVE = Cause(
    name="archive-unreachable",
    side="between",
    meaning="The gateway could not install its packages: the package archive did not answer.",
    advice="Check that the subnet is public and that ports 80 and 443 are open outwards; the boot tries again by itself.",
)
ADDRESS_CLASH = Cause(
    name="address-clash",
    side="us",
    meaning="A tunnel would take away an address that the gateway needs: its router's, its resolver's or its own.",
    advice="Correct local_network or source_address in the client file, or remote_networks in the venue file; or choose "
    "another subnet. Then deploy again.",
)

# What the doctor sees by itself has sentences to the venue too, with the same names in them.
ONE_WAY_TO_VENUE = (
    "Our tunnel from {ours} is up and carries our packets ({local} to {remote}); nothing comes back. "
    "Please check your route and your firewall towards {local}."
)
PAIR_SILENT_TO_VENUE = (
    "Our tunnel from {ours} is up, and other pairs of networks carry; but {lacks}. "
    "Does your gateway {theirs} still have that child SA, and does the host behind it run?"
)
ON_STANDBY_TO_VENUE = (
    "Your gateway {theirs} stopped answering us at {ours}, and we work over your other one. "
    "Is it down, and when will it be back?"
)
NEW_PSK_TO_VENUE = (
    "We have a new pre-shared key for the tunnel from {ours} to {theirs}, and you still have the former one. "
    "When do you change yours?"
)
FIX_PORTS_TO_VENUE = (
    "Our tunnel is up. From {source} we get no answer at FIX {ports}. "
    "Is the acceptor up, and does your firewall admit our address?"
)


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
    """What many short attempts mean, the newest first: a negotiation that starts every few seconds never waits for long."""
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


_SAYINGS_OF_BOOT: tuple[tuple[str, Cause], ...] = (
    (r"AccessDenied|not authorized to perform", PERMISSION_MISSING),
    (r"checksum", CHECKSUM_DIFFERS),
    (r"address clash", ADDRESS_CLASH),
    (r"engine is not|is older than", WRONG_ENGINE),
    (r"not loaded|refused by the engine|ipsec.service.*failed|unrecognized keyword|syntax error|FATAL", ENGINE_REFUSES),
    (r"AWS: get secret value failed|AWS: secret cannot be read", SECRETS_MANAGER),
    (r"install: |apt-get|Unable to locate package|Failed to fetch|^E: |Err:", ARCHIVE),
)


def diagnose_boot(lines: Sequence[str]) -> Cause | None:
    """The cause in a boot's words, which are in the order of the log. The last word first: an earlier trouble may be over."""
    found = (cause for line in reversed(lines) for saying, cause in _SAYINGS_OF_BOOT if re.search(saying, line))
    return next(found, None)


Phase = Literal["first", "second", "any"]
