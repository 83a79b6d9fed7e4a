"""All FIX ports of a tunnel's venue, each tried in its turn: spread over the minute, so that no venue sees a burst."""

from collections.abc import Iterator, Sequence

from fixtunnel.contract import FixPort
from fixtunnel.operations import Endpoint
from fixtunnel.probe import PERIOD_SECONDS, Probe


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
    def own(self) -> frozenset[tuple[str, int]]:
        """Address and port that their last connects came from."""
        return frozenset(own for probe in self._probes.values() for own in probe.own)

    def are_unanswered(self, since: float) -> bool:
        """Whether each port was tried since a moment (monotonic), and none answered."""
        tried = [self._probes[endpoint.place] for endpoint in self._endpoints]
        return bool(tried) and all(probe.up is False and probe.asked_at >= since for probe in tried)

    def begin(self, endpoints: Sequence[Endpoint], now: float) -> None:
        """Begin the connect that is due, if one is: of the port that was not tried for longest."""
        self._follow(tuple(endpoints))
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
