"""Whether what a venue calls is answered, by the kernel's table of connections.

Nothing is connected to: an acceptor would take each connect for a session that fails, and a host that lets in the venue's
networks alone would answer the venue and not us.
"""

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from ipaddress import IPv4Address, IPv4Network

from fixtunnel.connections import Connection, Ends
from fixtunnel.contract_of_calls import CallState, InboundFacts
from fixtunnel.operations import Inbound, Operations
from fixtunnel.settings import Settings
from fixtunnel.silence import Wait


@dataclass
class _Call:
    """One connection. `went` and `came` count the host's packets and the venue's; `moved_at` is when one was last counted."""

    began_at: float
    moved_at: float = float("-inf")
    went: int = 0
    came: int = 0
    was_open: bool = False
    wait: Wait = field(default_factory=Wait)

    def look(self, one: Connection, *, is_theirs: bool, now: float, before: float) -> CallState | None:
        """How it is; None while that is not decided."""
        went, came = (one.answered, one.sent) if is_theirs else (one.sent, one.answered)
        # The other way round than for a tunnel: here the venue asks, and the host has to answer.
        self.wait.note(sent=came > self.came, heard=went > self.went, now=now, before=before)
        self.moved_at = now if (went, came) != (self.went, self.came) else self.moved_at
        self.went, self.came, self.was_open = went, came, self.was_open or one.is_open
        if one.is_open:
            return "unanswered" if self.wait.is_silent(now) else "open"
        if not went:
            return "unanswered" if self.wait.is_long(now) else None
        return "ended" if self.was_open or went > 1 else "refused"


_GRAVEST: tuple[CallState, ...] = ("open", "unanswered", "refused", "ended")
"""One session that is open says most, and one that ended least: a call in vain stays known until the next."""


_IN_VAIN = ("unanswered", "refused")


@dataclass
class _Port:
    """All calls to one port. `good` and `bad`: what was seen since the last metric."""

    calls: dict[Ends, _Call] = field(default_factory=dict)
    sessions: int = 0
    state: CallState | None = None
    at: int = 0
    good: bool = False
    bad: bool = False

    def look(self, present: Iterable[tuple[Connection, bool]], now: float, before: float) -> None:
        found: list[tuple[_Call, CallState | None]] = []
        former, self.calls = self.calls, {}
        for one, is_theirs in present:
            call = self.calls[one.key] = former.get(one.key) or _Call(now)
            found.append((call, call.look(one, is_theirs=is_theirs, now=now, before=before)))
        self.sessions = sum(state == "open" for _, state in found)
        self._note([state for call, state in found if state != "open" or not self._is_left(call, found)])

    @staticmethod
    def _is_left(one: _Call, found: Sequence[tuple[_Call, CallState | None]]) -> bool:
        """Whether an open session has been still since a later call was in vain: its venue may have gone without a word."""
        return any(state in _IN_VAIN and call.began_at > one.moved_at for call, state in found)

    def _note(self, found: Sequence[CallState | None]) -> None:
        state = next((one for one in _GRAVEST if one in found), None)
        if state is None and self.state == "open":
            state = "ended"
        if state and state != self.state and not (state == "ended" and self.state in _IN_VAIN):
            self.state, self.at = state, int(time.time())
        self.good = self.good or state == "open"
        self.bad = self.bad or state in _IN_VAIN


class Incoming:
    """Of one gateway."""

    def __init__(self, here: Settings) -> None:
        self._own = {tunnel.group: tunnel.own for tunnel in here.tunnels}
        self._ports: dict[tuple[str, str], _Port] = {}
        self._looked_at: float | None = None

    def look(self, told: Operations, connections: Sequence[Connection] | None, now: float) -> None:
        """One look; None where the kernel does not tell of connections: then it stays as it was."""
        named = {(venue, one.name): one for venue in self._own for one in told.inbound_of(venue)}
        self._ports = {key: self._ports.get(key) or _Port() for key in named}
        before, self._looked_at = self._looked_at or now, now
        if connections is None:
            return
        for key, one in named.items():
            self._ports[key].look(_calls(one, self._own[key[0]], connections), now, before)

    def told(self, told: Operations) -> dict[str, dict[str, InboundFacts]]:
        """For the state file, by venue and name."""
        return {
            venue: {one.name: _facts(one, self._ports.get((venue, one.name)) or _Port()) for one in calls}
            for venue in self._own
            if (calls := told.inbound_of(venue))
        }

    @property
    def answered(self) -> dict[tuple[str, str], bool]:
        """Of each port that was called since this was last taken, by venue and name, whether a call was answered."""
        return {key: port.good for key, port in self._ports.items() if port.good or port.bad}

    def take(self) -> None:
        """That is on its way: looking begins again."""
        for port in self._ports.values():
            port.good = port.bad = False


def _facts(one: Inbound, port: _Port) -> InboundFacts:
    to = f"{one.host}:{one.host_port}"
    return {"to": to, "sessions": port.sessions, "state": port.state, "at": port.at}


def _calls(one: Inbound, own: str, connections: Sequence[Connection]) -> Iterator[tuple[Connection, bool]]:
    """Its connections, and whether the venue's segment was the first that this gateway saw."""
    callers = _networks(one.callers)
    called, host = IPv4Address(one.called or own), IPv4Address(one.host or own)
    for each in connections:
        if (each.target, each.target_port) == (called, one.port) and any(each.source in net for net in callers):
            yield each, True
        elif (each.source, each.source_port) == (host, one.host_port) and any(each.target in net for net in callers):
            yield each, False


@cache
def _networks(callers: tuple[str, ...]) -> tuple[IPv4Network, ...]:
    return tuple(map(IPv4Network, callers))
