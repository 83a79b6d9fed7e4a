"""Every way in which a venue may know a client, and what the form says of each. `tests/rehearsal` sends packets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

from model.deployment import Deployment
from tests.guard import whole_guard
from tests.literal import loaded
from tests.unit.model.example import CLIENT, VENUE, edited, write

ELASTIC_IP = "203.0.113.7"
_TRANSLATED = "{} (translated by the gateway)"
_MAPPED = "{} (translated one to one by the gateway)"
_KEPT = "each host's own (not translated)"
_BUT = f"{_KEPT}, but 10.88.7.1, which is the gateway's"
_GATEWAY = "{} (the gateway's own, not translated)"


@dataclass(frozen=True)
class Translation:
    """One combination. `says` is what the form says of source addresses, by whose they are."""

    mode: str
    says: dict[str, str]
    local_network: str = ""
    source_address: str = ""
    trading_hosts: tuple[str, ...] = ()
    host_networks: tuple[str, ...] = ()
    mapped_hosts: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        """As the test's name."""
        hosts = f"hosts {' '.join(self.trading_hosts)} kept {' '.join(self.host_networks)}"
        hosts += "".join(f" {one} as {other}" for one, other in self.mapped_hosts)
        return f"{self.mode} {self.local_network} {self.source_address} {hosts}"

    def deployment(self, folder: Path) -> Deployment:
        """A client like that."""
        client = {"gateway.elastic_ip": f"{{address: {ELASTIC_IP}, allocation_id: eipalloc-0a1b2c3d}}"}
        client |= {f"tunnels.0.{key}": str(getattr(self, key)) for key in _KEYS if getattr(self, key)}
        if self.host_networks:
            client |= {"tunnels.0.host_networks": f"[{', '.join(self.host_networks)}]"}
        if self.mapped_hosts:
            pairs = (f"{{hosts: {one}, seen_as: {other}}}" for one, other in self.mapped_hosts)
            client |= {"tunnels.0.mapped_hosts": f"[{', '.join(pairs)}]"}
        if self.trading_hosts:
            client |= {"network": _NETWORK, "trading_hosts": f"[{', '.join(self.trading_hosts)}]"}
        venues = {"exchange": edited(VENUE, {"encryption_domain": self.mode})}
        write(folder, clients={"acme": edited(CLIENT, client)}, venues=venues)
        return loaded(folder / "clients", folder / "venues", "acme")

    def guard(self, folder: Path) -> str:
        """Its gateway's firewall."""
        return whole_guard(self.deployment(folder), elastic_ip=ELASTIC_IP)

    def some_hosts(self) -> Iterator[str]:
        """The first and the last address of each network of trading hosts, and those of our encryption domain in it."""
        for network in map(IPv4Network, self.trading_hosts):
            yield from (str(network[1]), str(network[-2]))
            if self.local_network and network.supernet_of(inside := IPv4Network(self.local_network)):
                yield str(inside[2])
            yield from (one.split("/")[0] for one in self.host_networks if network.supernet_of(IPv4Network(one)))
            for one in (IPv4Network(one) for one, _ in self.mapped_hosts):
                yield from map(str, (one[0], one[-1]))


_KEYS = ("local_network", "source_address")
_NETWORK = (
    "{vpc_id: vpc-12345678, subnet_id: subnet-12345678, availability_zone: eu-west-2a, route_table_ids: [rtb-12345678]}"
)

