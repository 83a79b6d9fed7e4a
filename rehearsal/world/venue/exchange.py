"""The exchange's own network, behind all the gateways of one venue: it holds the addresses of the FIX endpoints."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network
from types import TracebackType
from typing import Self

from model.venue import Endpoint, FixEndpoint, Venue
from rehearsal.world.network import Namespace, link

# Packets that came out of the tunnel are for the exchange, even where its only address is also the gateway's anchor.
_FROM_TUNNEL = "100"
ECHO_PORT = 7
_ON_LINK = {"accept_local": "1", "rp_filter": "0"}


@dataclass(kw_only=True)
class Exchange:
    """A namespace with the endpoints' addresses, and a link to each gateway that is attached."""

    venue: Venue
    namespace: str
    _links: int = field(default=0, init=False)

    def __enter__(self) -> Self:
        with ExitStack() as undo:
            space = undo.enter_context(self._space)
            echoes = [self.echo_of(endpoint)[0] for endpoint in self.venue.fix]
            for address in dict.fromkeys([*(endpoint.host for endpoint in self.venue.endpoints), *echoes]):
                space.ip("address", "add", f"{address}/32", "dev", "lo")
            self._redirect_echoes()
            self._count_unprobed()
            undo.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._space.__exit__(kind, error, trace)

    @property
    def prefix(self) -> tuple[str, ...]:
        """What to put before a command so that it runs at the exchange."""
        return self._space.prefix

    def own(self, address: IPv4Address) -> None:
        """Have one address more, to call a client from."""
        if f" {address}/" not in self._space.ip("-o", "address", "show", "dev", "lo"):
            self._space.ip("address", "add", f"{address}/32", "dev", "lo")

    def attach(self, gateway: Namespace, *, beside: int = 0) -> IPv4Address:
        """Link a gateway's namespace to the exchange and let it forward; returns the gateway's address on the link.

        Args:
            beside: to how many other exchanges it leads already.
        """
        self._links += 1
        addresses = IPv4Network(f"169.254.{self._links}.{4 * beside}/30")
        inside, outside, here = addresses[1], addresses[2], f"gateway{self._links}"
        there = f"exchange{beside or ''}"
        link(ends=(self._space, gateway), names=(here, there))
        self._space.ip("address", "add", f"{outside}/30", "dev", here)
        gateway.ip("address", "add", f"{inside}/30", "dev", there)
        if not beside:
            self._look_local_up_later(gateway)
        self._let_forward(gateway, via=outside, link=there)
        return inside

    def forget(self, gateway_inside: IPv4Address) -> None:
        """Drop the routes back through a gateway that died without saying so."""
        for route in self._space.ip("-o", "route", "show", "via", str(gateway_inside)).splitlines():
            self._space.ip("route", "del", *route.split())

    def silenced(self, host: IPv4Address) -> AbstractContextManager[None]:
        """Nothing reaches one of its hosts while it is open, without a word."""
        return self._turning_away(host, "drop")

    def refusing(self, host: IPv4Address) -> AbstractContextManager[None]:
        """One of its hosts refuses every TCP segment while it is open."""
        return self._turning_away(host, "meta l4proto tcp reject with tcp reset")

    @contextmanager
    def _turning_away(self, host: IPv4Address, verdict: str) -> Iterator[None]:
        chain = "add chain ip away in { type filter hook input priority 0; }"
        self._space.run("nft", f"add table ip away; {chain}; add rule ip away in ip daddr {host} counter {verdict}")
        try:
            yield
        finally:
            self._space.run("nft", "delete table ip away")

    def echo_of(self, endpoint: FixEndpoint) -> tuple[IPv4Address, int]:
        """Where a client reaches the TCP echo beside an endpoint.

        It is the endpoint's port on a neighbouring address, since a security group lets the FIX ports through and no
        other; where the network has no address to spare, port 7 of the endpoint itself.
        """
        network = next(network for network in self.venue.remote_networks if endpoint.host in network)
        spare = list(self._spare(network))
        return (spare[1], endpoint.port) if len(spare) > 1 else (endpoint.host, ECHO_PORT)

    def _redirect_echoes(self) -> None:
        echoes = {self.echo_of(endpoint) for endpoint in self.venue.fix}
        rules = [f"ip daddr {host} tcp dport {port} redirect to :{ECHO_PORT}" for host, port in sorted(echoes)]
        self._space.run("nft", "add table ip echo; add chain ip echo in { type nat hook prerouting priority -100; }")
        for rule in rules:
            self._space.run("nft", f"add rule ip echo in {rule}")

    def packets_to(self, endpoint: Endpoint) -> int:
        """How many came to an unprobed endpoint since the exchange was put up."""
        listed = json.loads(self._space.run("nft", "--json", "list", "counter", "ip", "unprobed", endpoint.name))
        (packets,) = (one["counter"]["packets"] for one in listed["nftables"] if "counter" in one)
        return int(packets)

    def _count_unprobed(self) -> None:
        counters, rules = "", ""
        for one in self.venue.endpoints:
            if one.why_unprobed:
                ports = f"{one.ports.protocol} dport {one.ports.numbers}"
                counters += f"counter {one.name} {{ }}\n"
                rules += f"ip daddr {one.host} {ports} counter name {one.name}\n"
        # Before the echoes' redirection.
        chain = f"chain in {{ type filter hook prerouting priority -150;\n{rules}}}"
        self._space.run("nft", "-f", "-", stdin=f"table ip unprobed {{\n{counters}{chain}\n}}\n")

    @staticmethod
    def _look_local_up_later(gateway: Namespace) -> None:
        gateway.ip("rule", "add", "pref", "1", "lookup", "local")
        gateway.ip("rule", "del", "pref", "0")
        gateway.ip("rule", "add", "pref", "0", "iif", "ipsec0", "lookup", _FROM_TUNNEL)

    def _let_forward(self, gateway: Namespace, *, via: IPv4Address, link: str) -> None:
        """kernel-libipsec installs a route only if the gateway has an address in the network: hence the anchors."""
        gateway.set(net__ipv4__ip_forward="1", net__ipv4__conf__all__rp_filter="0")
        gateway.set(**{f"net__ipv4__conf__{link}__{key}": value for key, value in _ON_LINK.items()})
        for network in self.venue.remote_networks:
            anchor = next(self._spare(network), network[0])
            gateway.ip("address", "add", f"{anchor}/32", "dev", "lo")
            for table in ("main", _FROM_TUNNEL):
                gateway.ip("route", "add", str(network), "via", str(via), "dev", link, "table", table)

    def _spare(self, network: IPv4Network) -> Iterator[IPv4Address]:
        """Addresses at the network's end that no endpoint has."""
        taken = {endpoint.host for endpoint in self.venue.endpoints}
        last = (network[-n] for n in range(2, min(network.num_addresses, 20) + 1))
        return (address for address in last if address not in taken)

    @property
    def _space(self) -> Namespace:
        return Namespace(self.namespace)
