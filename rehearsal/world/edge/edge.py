"""The edge as a context manager with verbs."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from types import TracebackType
from typing import Self

from localaws.serving.daemon import Daemon
from model.services import Services
from rehearsal.world.edge.firewall import METADATA, TABLE, Counters, counters_in, ruleset
from rehearsal.world.edge.own_servers import own_servers
from rehearsal.world.edge.ports import BOTH_WAYS, GatewayPort, SecurityGroup, State, Way
from rehearsal.world.edge.resolver import INSIDE_MTU, Resolver
from rehearsal.world.image import ARCHIVE_HOSTS, Archive
from rehearsal.world.network import Capture, CommandFailed, Namespace, link

METADATA_ADDRESS = IPv4Address(METADATA)
# Public as AWS's and Debian's are, for the gateway's security group; reserved for tests of network devices (RFC 2544).
FRONT_ADDRESS = IPv4Address("198.18.0.10")
ARCHIVE_ADDRESS = IPv4Address("198.18.0.20")
_INTERNET = "100.64.0.1"
_VPC_ROUTES = "100"


class Edge:
    """EC2's edge for one subnet.

    Args:
        run_id: names its namespace, `ft<run_id>-edge`.
        subnet: the subnet; its second address is the router, its third the resolver, as in EC2's first subnet of a VPC.
        remote_networks: what may be reached through a tunnel only: anything else for them is counted as leaked.
        archive: the packages that Debian's names lead to.
        services: the client's own servers, where it has some: they stand instead of AWS's and Debian's.
        run_dir: its files and logs lie there.
    """

    def __init__(
        self,
        *,
        run_id: str,
        subnet: IPv4Network,
        remote_networks: Iterable[IPv4Network],
        archive: Archive,
        run_dir: Path,
        services: Services | None = None,
    ) -> None:
        self.namespace = Namespace(f"ft{run_id}-edge")
        self.subnet = subnet
        self.router = subnet[1]
        self._folder = run_dir / "edge"
        self._changing = threading.Lock()
        self._state = State(dns=subnet[2], remote_networks=tuple(remote_networks))
        names = {"amazonaws.com": FRONT_ADDRESS} | dict.fromkeys(ARCHIVE_HOSTS, ARCHIVE_ADDRESS)
        self._services = services or Services()
        self._resolver = Resolver(
            namespace=self.namespace,
            subnet=subnet,
            dns=self._state.dns,
            listen=self._services.dns,
            names=names,
            run_dir=self._folder,
        )
        self.own = own_servers(
            self._services, namespace=self.namespace, names=names, archive=archive, run_dir=self._folder
        )
        self.archive = Daemon(
            name="archive_server",
            module="rehearsal.world.edge.archive_server",
            namespace=self.namespace.name,
            address=f"{ARCHIVE_ADDRESS}:443",
            run_dir=self._folder,
            arguments=("--archive", str(archive.folder)),
        )
        self._parts = ExitStack()
        self._links = {"peer": 0, "host": 0}

    def __enter__(self) -> Self:
        with ExitStack() as undo:
            self._folder.mkdir(parents=True)
            undo.enter_context(self.namespace)
            self._prepare()
            self._change(lambda state: state)
            undo.enter_context(self._resolver)
            undo.enter_context(self.archive)
            for server in self.own.values():
                undo.enter_context(server)
            self._parts = undo.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._parts.__exit__(kind, error, trace)

    # What is attached

    def attach_gateway(
        self,
        *,
        private: IPv4Address,
        mac: str,
        security_group: SecurityGroup,
        source_check: bool = True,
        secondary: Iterable[IPv4Address] = (),
        stand_in: Namespace | None = None,
    ) -> GatewayPort:
        """A new link for an instance, with its lease, its security group and its check.

        Args:
            secondary: its private addresses beside the one that it has a lease for.
            stand_in: a namespace instead of a machine: a cable leads there (`eth0`) instead of a tap device.
        """
        port = GatewayPort(
            tap=f"tap{len(self._state.gateways)}",
            mac=mac,
            private=private,
            security_group=security_group,
            source_check=source_check,
            secondary=tuple(secondary),
        )
        if stand_in:
            link(ends=(self.namespace, stand_in), names=(port.tap, "eth0"), mtu=INSIDE_MTU)
        else:
            self.namespace.ip("tuntap", "add", port.tap, "mode", "tap")
        self._inside(port.tap, private)
        for other in port.secondary:
            self.namespace.ip("route", "replace", f"{other}/32", "dev", port.tap)
        if stand_in:
            self._address_far_end(stand_in, "eth0", private, via=str(self.router))
        self._resolver.lease(port)
        self.change_gateway(port)
        return port

    def change_gateway(self, port: GatewayPort) -> None:
        """Put another security group or another check in force: `edge.change_gateway(replace(port, …))`."""
        self._change(lambda state: state.with_gateway(port))

    def attach_host(self, *, namespace: Namespace, address: IPv4Address) -> None:
        """A cable to a trading host of the VPC, with its address and its default route."""
        name = self._cable("host", namespace, "eth0", mtu=INSIDE_MTU)
        self._inside(name, address)
        # What comes from the VPC follows the VPC's route table, not the edge's own.
        self.namespace.ip("rule", "add", "iif", name, "lookup", _VPC_ROUTES, "priority", "100")
        self._address_far_end(namespace, "eth0", address, via=str(self.router))

    def attach_peer(self, *, namespace: Namespace, address: IPv4Address) -> None:
        """A cable over the internet to a venue's gateway, `wan` at its end, with its address and its default route."""
        name = self._cable("peer", namespace, "wan", mtu=1500)
        # Larger than what may pass: else the kernel drops what is too large before our rules can count it.
        self.namespace.ip("link", "set", name, "mtu", str(INSIDE_MTU))
        self.namespace.ip("address", "add", f"{_INTERNET}/32", "dev", name)
        self.namespace.ip("route", "add", f"{address}/32", "dev", name)
        self._address_far_end(namespace, "wan", address, via=_INTERNET)

    def route(self, *, network: IPv4Network, to: GatewayPort) -> None:
        """A route of the VPC's route table: what trading hosts send there goes to the gateway."""
        words = (str(network), "via", str(to.private), "dev", to.tap, "onlink", "table", _VPC_ROUTES)
        self.namespace.ip("route", "replace", *words)

    def unroute(self, network: IPv4Network) -> None:
        """Nothing of the VPC's leads there any more: what trading hosts send there gets nowhere, without a word."""
        self.namespace.ip("route", "replace", "blackhole", str(network), "table", _VPC_ROUTES)

    # Addresses

    def associate(self, *, public: IPv4Address, private: IPv4Address) -> None:
        """Give a public address to a private one; whichever had it loses it, as does the private one its former one."""
        self._change(lambda state: state.with_association(private=private, public=public))
        self._forget_sessions()

    def disassociate(self, public: IPv4Address) -> None:
        """Take a public address away."""
        self._change(lambda state: state.without_association(public))
        self._forget_sessions()

    @property
    def ports(self) -> tuple[GatewayPort, ...]:
        """The instances that are attached, the last one first: an address may have been another's before."""
        return self._state.gateways[::-1]

    def follow(self, associations: Mapping[IPv4Address, IPv4Address]) -> None:
        """Have these associations, public by private address, and no others."""
        if dict(associations) != self._state.associations:
            self._change(lambda state: replace(state, associations=dict(associations)))
            self._forget_sessions()

    @property
    def associations(self) -> dict[IPv4Address, IPv4Address]:
        """The public address of each private one, now."""
        return dict(self._state.associations)

    # Faults

    @contextmanager
    def black_hole(self) -> Iterator[None]:
        """Nothing passes between the VPC and the venues while it is open, without a word."""
        with self.lose(percent=100):
            yield

    @contextmanager
    def lose(self, *, percent: int, ways: tuple[Way, ...] = BOTH_WAYS) -> Iterator[None]:
        """This share of the packets between the VPC and the venues that go these ways is lost while it is open."""
        self._change(lambda state: replace(state, lost_percent=percent, lost_ways=ways))
        try:
            yield
        finally:
            self._change(lambda state: replace(state, lost_percent=0))

    @contextmanager
    def part(self) -> Iterator[None]:
        """The instances do not reach each other while it is open; each reaches all else."""
        self._change(lambda state: replace(state, is_parted=True))
        try:
            yield
        finally:
            self._change(lambda state: replace(state, is_parted=False))

    @contextmanager
    def unplug(self, private: IPv4Address) -> Iterator[None]:
        """The card of the instance with this primary address neither sends nor receives while it is open."""
        self._change(lambda state: replace(state, unplugged=(self._tap(private),)))
        try:
            yield
        finally:
            self._change(lambda state: replace(state, unplugged=()))

    @contextmanager
    def cut_from_aws(self, private: IPv4Address) -> Iterator[None]:
        """The instance with this primary address does not reach AWS while it is open; it reaches all else, metadata too."""
        self._change(lambda state: replace(state, without_aws=(self._tap(private),)))
        try:
            yield
        finally:
            self._change(lambda state: replace(state, without_aws=()))

    def _tap(self, private: IPv4Address) -> str:
        return next(port.tap for port in self.ports if port.private == private)

    def forget_mappings(self) -> None:
        """Forget every session: the next packet out gets a new outer port, and nothing comes in before it."""
        first = 20000 + 100 * secrets.randbelow(400)
        self._change(lambda state: replace(state, outer_ports=(first, first + 99)))
        self._forget_sessions()

    def keep_ports(self) -> None:
        """Translate addresses and leave ports as they are, as EC2 does: what `forget_mappings` changed is undone."""
        self._change(lambda state: replace(state, outer_ports=None))
        self._forget_sessions()

    # What was seen

    @property
    def counters(self) -> Counters:
        """Packets since the edge was made."""
        return counters_in(self.namespace.run("nft", "--json", "list", "counters", "table", "ip", TABLE))

    def capture(self, path: Path, *, interface: str = "any", expression: str = "") -> Capture:
        """A context manager that writes what passes to a file; see Capture."""
        return Capture(namespace=self.namespace, path=path, interface=interface, expression=expression)

    # How

    def _prepare(self) -> None:
        self.namespace.set(
            net__ipv4__ip_forward=1,
            net__ipv4__conf__all__rp_filter=0,
            net__ipv4__conf__default__rp_filter=0,
            net__ipv4__conf__all__send_redirects=0,
            net__ipv4__conf__default__send_redirects=0,
        )
        # With DNS of the firm's own nobody is at the address of AWS's.
        dns = () if self._services.dns else (self._state.dns,)
        own = self._services.addresses.values()
        for address in dict.fromkeys((METADATA_ADDRESS, FRONT_ADDRESS, ARCHIVE_ADDRESS, *dns, *own)):
            self.namespace.ip("address", "add", f"{address}/32", "dev", "lo")

    def _change(self, change: Callable[[State], State]) -> None:
        """One change at a time: addresses move by the embedded AWS's word while a test makes faults."""
        with self._changing:
            state = change(self._state)
            self.namespace.run("nft", "-f", "-", stdin=ruleset(state))
            self._state = state

    def _inside(self, interface: str, address: IPv4Address) -> None:
        """The router's end of a link into the subnet: it answers ARP for everybody else."""
        router = f"{self.router}/{self.subnet.prefixlen}"
        self.namespace.ip("address", "add", router, "dev", interface, "noprefixroute")
        self.namespace.ip("link", "set", interface, "mtu", str(INSIDE_MTU), "up")
        self.namespace.run(
            *("sysctl", "-qw", f"net.ipv4.conf.{interface}.proxy_arp=1", f"net.ipv4.neigh.{interface}.proxy_delay=0")
        )
        # One that is gone may have had the address before.
        self.namespace.ip("route", "replace", f"{address}/32", "dev", interface)

    def _cable(self, kind: str, namespace: Namespace, far_name: str, *, mtu: int) -> str:
        name = f"{kind}{self._links[kind]}"
        self._links[kind] += 1
        link(ends=(self.namespace, namespace), names=(name, far_name), mtu=mtu)
        return name

    @staticmethod
    def _address_far_end(namespace: Namespace, interface: str, address: IPv4Address, *, via: str) -> None:
        namespace.ip("address", "add", f"{address}/32", "dev", interface)
        namespace.ip("route", "add", "default", "via", via, "dev", interface, "onlink", "src", str(address))

    def _forget_sessions(self) -> None:
        """Translated sessions keep their translation until the kernel forgets them (conntrack(8))."""
        try:
            self.namespace.run("conntrack", "--delete", "--proto", "udp")
        except CommandFailed as failure:
            if "0 flow entries" not in str(failure):
                raise
