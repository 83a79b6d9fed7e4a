"""Whether the venue's FIX ports answer through the tunnel: each by one connect a minute, closed at once, in its turn.

A venue may take each connect for an attempt at a session, so it must stay rare, and never a burst. It comes from the address
that the venue knows us by: from another one it would not go into the tunnel, or not be let in.
"""

import errno
import socket
import time
from collections import deque
from collections.abc import Iterator, Sequence
from ipaddress import IPv4Address

from fixtunnel.connections import Ends
from fixtunnel.contract import FixPort
from fixtunnel.operations import Endpoint

PERIOD_SECONDS = 60.0
LIMIT_SECONDS = 5.0


class Probe:
    """One endpoint's port. `up` is None until the first answer, `milliseconds` how long the connect took."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._asked_at = float("-inf")
        self._waiting: socket.socket | None = None
        # The kernel remembers an unanswered connect for two minutes, and one that was closed as well.
        self._own: deque[Ends] = deque(maxlen=4)
        self.up: bool | None = None
        self.milliseconds = 0.0
        self.at = 0

    @property
    def asked_at(self) -> float:
        """When the last connect was begun (monotonic)."""
        return self._asked_at

    @property
    def own(self) -> tuple[Ends, ...]:
        """The last connects."""
        return tuple(self._own)

    @property
    def waiting(self) -> socket.socket | None:
        """The socket of a connect under way: writable once it is decided."""
        return self._waiting

    def begin(self, endpoint: tuple[str, int], now: float) -> None:
        """Begin a connect if one is due. Nothing is waited for."""
        if self._waiting or now - self._asked_at < PERIOD_SECONDS:
            return
        self._asked_at = now
        connecting = socket.socket(socket.AF_INET, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        try:
            connecting.bind((self._source, 0))
            source, port = connecting.getsockname()
            self._own.append((IPv4Address(source), port, IPv4Address(endpoint[0]), endpoint[1]))
            refused = connecting.connect_ex(endpoint)
        except OSError:
            connecting.close()
            self._decide(False, now)
            return
        self._waiting = connecting
        if refused not in (0, errno.EINPROGRESS):
            self._decide(False, now)

    def look(self, now: float) -> None:
        """See whether the connect under way is decided."""
        if self._waiting is None:
            return
        try:
            self._waiting.getpeername()
        except OSError:
            failed = self._waiting.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if failed or now - self._asked_at >= LIMIT_SECONDS:
                self._decide(False, now)
            return
        self._decide(True, now)

    def forget(self) -> None:
        """The tunnel is gone: what was known of the port says nothing any more. The next connect is not hurried."""
        if self._waiting:
            self._waiting.close()
        self._waiting, self.up = None, None

    def _decide(self, up: bool, now: float) -> None:
        if self._waiting:
            self._waiting.close()
        self._waiting = None
        self.up, self.at = up, int(time.time())
        self.milliseconds = 1000 * (now - self._asked_at)

    def told(self, endpoint: Endpoint) -> FixPort:
        """For the state file. `up` is null while nothing is known."""
        return {
            "host": endpoint.host,
            "port": endpoint.port,
            "up": self.up,
            "ms": round(self.milliseconds, 1),
            "at": self.at,
        }


class Probes:
    """One probe for each place. Two endpoints at one address and port are one port, and share its connects."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._endpoints: tuple[Endpoint, ...] = ()
        self._probes: dict[tuple[str, int], Probe] = {}
        self._begun_at = float("-inf")

    @property
    def waiting(self) -> list[Probe]:
        """Those with a connect under way."""
        return [probe for probe in self._probes.values() if probe.waiting]

    @property
    def own(self) -> frozenset[Ends]:
        """Their last connects, by both ends: a session to another place may have the source port of one."""
        return frozenset(own for probe in self._probes.values() for own in probe.own)

    def are_unanswered(self, since: float) -> bool:
        """Whether each port was tried since a moment (monotonic), and none answered."""
        tried = [self._probes[endpoint.place] for endpoint in self._endpoints]
        return bool(tried) and all(probe.up is False and probe.asked_at >= since for probe in tried)

    def begin(self, endpoints: Sequence[Endpoint], now: float, *, may_ask: bool = True) -> None:
        """Begin the connect that is due, if one is: of the port that was not tried for longest.

        `may_ask`: not while the venue is closed, and its ports may be so too. Then nothing is known of any.
        """
        self._follow(tuple(endpoints))
        if not may_ask:
            for probe in self._probes.values():
                probe.forget()
            return
        if not self._probes or now - self._begun_at < PERIOD_SECONDS / len(self._probes):
            return
        place, probe = min(self._probes.items(), key=lambda one: one[1].asked_at)
        probe.begin(place, now)
        if probe.asked_at == now:
            self._begun_at = now

    def _follow(self, endpoints: tuple[Endpoint, ...]) -> None:
        """The venue file may name others now; what is known of those that stay is kept."""
        self._endpoints = endpoints
        places = [endpoint.place for endpoint in endpoints]
        for gone in self._probes.keys() - set(places):
            self._probes.pop(gone).forget()
        for place in places:
            self._probes.setdefault(place, Probe(self._source))

    def forget(self) -> None:
        """The tunnel is gone: what was known says nothing any more. The next connects are not hurried."""
        self._endpoints = ()
        for probe in self._probes.values():
            probe.forget()

    def decided(self) -> Iterator[tuple[Endpoint, Probe]]:
        """Each endpoint of which something is known, with its probe."""
        for endpoint in self._endpoints:
            if (probe := self._probes[endpoint.place]).up is not None:
                yield endpoint, probe

    def told(self) -> dict[str, FixPort]:
        """For the state file, by the endpoint's name."""
        return {one.name: self._probes[one.place].told(one) for one in self._endpoints}
