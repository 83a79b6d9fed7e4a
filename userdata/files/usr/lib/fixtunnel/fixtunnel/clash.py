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
    needed = _needed()
    for tunnel in here.tunnels:
        if tunnel.own in needed:
            raise _failed(tunnel.own, needed[tunnel.own], f"{tunnel.name} would make it this host's own")
        for network in tunnel.remote:
            for address, what in needed.items():
                if ipaddress.ip_address(address) in ipaddress.ip_network(network):
                    raise _failed(address, what, f"{network} of {tunnel.name} would take it into the tunnel")


def _failed(address: str, what: str, why: str) -> Failed:
    return Failed(f"address clash: {address} is {what}", f"{why}: correct the client or venue file, or the subnet")


def _needed() -> dict[str, str]:
    """Each address that this host cannot do without, and what it is."""
    routers = {route["gateway"]: "the router" for route in _ip("route", "show", "default") if "gateway" in route}
    own = {
        entry["local"]: "the gateway's private address"
        for link in _ip("address", "show")
        if link.get("ifname") != "lo"
        for entry in link.get("addr_info", ())
        # Those alone that the subnet gave: what a venue knows us by is a /32 of ours, which OpenSwan puts onto the card.
        if entry.get("family") == "inet" and entry["prefixlen"] < 32
    }
    return own | routers | _resolvers()


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
