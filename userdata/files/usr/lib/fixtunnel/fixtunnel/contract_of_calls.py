"""What both sides must agree on of the connections that venues open to us. Shipped and imported as `contract` is."""

from typing import Any, Literal, TypedDict

CallState = Literal["open", "ended", "unanswered", "refused"]


class InboundFacts(TypedDict):
    """One of a client's `inbound`, as the kernel's table of connections shows it: nothing is connected to for it.

    `to` is the host (empty: the gateway) and port that it leads to; `sessions` how many are open; `state` how it is, or how the
    last call went, null before the first; `at` when it came into that state, in Unix time.
    """

    to: str
    sessions: int
    state: CallState | None
    at: int


InboundCall = list[Any]
"""A name, the networks that may call, the address (empty: the gateway's own) and port that they call, and the host (empty: the
gateway) and port that they reach."""
