"""Addresses that would cut this gateway off: what only it knows of. The rest was checked before it was deployed."""

import ipaddress
import json
from pathlib import Path

from fixtunnel.command import Failed, run
from fixtunnel.settings import Settings

RESOLVERS = Path("/run/systemd/resolve/resolv.conf")


def check(here: Settings) -> None:
    """See that no tunnel takes away an address that this gateway needs.

    Raises:
        Failed: one would; it says which, and what the address is.
    """
    subnets = _subnets()
    needed = _needed(subnets)
    for tunnel in here.tunnels:
        if tunnel.own in needed:
            raise _failed(tunnel.own, needed[tunnel.own], f"{tunnel.name} would make it this host's own")
        for remote in map(ipaddress.IPv4Network, tunnel.remote):
            for address, what in needed.items():
                if ipaddress.ip_address(address) in remote:
                    raise _failed(address, what, f"{remote} of {tunnel.name} would take it into the tunnel")
            for subnet in subnets:
                if remote.overlaps(subnet.network):
                    what = f"part of the gateway's subnet {subnet.network}"
                    raise _failed(
                        str(remote), "in the gateway's subnet", f"{tunnel.name} would take {what} into the tunnel"
                    )


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
