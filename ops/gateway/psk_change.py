"""PSKs: made so that both engines and common venue equipment take them, compared unseen, and changed while the tunnel works.

The gateway takes a new one over, tries it, and goes back if it is refused.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import secrets as randomness
import string
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Literal

from ops.aws import Secret
from ops.failure import BadInput
from ops.gateway.session import Session
from ops.gateway.state import look
from userdata import keyed
from userdata.contract import PskState

GENERATED_LENGTH = 40
"""Letters and digits: 238 bits. Common equipment takes 8 to 64 characters (AWS's own VPN too); some refuses signs."""

_ALPHABET = string.ascii_letters + string.digits
_LONGEST = 256
_SHORTEST, _FEWEST = 20, 8
ROUNDS = 200_000


def generate() -> str:
    """A new PSK. It begins with a letter: some equipment takes a leading 0 for the mark of another notation."""
    return secrets.choice(string.ascii_letters) + "".join(
        secrets.choice(_ALPHABET) for _ in range(GENERATED_LENGTH - 1)
    )


def checked(value: str) -> str:
    """A PSK that a person gave, without its line end. Raises BadInput, which does not repeat it."""
    value = value.rstrip("\r\n")
    if not value:
        raise BadInput("the PSK is empty")
    if "\n" in value or "\r" in value or "\0" in value:
        raise BadInput("the PSK has more than one line", advice="give one line")
    if keyed.object_in(value.encode(errors="replace")) is not None:
        raise BadInput(
            "that is a JSON object, not a PSK", advice="give the PSK alone; secret.key names where it belongs"
        )
    if value != value.strip():
        raise BadInput(
            "the PSK begins or ends with a space", advice="that is most often a slip of copying; leave it out"
        )
    if unseen := next((sign for sign in value if not sign.isprintable()), ""):
        raise BadInput(
            f"the PSK has a character that is not seen (U+{ord(unseen):04X})",
            advice="leave it out; if it comes from a file, save that as UTF-8 without a byte order mark",
        )
    if len(value.encode()) > _LONGEST:
        raise BadInput(f"the PSK is longer than {_LONGEST} octets", advice="equipment takes 64 characters at most")
    return value


def weaknesses(value: str) -> Iterator[str]:
    """Why it can be guessed, in one reason. Nothing of the value is repeated."""
    in_order = sum(abs(ord(after) - ord(before)) <= 1 for before, after in pairwise(value))
    if len(value) < _SHORTEST:
        reason = f"it has {len(value)} characters"
    elif len(set(value)) < _FEWEST:
        reason = "it repeats few characters"
    elif len(value) - in_order < _FEWEST:
        reason = "its characters follow one another in order"
    else:
        return
    yield f"{reason}: anyone who records a negotiation can guess it; agree on 32 random ones or more"


def oddities(value: str) -> Iterator[str]:
    """What may be refused by the venue's equipment. Nothing of the value is repeated."""
    if len(value) > 64:
        yield f"it has {len(value)} characters: much equipment takes 64 at most"
    if not re.fullmatch(r"[A-Za-z0-9]+", value):
        yield "it has signs beside letters and digits, which some equipment does not take"
    if value[0] in "\"'`" and value[-1] == value[0]:
        yield "it stands between quotation marks, which count as part of it: leave them out if they were copied with it"
    if re.match(r"(?i)(psk|pre-?shared[ _-]?key|key|secret|password)\s*[:=]", value):
        yield "it begins with a label, which counts as part of it: leave that out if it was copied with it"
    if re.fullmatch(r"0[xs][0-9A-Za-z+/=]+", value):
        yield f"it begins with {value[:2]}: we use these characters as they are; ask the venue whether it means the bytes behind"
    elif value.startswith("0"):
        yield "it begins with 0, which some equipment takes for the mark of another notation"
    if not value.isascii():
        yield "it has letters beyond ASCII, which each side may encode differently"


def digest(value: bytes, salt: bytes) -> str:
    """A salted digest, slow on purpose: it passes through SSM's history, and must not help in guessing."""
    return hashlib.pbkdf2_hmac("sha256", value, salt, ROUNDS).hex()


def digest_command(tunnel: str, salt: bytes) -> str:
    """What the gateway runs to tell the digest of the PSK that its engine was given; 'none' where it has none."""
    program = (
        "import base64,hashlib,re,pathlib;"
        f"p=pathlib.Path('/etc/ipsec.d/{tunnel}.secrets');"
        "t=p.read_text() if p.exists() else '';"
        "m=re.search(r'PSK 0s(\\S+)',t);"
        "print(hashlib.pbkdf2_hmac('sha256',base64.b64decode(m[1]),"
        f"bytes.fromhex('{salt.hex()}'),{ROUNDS}).hex() if m else 'none')"
    )
    return f'python3 -c "{program}"'


LIMIT_SECONDS = 180.0
"""The gateway asks Secrets Manager once a minute, and gives the venue a minute at most."""
_PERIOD_SECONDS = 5.0
_ASKED_SECONDS = 75.0
_NOT_ASKED = "waiting for the gateway to fetch it (up to a minute)"
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
_ANOTHERS = Step(words=_NOT_ASKED)
"""The gateway speaks of a PSK that is not the secret's any more. A tunnel that is down tries a refused one again."""


def follow(
    session: Session, secret: Secret, tunnel: str, *, file_of: str, since: int, limit: float = LIMIT_SECONDS
) -> Iterator[Step]:
    """Watch the gateway take over the secret's value; the last step has an outcome.

    `file_of` is the tunnel whose file has the PSK (`Deployment.psk_of`). `since` is the gateway's clock before the change: only
    a child SA that is younger proves the new PSK.
    """
    begun, said = time.monotonic(), ""
    before, heard_of_before = _look(session, secret, tunnel, file_of, since), begun
    is_of_before = before.outcome == "refused"
    # Going back to what is in use: the tunnel is not authenticated anew, and there will be no younger child SA.
    least = 0 if is_of_before and _agree(session, secret, file_of) else since
    while time.monotonic() < begun + limit:
        step = _look(session, secret, tunnel, file_of, least)
        if step is _ANOTHERS:
            is_of_before, heard_of_before = True, time.monotonic()
        elif step is _TOLD["on-trial"]:
            is_of_before = False
        if step.outcome == "refused" and is_of_before and time.monotonic() < heard_of_before + _ASKED_SECONDS:
            step = _ANOTHERS  # it speaks of the PSK before this one
        if step.words != said or step.outcome:
            said = step.words
            yield step
        if step.outcome:
            return
        time.sleep(_PERIOD_SECONDS)
    yield Step(words=f"the tunnel did not come up with it within {limit:.0f} s", outcome="not-taken")


def _look(session: Session, secret: Secret, tunnel: str, file_of: str, since: int) -> Step:
    found = look(session).tunnels.get(tunnel)
    psk: PskState = found.psk if found else "current"
    if psk == "on-trial" and not _agree(session, secret, file_of):
        return _ANOTHERS
    if psk in _TOLD:
        return _TOLD[psk]
    if not _agree(session, secret, file_of):
        return Step(words=_NOT_ASKED)
    if found and found.state == "up" and (found.child_sa_since or 0) >= since:
        return Step(words="the venue accepts the PSK, and the tunnel is up", outcome="accepted")
    return Step(words="the gateway has loaded it; the tunnel has not come up with it yet")


def _agree(session: Session, secret: Secret, file_of: str) -> bool:
    salt = randomness.token_bytes(16)
    return secret.use(partial(digest, salt=salt)) == session.run(digest_command(file_of, salt)).out.strip()
