"""What the engine and the kernel show of each tunnel: how far it is, and what went through it."""

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from fixtunnel import engine
from fixtunnel.command import Failed, run
from fixtunnel.contract import TunnelState
from fixtunnel.settings import Settings, Tunnel

LIMIT_SECONDS = 10.0
_FIRST = re.compile(r"(MAIN|AGGR|PARENT)_I1$|IKE_SA_INIT_I$")
BIRTH_WITHIN_SECONDS = 2
"""Two times of birth so close together are one: libreswan 5 tells that of the half that pluto asked the kernel for last."""
LOADED_PERIOD_SECONDS, LONGEST_PERIOD_SECONDS = 30.0, 600.0
_NAMED = re.compile(r'^(?:000 )?"([^"]+)"', re.M)
_TRAFFIC = re.compile(
    r'(?P<number>#\d+): "(?P<name>[^"/]+)(?P<part>/\d+x\d+)?"(?:\[\d+\])?.*\badd_time=(?P<added>\d+)'
    r".*\binBytes=(?P<bytes_in>\d+).*\boutBytes=(?P<bytes_out>\d+)"
)
_KERNEL = re.compile(
    r"^src (?P<src>\S+) dst (?P<dst>\S+)$.*?\bspi (?P<spi>0x\w+).*?\breqid (?P<reqid>\d+).*?"
    r"^\s+lifetime current:\s+(?P<bytes>\d+)\(bytes\).*?"
    r"^\s+add (?P<added>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)",
    re.M | re.S,
)


@dataclass(frozen=True)
class ChildSa:
    """A child SA, or one direction of it: of which part of its tunnel, since when (Unix time), and what went through it."""

    part: str
    added: int
    bytes_in: int = 0
    bytes_out: int = 0


ChildSas = Mapping[str, ChildSa]
"""By a name that no other has while it lives. After a rekey the one that was replaced may carry on for a while."""


@dataclass(frozen=True)
class Seen:
    """One tunnel at one moment. `progress` changes with every message of a negotiation that is answered; `newest` is the
    engine's number of its youngest SA or negotiation, 0 without one. `is_asking`: one of them is half-made."""

    phase: TunnelState
    progress: str = ""
    children: ChildSas = field(default_factory=dict)
    parts: tuple[tuple[str, str], ...] = ()
    newest: int = 0
    is_asking: bool = False

    @property
    def added(self) -> int:
        """When its youngest child SA was made (Unix time), 0 without one."""
        return max((child.added for child in self.children.values()), default=0)

    @property
    def bytes_in(self) -> int:
        """What came through its present child SAs."""
        return sum(child.bytes_in for child in self.children.values())

    @property
    def bytes_out(self) -> int:
        """What went through its present child SAs."""
        return sum(child.bytes_out for child in self.children.values())

    @property
    def has_child(self) -> bool:
        """Whether some of the peer's networks, at least, are reached."""
        return self.phase == "up" or any(phase == "up" for _, phase in self.parts)

    @property
    def is_answered(self) -> bool:
        """Whether the peer has said something: a negotiation got beyond its first message, or was ended."""
        if self.phase in ("engine-down", "unknown"):
            return False
        return not self.progress or any(not _FIRST.search(state) for state in self.progress.split())


