"""Whether a FIX port of the venue's answers through the tunnel: one connect a minute, closed at once.

A venue may take each connect for an attempt at a session, so it must stay rare. It comes from the address that the venue
knows us by: from another one it would not go into the tunnel, or not be let in.
"""

import errno
import socket
import time
from collections import deque

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
        self._own: deque[tuple[str, int]] = deque(maxlen=4)
        self.up: bool | None = None
        self.milliseconds = 0.0
        self.at = 0

    @property
    def asked_at(self) -> float:
        """When the last connect was begun (monotonic)."""
        return self._asked_at

    @property
    def own(self) -> tuple[tuple[str, int], ...]:
        """Address and port that the last connects came from."""
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
            self._own.append(connecting.getsockname())
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
