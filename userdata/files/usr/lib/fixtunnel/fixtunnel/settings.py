"""What the deployment gave this gateway: /etc/fixtunnel/gateway.json."""

import json
from dataclasses import dataclass, replace
from pathlib import Path

from fixtunnel.contract import SETTINGS_FILE, GatewaySettings, LogPlace, TunnelSettings, log_place

FILE = Path(SETTINGS_FILE)


@dataclass(frozen=True)
class Tunnel:
    """One tunnel. `group` is its venue: of a group one tunnel is up. `ike` is the IKE version, `own` the address that this
    host owns. `key` is where in the secret's JSON object the PSK is; empty where the secret holds nothing else. `psk_of` is
    the tunnel whose PSK it shares, since the engine knows one PSK for a pair of ids; empty where it is the first, or alone.
    `local` are our networks where there are several, in the engine's order."""

    name: str
    ike: int
    group: str
    active: bool
    peer: str
    left_id: str
    right_id: str
    own: str
    remote: tuple[str, ...]
    secret: str
    key: str = ""
    psk_of: str = ""
    local: tuple[str, ...] = ()

    def shares_ike(self, other: "Tunnel") -> bool:
        """Whether the engine has one IKE SA for both: the same two ends, and the same two ids."""
        ends = (self.peer, self.left_id, self.right_id, self.ike)
        return self.name != other.name and ends == (other.peer, other.left_id, other.right_id, other.ike)


@dataclass(frozen=True)
class Package:
    """A file in S3, with the SHA-256 that it must have."""

    bucket: str
    key: str
    sha256: str


@dataclass(frozen=True)
class Pair:
    """The other gateway's logical id, the ARN of the pair's key, and whether this one claims the address at its first boot."""

    partner: str
    key: str
    claims: bool


@dataclass(frozen=True)
class Settings:
    """All of it. `elastic_ip` is the address that this gateway will hold, `allocation` its id in EC2."""

    client: str
    stack: str
    resource: str
    region: str
    elastic_ip: str
    allocation: str
    engine: str
    program: Package
    package: Package | None
    tunnels: tuple[Tunnel, ...]
    log_group: str = ""
    pair: Pair | None = None

    @property
    def log(self) -> LogPlace:
        """Where in CloudWatch Logs this gateway writes."""
        return log_place(self.client, self.log_group)


def load(path: Path = FILE) -> Settings:
    """Read the settings. They are ours, and were checked before deployment: a fault here is a fault of the program."""
    raw: GatewaySettings = json.loads(path.read_text())
    package = raw["package"]
    return Settings(
        client=raw["client"],
        stack=raw["stack"],
        resource=raw["resource"],
        region=raw["region"],
        elastic_ip=raw["elastic_ip"],
        allocation=raw["allocation"],
        engine=raw["engine"],
        program=Package(**raw["program"]),
        package=Package(**package) if package else None,
        log_group=raw.get("log_group", ""),
        tunnels=_with_one_psk(tuple(_tunnel(tunnel, raw["elastic_ip"]) for tunnel in raw["tunnels"])),
        pair=Pair(**raw["pair"]) if "pair" in raw else None,
    )


def _with_one_psk(tunnels: tuple[Tunnel, ...]) -> tuple[Tunnel, ...]:
    first: dict[tuple[str, ...], str] = {}
    pairs = [(one.left_id, one.right_id, one.secret, one.key) for one in tunnels]
    leads = [first.setdefault(pair, one.name) for pair, one in zip(pairs, tunnels, strict=True)]
    return tuple(
        replace(one, psk_of="" if lead == one.name else lead) for one, lead in zip(tunnels, leads, strict=True)
    )


def _tunnel(raw: TunnelSettings, elastic_ip: str) -> Tunnel:
    """Most tunnels have the Elastic IP as our identity, so the file says it once."""
    return Tunnel(
        name=raw["name"],
        ike=raw["ike"],
        group=raw["group"],
        active=raw["active"],
        peer=raw["peer"],
        left_id=raw.get("left_id", elastic_ip),
        right_id=raw["right_id"],
        own=raw["own"],
        remote=tuple(raw["remote"]),
        secret=raw["secret"],
        key=raw.get("key", ""),
        local=tuple(raw.get("local", ())),
    )