TRANSLATIONS = [
    Translation("elastic-ip", {"our traffic": _GATEWAY.format(ELASTIC_IP)}),
    Translation(
        "elastic-ip",
        {
            "our hosts in 10.64.1.0/24": _TRANSLATED.format(ELASTIC_IP),
            "our hosts in 10.64.2.0/24": _TRANSLATED.format(ELASTIC_IP),
            "our gateway's probes": _GATEWAY.format(ELASTIC_IP),
        },
        trading_hosts=("10.64.1.0/24", "10.64.2.0/24"),
    ),
    Translation(
        "elastic-ip",
        {
            "our hosts in 10.64.1.11/32": _KEPT,
            "our hosts in 10.64.1.12/32": _KEPT,
            "our other hosts in 10.64.1.0/24": _TRANSLATED.format(ELASTIC_IP),
            "our hosts in 10.64.2.0/28": _KEPT,
            "our gateway's probes": _GATEWAY.format(ELASTIC_IP),
        },
        trading_hosts=("10.64.1.0/24", "10.64.2.0/28"),
        host_networks=("10.64.1.11/32", "10.64.1.12/32", "10.64.2.0/28"),
    ),
    Translation(
        "assigned",
        {
            "our hosts in 10.64.1.11/32": _KEPT,
            "our other hosts in 10.64.1.0/24": _TRANSLATED.format("10.90.1.7"),
            "our gateway's probes": _GATEWAY.format("10.90.1.7"),
        },
        "10.90.1.7/32",
        trading_hosts=("10.64.1.0/24",),
        host_networks=("10.64.1.11/32",),
    ),
    Translation(
        "elastic-ip",
        {
            "our hosts in 10.64.1.20/32": _MAPPED.format("10.90.1.8"),
            "our other hosts in 10.64.1.0/24": _TRANSLATED.format(ELASTIC_IP),
            "our gateway's probes": _GATEWAY.format(ELASTIC_IP),
        },
        trading_hosts=("10.64.1.0/24",),
        mapped_hosts=(("10.64.1.20/32", "10.90.1.8/32"),),
    ),
    # Two of them in the network that the venue assigned, and a network beside it; another host keeps its address.
    Translation(
        "assigned",
        {
            "our hosts in 10.64.1.11/32": _KEPT,
            "our hosts in 10.64.1.20/32": _MAPPED.format("10.90.1.2"),
            "our hosts in 10.64.1.21/32": _MAPPED.format("10.90.1.3"),
            "our hosts in 10.64.1.32/28": _MAPPED.format("10.90.7.16/28"),
            "our other hosts in 10.64.1.0/24": _TRANSLATED.format("10.90.1.1"),
            "our gateway's probes": _GATEWAY.format("10.90.1.1"),
        },
        "10.90.1.0/29",
        "10.90.1.1",
        trading_hosts=("10.64.1.0/24",),
        host_networks=("10.64.1.11/32",),
        mapped_hosts=(
            ("10.64.1.20/32", "10.90.1.2/32"),
            ("10.64.1.21/32", "10.90.1.3/32"),
            ("10.64.1.32/28", "10.90.7.16/28"),
        ),
    ),
    *[
        translation
        for mode in ("private", "assigned")
        for translation in (
            Translation(mode, {"our traffic": _GATEWAY.format("10.90.1.7")}, "10.90.1.7/32"),
            Translation(mode, {"our traffic": _GATEWAY.format("10.88.7.1")}, "10.88.0.0/21", "10.88.7.1"),
            Translation(mode, {"our traffic": _GATEWAY.format("10.90.1.1")}, "10.90.1.0/30"),
            Translation(
                mode,
                {
                    "our hosts in 10.64.1.0/24": _TRANSLATED.format("10.90.1.7"),
                    "our gateway's probes": _GATEWAY.format("10.90.1.7"),
                },
                "10.90.1.7/32",
                trading_hosts=("10.64.1.0/24",),
            ),
            Translation(
                mode,
                {
                    "our hosts in 10.64.1.0/24": _TRANSLATED.format("10.88.7.1"),
                    "our gateway's probes": _GATEWAY.format("10.88.7.1"),
                },
                "10.88.0.0/21",
                "10.88.7.1",
                ("10.64.1.0/24",),
            ),
            # The file of the report: the form said that they are translated.
            Translation(
                mode,
                {"our hosts in 10.88.0.0/21": _BUT, "our gateway's probes": _GATEWAY.format("10.88.7.1")},
                "10.88.0.0/21",
                "10.88.7.1",
                ("10.88.0.0/21",),
            ),
            Translation(
                mode,
                {
                    "our hosts in 10.88.4.0/24": _KEPT,
                    "our hosts in 10.64.1.0/24": _TRANSLATED.format("10.88.7.1"),
                    "our gateway's probes": _GATEWAY.format("10.88.7.1"),
                },
                "10.88.0.0/21",
                "10.88.7.1",
                ("10.88.4.0/24", "10.64.1.0/24"),
            ),
            Translation(
                mode,
                {
                    "our hosts in 10.88.0.0/21": _BUT,
                    "our other hosts in 10.88.0.0/16": _TRANSLATED.format("10.88.7.1"),
                    "our gateway's probes": _GATEWAY.format("10.88.7.1"),
                },
                "10.88.0.0/21",
                "10.88.7.1",
                ("10.88.0.0/16",),
            ),
        )
    ],
]


def seen_as(translation: Translation, source: str) -> str:
    """As what the form says that the venue sees this address of a host: of two rows that speak of it, the narrower."""
    rows = [
        (IPv4Network(whose.split(" in ")[-1]), value) for whose, value in translation.says.items() if " in " in whose
    ]
    about = [(network, value) for network, value in rows if IPv4Address(source) in network]
    network, value = max(about, key=lambda row: row[0].prefixlen)
    if value.startswith(_KEPT):
        return source
    seen = IPv4Network(value.split()[0])
    return str(seen[int(IPv4Address(source)) - int(network[0])] if "one to one" in value else seen[0])