class Sight:
    """Looks at the engine. What is long to tell it is asked rarely: pluto does nothing else while it answers."""

    def __init__(self, here: Settings) -> None:
        self._here = here
        self._loaded: tuple[str, ...] = ()
        self._asked_at = float("-inf")
        self._births: dict[str, int] = {}

    def look(self, now: float) -> dict[str, Seen] | None:
        """Each of our tunnels by its name; None where the engine does not answer."""
        try:
            said = self._ask(now)
            known = self._dated(traffic_in(said)) if self._is_libreswan else _of_kernel(self._here.tunnels, said)
        except Failed:
            self._asked_at = float("-inf")  # another engine may answer next time
            return None
        return {one.name: seen_in(one.name, said, known.get(one.name, {})) for one in self._here.tunnels}

    @property
    def _is_libreswan(self) -> bool:
        return self._here.engine == "libreswan"

    def _dated(self, known: dict[str, dict[str, ChildSa]]) -> dict[str, dict[str, ChildSa]]:
        """Each with the time of birth that was first seen of it.

        The two halves of a child SA may be made in two seconds, and DPD asks for one half alone: without this it would be
        another SA every few seconds. Of a new one libreswan knows none until it has been asked once (`add_time=0`).
        """
        births: dict[str, int] = {}
        for number, child in (item for children in known.values() for item in children.items()):
            before, told = self._births.get(number), child.added or int(time.time())
            births[number] = before if before and abs(told - before) <= BIRTH_WITHIN_SECONDS else told
        self._births = births
        return {name: {no: replace(one, added=births[no]) for no, one in kin.items()} for name, kin in known.items()}

    def _ask(self, now: float) -> str:
        if not self._is_libreswan:
            return _answer("--status")
        # In one question: each is a process of its own.
        states = _answer("--showstates", "--trafficstatus")
        missing = any(f'"{tunnel.name}' not in states for tunnel in self._here.tunnels)
        if now - self._asked_at >= (LOADED_PERIOD_SECONDS if missing else LONGEST_PERIOD_SECONDS):
            self._loaded = tuple(dict.fromkeys(_NAMED.findall(_answer("--status"))))
            self._asked_at = now
        return states + "".join(f'"{name}": loaded\n' for name in self._loaded)


def _answer(*question: str) -> str:
    told = engine.ask(*question, seconds=LIMIT_SECONDS)
    if told.returncode:
        raise Failed("the engine does not answer", told.stderr)
    return told.stdout


def seen_in(name: str, status: str, children: ChildSas) -> Seen:
    """One tunnel, from the engine's status and its child SAs."""
    return Seen(
        phase=engine.phase(name, status),
        progress=engine.progress(name, status),
        children=children,
        parts=tuple(sorted(engine.phases(name, status).items())),
        newest=engine.newest(name, status),
        is_asking=engine.is_asking(name, status),
    )


def traffic_in(said: str) -> dict[str, dict[str, ChildSa]]:
    """The child SAs of each tunnel, from what libreswan's `whack --trafficstatus` says."""
    found: dict[str, dict[str, ChildSa]] = {}
    for line in filter(None, map(_TRAFFIC.search, said.splitlines())):
        child = ChildSa(line["part"] or "", int(line["added"]), int(line["bytes_in"]), int(line["bytes_out"]))
        found.setdefault(line["name"], {})[line["number"]] = child
    return found


def _of_kernel(tunnels: tuple[Tunnel, ...], status: str) -> dict[str, dict[str, ChildSa]]:
    # Without `nokeys` it would print the keys.
    return kernel_traffic_in(
        run("ip", "-s", "xfrm", "state", "list", "nokeys", seconds=LIMIT_SECONDS).stdout, tunnels, status
    )


def kernel_traffic_in(said: str, tunnels: tuple[Tunnel, ...], status: str = "") -> dict[str, dict[str, ChildSa]]:
    """The same from the kernel's own list, by the peer's address: OpenSwan itself does not tell. Each direction is an SA.

    Where two tunnels have one peer its status says whose an SA is: it names each by its SPI (`esp.c5a1b2c3@198.51.100.10`).
    """
    peers = [tunnel.peer for tunnel in tunnels]
    found: dict[str, dict[str, ChildSa]] = {}
    for sa in _KERNEL.finditer(said):
        added = int(time.mktime(time.strptime(sa["added"], "%Y-%m-%d %H:%M:%S")))
        for tunnel in tunnels:
            whole = engine.part_with_spi(tunnel.name, status, int(sa["spi"], 16))
            if peers.count(tunnel.peer) > 1 and not whole:
                continue
            part = whole.removeprefix(tunnel.name) or sa["reqid"]
            if sa["src"] == tunnel.peer:
                found.setdefault(tunnel.name, {})[sa["spi"]] = ChildSa(part, added, bytes_in=int(sa["bytes"]))
            elif sa["dst"] == tunnel.peer:
                found.setdefault(tunnel.name, {})[sa["spi"]] = ChildSa(part, added, bytes_out=int(sa["bytes"]))
    return found
