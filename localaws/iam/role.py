"""The temporary credentials of the instance's role: the metadata service hands them out, the TLS front knows them.

Both derive them from one key file of the run, so that the two processes need not talk.
"""

from __future__ import annotations

import base64
import hmac
import json
import os
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

# EC2 renews hourly and the credentials last about six hours, so that what a program holds never lapses at once.
_RENEWED_EVERY = timedelta(hours=1)
_LIFE = timedelta(hours=6)


class UnknownToken(Exception):
    """A session token that this run did not issue."""


@dataclass(frozen=True, kw_only=True)
class Session:
    """Who holds the credentials, and until when they are good."""

    role: str
    instance_id: str
    expires: datetime


@dataclass(frozen=True, kw_only=True, repr=False)
class Credentials:
    """Temporary credentials. Not printable: the secret key must reach no log."""

    access_key_id: str
    secret_access_key: str
    token: str
    session: Session

    @property
    def expires(self) -> datetime:
        """Until when they are good."""
        return self.session.expires


class RoleKey:
    """The key of one run, in a file (0600) that the first process to need it makes."""

    def __init__(self, path: Path) -> None:
        self._key = _read_or_make(path)

    def issue(self, *, role: str, instance_id: str, now: datetime | None = None) -> Credentials:
        """The credentials that are current now: the same for an hour, then new ones, as on EC2."""
        seconds = int((now or datetime.now(UTC)).timestamp())
        period = int(_RENEWED_EVERY.total_seconds())
        issued = datetime.fromtimestamp(seconds - seconds % period, UTC)
        return self._derive(Session(role=role, instance_id=instance_id, expires=issued + _LIFE))

    def recognise(self, token: str) -> Credentials:
        """The credentials that a session token belongs to, whether or not they have expired.

        Raises:
            UnknownToken: this run never issued it.
        """
        try:
            role, instance_id, expires = json.loads(base64.b64decode(token, validate=True))["session"]
            session = Session(role=role, instance_id=instance_id, expires=datetime.fromtimestamp(expires, UTC))
        except (ValueError, KeyError, TypeError) as error:
            raise UnknownToken("the session token is not one that the metadata service issues") from error
        credentials = self._derive(session)
        if not hmac.compare_digest(credentials.token, token):
            raise UnknownToken("the session token was not issued in this run")
        return credentials

    def holder(self, access_key_id: str, token: str) -> Credentials:
        """The credentials of this id and token. Raises UnknownToken."""
        credentials = self.recognise(token)
        if credentials.access_key_id != access_key_id:
            raise UnknownToken("the session token belongs to another access key")
        return credentials

    def _derive(self, session: Session) -> Credentials:
        holder: list[str | int] = [session.role, session.instance_id, int(session.expires.timestamp())]
        digest = self._digest("token", holder)
        token = json.dumps({"session": holder, "proof": digest.hex()}, separators=(",", ":"))
        return Credentials(
            access_key_id="ASIA" + base64.b32encode(self._digest("id", holder)).decode()[:16],
            secret_access_key=base64.b64encode(self._digest("secret", holder)).decode()[:40],
            token=base64.b64encode(token.encode()).decode(),
            session=session,
        )

    def _digest(self, purpose: str, holder: list[str | int]) -> bytes:
        return hmac.digest(self._key, json.dumps([purpose, *holder]).encode(), "sha256")


def _read_or_make(path: Path) -> bytes:
    """Linking a finished file is atomic: of two that start at once, one wins and both read the same key."""
    if not path.exists():
        draft = path.with_name(f"{path.name}.{os.getpid()}")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(secrets.token_bytes(32))
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_bytes()
