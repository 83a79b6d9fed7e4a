"""Questions that are known beforehand, in one command: each command by SSM takes a second or two on its way."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Iterator, Mapping

from ops.gateway.session import Ran, Session


class Together:
    """A session that knows some answers already. What it does not know it asks as before.

    Raises Unreachable, if they are not there within `limit` seconds.
    """

    def __init__(self, session: Session, commands: Iterable[str], *, limit: float = 60) -> None:
        self._session = session
        self._known = _asked(session, list(dict.fromkeys(commands)), limit)

    def run(self, command: str, *, limit: float = 60) -> Ran:
        """The answer that is known, or a new one. Raises Unreachable."""
        return self._known.get(command) or self._session.run(command, limit=limit)


def _asked(session: Session, commands: list[str], limit: float) -> Mapping[str, Ran]:
    """What is missing in it is asked alone: SSM cuts off what is longer than 24,000 characters."""
    mark = secrets.token_hex(8)
    said = session.run("\n".join(_marked(command, mark) for command in commands), limit=limit).out
    return dict(zip(commands, _answers(said, mark), strict=False))


def _marked(command: str, mark: str) -> str:
    """In a shell of its own, so that `exit` ends no other. Behind its answer comes a line with the mark and its status."""
    return f'(\n{command}\n)\necho "={mark} $?"'


def _answers(said: str, mark: str) -> Iterator[Ran]:
    *answers, _cut_off = re.split(f"={mark} ([0-9]+)\n?", said)
    for out, status in zip(answers[::2], answers[1::2], strict=True):
        yield Ran(status=int(status), out=out, err="")
