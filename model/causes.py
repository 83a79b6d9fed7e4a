"""Why a tunnel does not come up: each cause with the side that it is on, what to do, and what to tell the venue."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Side = Literal["us", "venue", "either", "between"]


@dataclass(frozen=True, kw_only=True)
class Cause:
    """One cause. `to_venue` may name {ours}, {theirs}, {ike}, {esp}, {local}, {remote} and {venue_id}."""

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
    "the pre-shared key, or an identity? Ours is {ours}, yours as we have it is {venue_id}.",
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
    meaning="Nobody answers at the venue's address: its gateway is down, or its firewall does not know ours.",
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
    advice="The gateway negotiates anew by itself. If this repeats, ask the venue about restarts, and compare DPD settings.",
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
