"""EC2's own edge learns of an address that moves, and of a route; the rehearsal's learns of them as late as EC2's would."""

from __future__ import annotations

import threading
from types import TracebackType
from typing import Self

from localaws.account import Picture
from localaws.aws import EmbeddedAws
from localaws.lag import ASSOCIATION_SECONDS, Lag
from rehearsal.world.edge import Edge, GatewayPort

PERIOD_SECONDS = 0.25


class AddressFollower:
    """Makes the edge translate and route as the embedded AWS says, `lag` seconds after it began to say so."""

    def __init__(self, aws: EmbeddedAws, edge: Edge, *, lag: float = ASSOCIATION_SECONDS) -> None:
        self._aws = aws
        self._edge = edge
        self._seen = Lag[Picture](lag)
        self._done = Picture()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._follow, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join(10)

    def _follow(self) -> None:
        while not self._stop.wait(PERIOD_SECONDS):
            now = self._seen.shows(self._aws.picture())
            if now != self._done:
                self._edge.follow(now.associations)
                self._route(now)
                self._done = now

    def _route(self, now: Picture) -> None:
        for network in self._done.routes.keys() - now.routes.keys():
            self._edge.unroute(network)
        for network, private in now.routes.items():
            port = self._port(private)
            if port:
                self._edge.route(network=network, to=port)
            else:
                self._edge.unroute(network)

    def _port(self, private: object) -> GatewayPort | None:
        return next((port for port in self._edge.ports if port.private == private), None)
