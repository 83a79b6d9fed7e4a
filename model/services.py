"""Servers of a firm's own, instead of AWS's and Debian's, and what the gateway must reach for them."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address, IPv4Network
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field

from model.base import Part
from model.values import Address, text_type

_PORT = "(6553[0-5]|655[0-2][0-9]|65[0-4][0-9]{2}|6[0-4][0-9]{3}|[1-5][0-9]{4}|[1-9][0-9]{0,3})"
"""1 to 65535."""
_HOST = r"[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63}){0,9}"
WEB = rf"https?://{_HOST}(:{_PORT})?"
"""A pattern: a server of HTTP or HTTPS."""

ProxyUri = Annotated[
    str,
    *text_type(
        rf"http://{_HOST}:{_PORT}",
        "is not the address of a proxy",
        "write it as http://10.0.0.8:3128; one with a password would show it to all who read user data",
    ),
]
DirectHost = Annotated[
    str,
    *text_type(
        r"\.?[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*",
        "is neither a name nor an address",
        "write one such as .amazonaws.com or 10.0.0.9",
    ),
]
MirrorUri = Annotated[
    str,
    *text_type(
        rf"{WEB}(/[A-Za-z0-9._~+-]+)+",
        "is not the address of a mirror",
        "write it as http://10.0.0.9/debian, without a slash at its end",
    ),
]

DNS, NTP, HTTP, HTTPS = 53, 123, 80, 443
ARCHIVE = "package archive"
ANYWHERE = IPv4Network("0.0.0.0/0")


@dataclass(frozen=True)
class Way:
    """What may go out: one port of one network."""

    protocol: Literal["tcp", "udp"]
    port: int
    network: IPv4Network
    purpose: str


class Services(Part):
    """Servers of yours. What is not named stays AWS's or Debian's."""

    dns: tuple[Address, ...] = Field(
        default=(), max_length=3, description="DNS servers, instead of the VPC's own.", examples=[["10.0.0.2"]]
    )
    ntp: tuple[Address, ...] = Field(
        default=(), max_length=4, description="Time servers, instead of the image's.", examples=[["10.0.0.3"]]
    )
    proxy: ProxyUri | None = Field(
        default=None, description="The proxy for all HTTP and HTTPS.", examples=["http://10.0.0.8:3128"]
    )
    no_proxy: tuple[DirectHost, ...] = Field(
        default=(),
        max_length=16,
        description="Names, with all below them, and addresses that no proxy is asked for, such as VPC endpoints.",
        examples=[[".amazonaws.com"]],
    )
    apt_mirror: MirrorUri | None = Field(
        default=None,
        description="A mirror of Debian's archive. That of security updates is beside it: its address and -security.",
        examples=["http://10.0.0.9/debian"],
    )

    @property
    def environment(self) -> tuple[str, ...]:
        """What tells a program of the proxy: variables with their values; empty without one. Metadata is the host's own."""
        direct = ",".join(("169.254.169.254", "localhost", *self.no_proxy))
        return (f"http_proxy={self.proxy}", f"https_proxy={self.proxy}", f"no_proxy={direct}") if self.proxy else ()

    @property
    def ways_out(self) -> tuple[Way, ...]:
        """What the gateway must reach besides the venues."""
        return self.ways()

    def ways(self, archive: str | None = None) -> tuple[Way, ...]:
        """The same, with another package archive beside Debian's. AWS's own DNS, time and metadata need no rule (Amazon VPC User
        Guide, "Control traffic to your AWS resources using security groups"); servers of one's own do."""
        dns = [Way(kind, DNS, IPv4Network(one), "DNS") for one in self.dns for kind in ("udp", "tcp")]
        ntp = [Way("udp", NTP, IPv4Network(one), "time") for one in self.ntp]
        # AWS takes no rule of a security group twice, whatever is said of it.
        once: dict[tuple[str, int, IPv4Network], Way] = {}
        for way in (*self._web(archive), *dns, *ntp):
            once.setdefault((way.protocol, way.port, way.network), way)
        return tuple(once.values())

    def _web(self, archive: str | None) -> list[Way]:
        mirror = [_way_to(self.apt_mirror, ARCHIVE)] if self.apt_mirror else []
        other = [_way_to(archive, ARCHIVE)] if archive else []
        if not self.proxy:
            debian = mirror or [Way("tcp", HTTP, ANYWHERE, ARCHIVE)]
            aws = "AWS" if mirror else "AWS, package archive"
            return [Way("tcp", HTTPS, ANYWHERE, aws), *debian, *other]
        direct = [_way_to(f"https://{one.lstrip('.')}", "without the proxy") for one in self.no_proxy]
        archives = [(self.apt_mirror, mirror), (archive, other)]
        reached = [
            way for uri, ways in archives if uri and self._is_direct(urlsplit(uri).hostname or "") for way in ways
        ]
        return [_way_to(self.proxy, "proxy"), *direct, *reached]

    def _is_direct(self, host: str) -> bool:
        """As apt, Python and Go read `no_proxy`: the name itself, or the end of a longer one."""
        return any(f".{host}".endswith(f".{one.lstrip('.')}") for one in self.no_proxy)

    @property
    def addresses(self) -> dict[tuple[str | int, ...], IPv4Address]:
        """Each address that is named, by its path in the file."""
        found: dict[tuple[str | int, ...], IPv4Address] = {("dns", n): one for n, one in enumerate(self.dns)}
        found |= {("ntp", n): one for n, one in enumerate(self.ntp)}
        for key, uri in (("proxy", self.proxy), ("apt_mirror", self.apt_mirror)):
            network = _network_of(urlsplit(uri).hostname or "") if uri else ANYWHERE
            if network != ANYWHERE:
                found[(key,)] = network[0]
        return found


def _way_to(uri: str, purpose: str) -> Way:
    parts = urlsplit(uri)
    port = parts.port or (HTTPS if parts.scheme == "https" else HTTP)
    return Way("tcp", port, _network_of(parts.hostname or ""), purpose)


def _network_of(host: str) -> IPv4Network:
    """A name has no address before the boot: it may be anywhere."""
    try:
        return IPv4Network(IPv4Address(host))
    except AddressValueError:
        return ANYWHERE
