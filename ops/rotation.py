"""Changing a PSK while the tunnel works: the gateway takes the new one over, tries it, and goes back if it is refused."""

from __future__ import annotations

import secrets as randomness
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Literal

from ops.aws import Secret
from ops.gateway import look
from ops.psk import digest, digest_command
from ops.session import Session

LIMIT_SECONDS = 180.0
"""The gateway asks Secrets Manager once a minute, and gives the venue a minute at most."""
_PERIOD_SECONDS = 5.0
Outcome = Literal["accepted", "refused", "waiting-for-window", "untried", "not-taken"]


@dataclass(frozen=True, kw_only=True)
class Step:
    """How far the rotation is. `outcome` is None while it goes on."""

    words: str
    outcome: Outcome | None = None


_TOLD = {
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
    deadline, said = time.monotonic() + limit, ""
    while time.monotonic() < deadline:
        step = _look(session, secret, tunnel, since)
        if step.words != said or step.outcome:
            said = step.words
            yield step
        if step.outcome:
            return
        time.sleep(_PERIOD_SECONDS)
    yield Step(words=f"the tunnel did not come up with it within {limit:.0f} s", outcome="not-taken")


def _look(session: Session, secret: Secret, tunnel: str, since: int) -> Step:
    found = look(session).tunnels.get(tunnel)
    psk = found.psk if found else "current"
    if psk in _TOLD:
        return _TOLD[psk]
    salt = randomness.token_bytes(16)
    if secret.use(partial(digest, salt=salt)) != session.run(digest_command(tunnel, salt)).out.strip():
        return Step(words="the gateway has not asked for it yet (it does once a minute)")
    if found and found.state == "up" and (found.child_sa_since or 0) >= since:
        return Step(words="the venue accepts the new PSK, and the tunnel is up", outcome="accepted")
    return Step(words="the gateway has loaded it; the tunnel has not come up with it yet")
