"""What both sides must agree on of two gateways with one address. Shipped and imported as `contract` is."""

from typing import Literal, TypedDict

PAIR_UNIT = "fixtunnel-pair.service"
BEAT_PORT = 4511
"""The UDP port on which a pair's gateways hear each other."""
WORD_FILE = "/run/fixtunnel/pair.word"
"""A person's word to a pair's gateway: `take` once, `hold` as long as the file is there."""


class PairSettings(TypedDict):
    """One of two gateways. `partner` is the other one's logical id, `key` the ARN of the secret with which beats are sealed.

    `claims`: it takes the address from the gateways before it, once both are there.
    """

    partner: str
    key: str
    claims: bool


class PairFacts(TypedDict):
    """A pair's gateway, as its own pair's program sees it.

    `state` is this one's: it `serves` the venue, `waits`, `claims` the address, or `yields` it. `since` (Unix time) is that
    state's. `partner` is the other one's instance, empty while it is not known; `heard` whether it is there, and `fit` what it
    says of itself: 0 cannot serve, 1 can with something amiss, 2 is well. `aws` is what EC2 does not do, and why. `held`: by a
    person's word the address stays where it is.
    """

    state: Literal["serves", "waits", "claims", "yields"]
    since: int
    partner: str
    heard: bool
    fit: int
    aws: str
    held: bool
