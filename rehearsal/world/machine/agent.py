"""The way into the guest beside the network: the operator's own client of QEMU's guest agent, for a program with input."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from localaws.program import RehearsalFailed
from ops.gateway.session import GuestRefused, GuestSession, GuestSilent


class AgentSilent(RehearsalFailed):
    """The guest's agent did not answer in time: it is not there yet, or the guest is gone."""


class AgentRefused(RehearsalFailed):
    """The guest's agent answered with an error."""


@dataclass(frozen=True, kw_only=True)
class Completed:
    """A command that ended in the guest."""

    argv: tuple[str, ...]
    status: int
    stdout: str
    stderr: str


class Agent:
    """The guest agent behind a unix socket of QEMU's."""

    def __init__(self, path: Path) -> None:
        self._guest = GuestSession(path)

    def run(self, argv: Sequence[str], *, stdin: bytes, limit: float) -> Completed:
        """Run a command in the guest as root, to its end.

        Raises:
            AgentSilent: the agent did not answer, or the command did not end, within `limit` seconds.
            AgentRefused: there is no such command.
        """
        try:
            ran = self._guest.execute(argv, stdin=stdin, limit=limit)
        except GuestSilent as silent:
            raise AgentSilent(str(silent)) from silent
        except GuestRefused as refused:
            raise AgentRefused(str(refused)) from refused
        return Completed(argv=tuple(argv), status=ran.status, stdout=ran.out, stderr=ran.err)
