"""What a gateway's kernel and engine count over time: sessions, hosts that are there or not, a tunnel that may lose answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import IPv4Address

from fixtunnel.connections import Connection
from fixtunnel.sight import Seen
from tests.unit.gateway.watching import TRAFFIC, UP, Watching

OWN = IPv4Address("10.91.0.1")
TRADER = IPv4Address("10.64.1.10")
ORDERS, DROPCOPY, NOBODY = "10.220.4.10", "10.220.4.30", "10.220.4.99"
SYN, ACK_OF_BEAT = 60, 120
_REPEATED_AFTER = (1, 3, 7, 15, 31)


def sessions(seen: Seen, *hosts: str) -> tuple[Connection, ...]:
    """The kernel's table where what a tunnel's SAs count is a session with each of these."""
    sent = sum(child.bytes_out for child in seen.children.values())
    answered = sum(child.bytes_in for child in seen.children.values())
    return tuple(Connection(TRADER, 50001, IPv4Address(host), 7010, True, sent, answered) for host in hosts)


@dataclass
class Line:
    """One connection: whether it beats (every so many seconds), or knocks, repeating as TCP does."""

    source: IPv4Address
    port: int
    host: str
    beat: float = 0
    is_open: bool = False
    sent: int = 0
    answered: int = 0
    began: float = 0
    waits_since: float | None = None


@dataclass
class Street:
    """Harbour's tunnel and all that goes through it. Northbridge is up beside it, and trades."""

    world: Watching
    alive: set[str] = field(default_factory=lambda: {ORDERS, DROPCOPY})
    loses_answers: bool = False
    is_down: bool = False
    lines: list[Line] = field(default_factory=list)
    born: int = 100
    count_in: int = 0
    count_out: int = 0
    ended: int = 0
    read: int = 0

    def __post_init__(self) -> None:
        self.world.machine.answers["whack --showstates"] = self._states

    def session(self, host: str, *, beat: float) -> Line:
        """A FIX session that is open, and speaks every `beat` seconds."""
        line = Line(TRADER, 50000 + len(self.lines), host, beat=beat, is_open=True, sent=9, answered=9)
        self.lines.append(line)
        return line

    def knock(self, host: str, source: IPv4Address = TRADER, port: int = 0) -> Line:
        """A connect, which is repeated until somebody answers."""
        line = Line(source, port or 50000 + len(self.lines), host, began=self.world.clock[0])
        line.waits_since = line.began
        self._send(line, SYN)
        self.lines.append(line)
        return line

    def _send(self, line: Line, size: int) -> None:
        """The kernel counts no packet that repeats a connect (Linux since 5.14; seen on Debian 13's 6.12)."""
        line.sent += not line.sent or line.is_open
        self.count_out += size
        if line.host in self.alive and not self.loses_answers:
            line.answered += 1
            self.count_in += ACK_OF_BEAT
            line.is_open, line.waits_since = True, None

    def second(self) -> None:
        """What is sent in one second."""
        now = self.world.clock[0]
        for line in self.lines:
            if line.waits_since is not None:
                if now - line.waits_since in _REPEATED_AFTER:
                    self._send(line, SYN)
            elif line.beat and now % line.beat == 0:
                line.waits_since = now
                self._send(line, 2 * SYN)

    def connections(self) -> tuple[Connection, ...]:
        """As the kernel tells of them; a connect that nobody answers is forgotten after two minutes."""
        now = self.world.clock[0]
        self.lines = [line for line in self.lines if line.is_open or now - line.began < 120]
        return tuple(
            Connection(one.source, one.port, IPv4Address(one.host), 7010, one.is_open, one.sent, one.answered)
            for one in self.lines
        )

    def _states(self) -> tuple[int, str, str]:
        """A tunnel that was begun anew has other SAs, and has carried nothing."""
        new = self.world.machine.ran[self.read :]
        self.read += len(new)
        if any("--name Harbour --terminate" in line for line in new):
            self.ended, self.born = self.ended + 1, self.born + 100
            self.count_in = self.count_out = 0
        said = UP.format(name="Northbridge") + self.world._traffic("Northbridge")
        if not self.is_down:
            harbour = TRAFFIC.format(name="Harbour", count=self.count_in).replace("#2", f"#{self.born}")
            said += UP.format(name="Harbour").replace("#2", f"#{self.born}") + harbour.replace(
                "outBytes=7", f"outBytes={self.count_out}"
            ).replace("add_time=100", f"add_time={self.born}")
        return 0, said, ""

    def run(self, seconds: int) -> list[float]:
        """Let time pass, a look a second; when the tunnel was ended."""
        began, ended = self.world.clock[0], []
        while self.world.clock[0] - began < seconds:
            self.second()
            for keeper in self.world.watch._keepers.values():
                for probe in keeper.probes.waiting:
                    probe.look(self.world.clock[0])
            if any("Harbour" in line for line in self.world.look()):
                ended.append(self.world.clock[0] - began)
        return ended
