"""What the engine and the kernel show of each tunnel: how far it is, and what went through it."""

import re
import time
from dataclasses import dataclass

from fixtunnel import engine
from fixtunnel.command import Failed, run
from fixtunnel.settings import Settings, Tunnel

LIMIT_SECONDS = 10.0
LOADED_PERIOD_SECONDS, LONGEST_PERIOD_SECONDS = 30.0, 600.0
_NAMED = re.compile(r'^(?:000 )?"([^"]+)"', re.M)
_TRAFFIC = re.compile(
    r'"(?P<name>[^"/]+)(?P<part>/\d+x\d+)?"(?:\[\d+\])?.*\badd_time=(?P<added>\d+)'
    r".*\binBytes=(?P<bytes_in>\d+).*\boutBytes=(?P<bytes_out>\d+)"
)
_KERNEL = re.compile(
    r"^src (?P<src>\S+) dst (?P<dst>\S+)$.*?^\s+lifetime current:\s+(?P<bytes>\d+)\(bytes\).*?"
    r"^\s+add (?P<added>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)",
    re.M | re.S,
)


@dataclass(frozen=True)
class Seen:
    """One tunnel at one moment. `added` is the Unix time of its youngest child SA, 0 without one.

    `progress` changes with every message of a negotiation that is answered. Bytes are of the present child SAs.
    """

    phase: str
    progress: str = ""
    added: int = 0
    bytes_in: int = 0
    bytes_out: int = 0
    parts: tuple[tuple[str, str], ...] = ()


class Sight:
    """Looks at the engine. What is long to tell it is asked rarely: pluto does nothing else while it answers."""

    def __init__(self, here: Settings) -> None:
        self._here = here
        self._loaded: tuple[str, ...] = ()
        self._asked_at = float("-inf")

    def look(self, now: float) -> dict[str, Seen] | None:
        """Every tunnel of ours by its name; None where the engine does not answer."""
        try:
            said = self._ask(now)
            known = traffic_in(said) if self._here.engine == "libreswan" else _of_kernel(self._here.tunnels)
        except Failed:
            self._asked_at = float("-inf")  # another engine may answer next time
            return None
        return {one.name: seen_in(one.name, said, known.get(one.name, {})) for one in self._here.tunnels}

    def _ask(self, now: float) -> str:
        if self._here.engine == "openswan":
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


Traffic = dict[str, dict[str, tuple[int, int, int]]]
"""Of each tunnel each part's youngest child SA: added, bytes in, bytes out."""


def seen_in(name: str, status: str, traffic: dict[str, tuple[int, int, int]]) -> Seen:
    """One tunnel, from the engine's status and the traffic of its child SAs."""
    parts = engine.phases(name, status)
    children = traffic.values()
    return Seen(
        phase=engine.phase(name, status),
        progress=engine.progress(name, status),
        added=max((added for added, _, _ in children), default=0),
        bytes_in=sum(bytes_in for _, bytes_in, _ in children),
        bytes_out=sum(bytes_out for _, _, bytes_out in children),
        parts=tuple(sorted(parts.items())),
    )


def traffic_in(said: str) -> Traffic:
    """What libreswan's `whack --trafficstatus` says; an SA that a younger one has replaced only waits for its end."""
    found: Traffic = {}
    for line in filter(None, map(_TRAFFIC.search, said.splitlines())):
        of_tunnel = found.setdefault(line["name"], {})
        child = (int(line["added"]), int(line["bytes_in"]), int(line["bytes_out"]))
        of_tunnel[line["part"] or ""] = max(child, of_tunnel.get(line["part"] or "", (0, 0, 0)))
    return found


def _of_kernel(tunnels: tuple[Tunnel, ...]) -> Traffic:
    # Without `nokeys` it would print the keys.
    return kernel_traffic_in(run("ip", "-s", "xfrm", "state", "list", "nokeys", seconds=LIMIT_SECONDS).stdout, tunnels)


def kernel_traffic_in(said: str, tunnels: tuple[Tunnel, ...]) -> Traffic:
    """What the kernel says of its SAs, by the peer's address: OpenSwan itself does not tell."""
    inward: dict[str, tuple[int, int]] = {}
    outward: dict[str, tuple[int, int]] = {}
    for sa in _KERNEL.finditer(said):
        added = int(time.mktime(time.strptime(sa["added"], "%Y-%m-%d %H:%M:%S")))
        counted = (added, int(sa["bytes"]))
        inward[sa["src"]] = max(counted, inward.get(sa["src"], (0, 0)))
        outward[sa["dst"]] = max(counted, outward.get(sa["dst"], (0, 0)))
    return {
        tunnel.name: {"": (inward[tunnel.peer][0], inward[tunnel.peer][1], outward.get(tunnel.peer, (0, 0))[1])}
        for tunnel in tunnels
        if tunnel.peer in inward
    }
