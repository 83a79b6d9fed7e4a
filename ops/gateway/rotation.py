"""Changing a PSK while the tunnel works: the gateway takes the new one over, tries it, and goes back if it is refused."""

from __future__ import annotations

import secrets as randomness
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Literal

from ops.aws import Secret
from ops.gateway.gateway import look
from ops.gateway.psk import digest, digest_command
from ops.gateway.session import Session
from userdata.contract import PskState

LIMIT_SECONDS = 180.0
"""The gateway asks Secrets Manager once a minute, and gives the venue a minute at most."""
_PERIOD_SECONDS = 5.0
_ASKED_SECONDS = 75.0
_NOT_ASKED = "the gateway has not asked for it yet (it does once a minute)"
Outcome = Literal["accepted", "refused", "waiting-for-window", "untried", "not-taken"]


@dataclass(frozen=True, kw_only=True)
class Step:
    """How far the rotation is. `outcome` is None while it goes on."""

    words: str
    outcome: Outcome | None = None


_TOLD: dict[PskState, Step] = {
    "on-trial": Step(words="the gateway has loaded it and tries it with the venue"),
    "untried": Step(words="the gateway has loaded it, and tries it when this tunnel is needed", outcome="untried"),
    "waiting-for-window": Step(
        words="the gateway has it, and takes it over in the restart window", outcome="waiting-for-window"
    ),
    "psk-refused": Step(
        words="the venue does not answer to the new PSK; the one before is back in use", outcome="refused"
    ),
}
"""What the gateway says of an unfinished rotation."""


def follow(
    session: Session, secret: Secret, tunnel: str, *, since: int, limit: float = LIMIT_SECONDS
) -> Iterator[Step]:
    """Watch the gateway take over the secret's value; the last step has an outcome.

    `since` is the gateway's clock before the change: only a child SA that is younger proves the new PSK.
    """
    begun, said = time.monotonic(), ""
    refused_before = _look(session, secret, tunnel, since).outcome == "refused"
    # Going back to what is in use: the tunnel is not authenticated anew, and there will be no younger child SA.
    least = 0 if refused_before and _agree(session, secret, tunnel) else since
    while time.monotonic() < begun + limit:
        step = _look(session, secret, tunnel, least)
        if step.outcome == "refused" and refused_before and time.monotonic() < begun + _ASKED_SECONDS:
            step = Step(words=_NOT_ASKED)  # it speaks of the PSK before this one
        if step.words != said or step.outcome:
            said = step.words
            yield step
        if step.outcome:
            return
        time.sleep(_PERIOD_SECONDS)
    yield Step(words=f"the tunnel did not come up with it within {limit:.0f} s", outcome="not-taken")


def _look(session: Session, secret: Secret, tunnel: str, since: int) -> Step:
    found = look(session).tunnels.get(tunnel)
    psk: PskState = found.psk if found else "current"
    if psk in _TOLD:
        return _TOLD[psk]
    if not _agree(session, secret, tunnel):
        return Step(words=_NOT_ASKED)
    if found and found.state == "up" and (found.child_sa_since or 0) >= since:
        return Step(words="the venue accepts the PSK, and the tunnel is up", outcome="accepted")
    return Step(words="the gateway has loaded it; the tunnel has not come up with it yet")


def _agree(session: Session, secret: Secret, tunnel: str) -> bool:
    salt = randomness.token_bytes(16)
    return secret.use(partial(digest, salt=salt)) == session.run(digest_command(tunnel, salt)).out.strip()
