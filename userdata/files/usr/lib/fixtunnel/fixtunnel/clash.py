"""Addresses that would cut this gateway off: what only it knows of, and once more what was checked before it was deployed."""

import ipaddress
import json
from pathlib import Path

from fixtunnel.command import Failed, run
from fixtunnel.settings import Settings

RESOLVERS = Path("/run/systemd/resolve/resolv.conf")

_NO_HOST = [ipaddress.IPv4Network(text) for text in ("0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3")]
"""Unspecified, loopback, link-local (AWS's metadata), multicast, reserved and broadcast."""


def check(here: Settings) -> None:
    """See that no tunnel takes away an address that this gateway needs.

    Raises:
        Failed: one would; it says which, and what the address is.
    """
    subnets = _subnets()
    needed = _needed(subnets) | {tunnel.peer: "a venue's gateway" for tunnel in here.tunnels}
    remotes = [ipaddress.IPv4Network(remote) for tunnel in here.tunnels for remote in tunnel.remote]
    for tunnel in here.tunnels:
        if what := _whose(tunnel.own, needed, remotes):
            raise _failed(tunnel.own, what, f"{tunnel.name} would make it this host's own")
        for remote in map(ipaddress.IPv4Network, tunnel.remote):
            _see_that_it_leaves_us(remote, needed, subnets, tunnel.name)


def _whose(own: str, needed: dict[str, str], remotes: list[ipaddress.IPv4Network]) -> str:
    """What our own address is besides; empty if it is nothing else."""
    address = ipaddress.IPv4Address(own)
    if any(address in network for network in _NO_HOST):
        return "no host's"
    return needed.get(own) or ("in a venue's network" if any(address in remote for remote in remotes) else "")


def _see_that_it_leaves_us(
    remote: ipaddress.IPv4Network, needed: dict[str, str], subnets: list[ipaddress.IPv4Interface], name: str
) -> None:
    """What we need, and our subnet, are not in a venue's network."""
    for address, what in needed.items():
        if ipaddress.IPv4Address(address) in remote:
            raise _failed(address, what, f"{remote} of {name} would take it into the tunnel")
    for subnet in subnets:
        if remote.overlaps(subnet.network):
            why = f"{name} would take part of the gateway's subnet {subnet.network} into the tunnel"
            raise _failed(str(remote), "in the gateway's subnet", why)


def _failed(address: str, what: str, why: str) -> Failed:
    return Failed(f"address clash: {address} is {what}", f"{why}: correct the client or venue file, or the subnet")


def _subnets() -> list[ipaddress.IPv4Interface]:
    """Our address in each subnet; not what a venue knows us by, a /32 that OpenSwan puts onto the card."""
    return [
        ipaddress.IPv4Interface(f"{entry['local']}/{entry['prefixlen']}")
        for link in _ip("address", "show")
        if link.get("ifname") != "lo"
        for entry in link.get("addr_info", ())
        if entry.get("family") == "inet" and entry["prefixlen"] < 32
    ]


def _needed(subnets: list[ipaddress.IPv4Interface]) -> dict[str, str]:
    """Each address that this host cannot do without, or that is no host's, and what it is."""
    routers = {route["gateway"]: "the router" for route in _ip("route", "show", "default") if "gateway" in route}
    ends = {str(one.network[0]): "the subnet's network address" for one in subnets}
    ends |= {str(one.network[-1]): "the subnet's broadcast address" for one in subnets}
    own = {str(one.ip): "the gateway's private address" for one in subnets}
    return ends | own | routers | _resolvers()


def _ip(*words: str) -> list[dict]:  # type: ignore[type-arg]
    found: list[dict] = json.loads(run("ip", "-json", *words).stdout or "[]")  # type: ignore[type-arg]
    return found


def _resolvers() -> dict[str, str]:
    try:
        lines = RESOLVERS.read_text().splitlines()
    except OSError:
        return {}
    servers = (line.split()[1] for line in lines if line.startswith("nameserver ") and ":" not in line)
    return {server: "the resolver" for server in servers if not server.startswith("127.")}
