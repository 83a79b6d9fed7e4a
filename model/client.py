"""A client: who it is, which venues it connects to, where its FIX engine runs, and where the PSKs are kept."""

from __future__ import annotations

import re
from ipaddress import IPv4Address
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Discriminator, Field, Tag

from model.account import Keys, LogGroupName, Role, Sessions, TopicArn
from model.base import Part
from model.calendar import Window
from model.identity import Identity
from model.services import WEB, Services, Way
from model.values import (
    AccountId,
    Address,
    CompId,
    Email,
    KmsKeyArn,
    Line,
    Name,
    Network,
    Region,
    SecretArn,
    SecretKey,
    Target,
    TunnelName,
    Zone,
    aws_id,
    text_type,
    wrong,
)
from model.venue import PeerLabel

Release = Literal["debian-13", "debian-12"]
Engine = Literal["libreswan", "openswan"]
Architecture = Literal["amd64", "arm64"]
InstanceType = Annotated[
    str,
    *text_type(
        r"[a-z]+[0-9]+[a-z-]*\.[a-z0-9-]+", "is not an instance type", "write one such as t3.small or t4g.small"
    ),
]
PackagePath = Annotated[
    str, *text_type(r"[A-Za-z0-9_./+~-]{1,200}\.deb", "is not the path of a .deb", "write it relative to this file")
]
KeyPath = Annotated[
    str, *text_type(r"[A-Za-z0-9_./+~-]{1,200}\.(asc|gpg)", "is not a key file", "write the path of its .asc or .gpg")
]
AptUri = Annotated[
    str, *text_type(rf"{WEB}(/[A-Za-z0-9._~+-]*)*", "is not the address of an apt source", "write https://…")
]
AptWord = Annotated[
    str, *text_type(r"[A-Za-z0-9._/-]{1,64}", "is not an apt suite or component", "write one such as trixie")
]
_OF_TAGS = r"[^\x00-\x1f!-*,;<>?\[-^`{-\x7f]"
"""What no tag of AWS's has, left out. Beyond ASCII `_letters` looks: a schema's pattern knows no letters there."""


def _letters(value: str) -> str:
    """AWS General Reference, "Tag naming limits and requirements": letters and digits of any script."""
    if strange := next((one for one in value if not (one.isascii() or one.isalnum())), ""):
        raise wrong(f"has a character that no tag of AWS's has (U+{ord(strange):04X})", "write letters and digits")
    return value


TagKey = Annotated[
    str,
    *text_type(rf"{_OF_TAGS}{{1,128}}", "is not a tag's key", "write 1 to 128 letters, digits, spaces and _.:/=+-@"),
    AfterValidator(_letters),
]
# Others take an empty one; AWS::CloudWatch::Alarm does not (CloudFormation's schema of it, "minLength": 1).
TagValue = Annotated[
    str,
    *text_type(rf"{_OF_TAGS}{{1,256}}", "is not a tag's value", "write 1 to 256 letters, digits, spaces and _.:/=+-@"),
    AfterValidator(_letters),
]


class NewNetwork(Part):
    """A small VPC of the gateway's own, with one public subnet."""

    cidr: Network = Field(
        default="10.64.0.0/26", validate_default=True, description="Its addresses: private, /16 to /28."
    )


class ExistingNetwork(Part):
    """A VPC that is there already. The subnet leads to the venues by an internet gateway, and to AWS too unless
    public_address is false."""

    vpc_id: aws_id("vpc", "a VPC") = Field(description="The VPC.", examples=["vpc-0a1b2c3d"])  # type: ignore[valid-type]
    subnet_id: aws_id("subnet", "a subnet") = Field(  # type: ignore[valid-type]
        description="A public subnet of it.", examples=["subnet-0a1b2c3d"]
    )
    availability_zone: Zone = Field(description="The subnet's zone.", examples=["eu-west-2a"])
    public_address: bool = Field(
        default=True,
        description="Whether the gateway has a public address of its own beside the Elastic IP, as its way to AWS. Without "
        "it the subnet needs another way there: a NAT gateway, VPC endpoints or a proxy.",
    )
    route_table_ids: tuple[aws_id("rtb", "a route table"), ...] = Field(  # type: ignore[valid-type]
        default=(),
        max_length=32,
        description="Route tables of the trading hosts: they get a route to each remote network.",
    )


def _which_network(value: Any) -> str:
    keys = value.keys() if isinstance(value, dict) else set()
    # Of one that has public_address alone the error says that it goes with the others, not that each of them is missing.
    existing = isinstance(value, ExistingNetwork) or ("cidr" not in keys and bool(keys - {"public_address"}))
    return "existing" if existing else "new"


NetworkChoice = Annotated[
    Annotated[NewNetwork, Tag("new")] | Annotated[ExistingNetwork, Tag("existing")], Discriminator(_which_network)
]


class ElasticIp(Part):
    """An Elastic IP that is there already, for a venue that knows us by it."""

    address: Address = Field(description="The public address.", examples=["203.0.113.7"])
    allocation_id: aws_id("eipalloc", "an Elastic IP's allocation") = Field(  # type: ignore[valid-type]
        description="Its allocation.", examples=["eipalloc-0a1b2c3d"]
    )


class AptSource(Part):
    """An apt source that has an `openswan` package, with the key that signs it."""

    uri: AptUri = Field(description="Its address.", examples=["https://apt.example.com/debian"])
    suite: AptWord = Field(description="Its suite.", examples=["bookworm"])
    component: AptWord = Field(default="main", description="Its component.")
    key: KeyPath = Field(description="The public key that signs it: a file beside this one.", examples=["openswan.asc"])


class OpenswanPackage(Part):
    """Where OpenSwan comes from: no current distribution has it. With neither, from the AMI's own archive."""

    deb: PackagePath | None = Field(default=None, description="Path of a .deb, relative to this file.")
    apt: AptSource | None = Field(default=None, description="An apt source that has it.")


class Standby(Part):
    """Where the second gateway of a pair stands: another zone of the same VPC."""

    subnet_id: aws_id("subnet", "a subnet") = Field(  # type: ignore[valid-type]
        description="A public subnet of the VPC in another zone.", examples=["subnet-0a1b2c3e"]
    )
    availability_zone: Zone = Field(description="That subnet's zone.", examples=["eu-west-2b"])


class Gateway(Part):
    """The EC2 instance."""

    instance_type: InstanceType = Field(default="t3.small", description="EC2 instance type; its architecture follows.")
    image: Release = Field(default="debian-13", description="The Debian release.")
    ami: aws_id("ami", "an image") | None = Field(  # type: ignore[valid-type]
        default=None, description="A pinned image of that release; without it a deploy may replace the gateway."
    )
    engine: Engine = Field(default="libreswan", description="The IPsec engine.")
    openswan: OpenswanPackage | None = Field(default=None, description="Where OpenSwan comes from.")
    elastic_ip: ElasticIp | None = Field(default=None, description="An existing Elastic IP; without it a new one.")
    standby: Standby | None = Field(
        default=None,
        description="A second gateway in another zone, which takes the Elastic IP over within seconds. It costs as much again.",
    )

    @property
    def architecture(self) -> Architecture:
        """Graviton families have a `g` behind the generation (t4g, c7gn); a1 was the first."""
        family = self.instance_type.split(".")[0]
        graviton = re.fullmatch(r"a1|[a-z]+[0-9]+[a-z]*?g[a-z-]*", family)
        return "arm64" if graviton else "amd64"


class Secret(Part):
    """A secret in Secrets Manager that holds a PSK."""

    arn: SecretArn = Field(description="Its ARN.", examples=["arn:aws:secretsmanager:…"])
    key: SecretKey | None = Field(
        default=None,
        description="Where it holds a JSON object: the name of the key whose value is the PSK.",
        examples=["psk"],
    )
    kms_key_arn: KmsKeyArn | None = Field(default=None, description="The KMS key that encrypts it, if a key of yours.")


class MappedHosts(Part):
    """Trading hosts that the venue knows by other addresses, one to one: the first by the first, and so on."""

    hosts: Network = Field(description="Trading hosts.", examples=["10.64.1.20/32"])
    seen_as: Network = Field(
        description="The addresses that the venue assigned for them: a network of the same size.",
        examples=["10.90.1.8/32"],
    )


class Inbound(Part):
    """A connection that the venue opens to us: for drop copies, for requests for quote, or to our FIX acceptor."""

    name: Name = Field(description="What you call it.", examples=["drop-copy"])
    from_: tuple[Network, ...] = Field(
        alias="from",
        min_length=1,
        max_length=16,
        description="The venue's networks that may call, inside its remote networks.",
        examples=[["192.0.2.30/32"]],
    )
    port: int = Field(
        strict=True,
        ge=1,
        le=65535,
        description="The TCP port that the venue calls, at the address as which it sees the host in `to`.",
        examples=[9001],
    )
    to: Target = Field(
        description="Where the call goes: a trading host and its port, or `gateway` and a port if the engine runs there.",
        examples=["10.64.1.10:9001"],
    )

    @property
    def host(self) -> IPv4Address | None:
        """The trading host; None for the gateway itself."""
        host, _, _port = self.to.partition(":")
        return None if host == "gateway" else IPv4Address(host)

    @property
    def host_port(self) -> int:
        """The port at which it listens."""
        return int(self.to.partition(":")[2])


class Tunnel(Part):
    """One tunnel to one gateway of one venue."""

    venue: Name = Field(description="A venue: the name of a file in venues/.", examples=["lse-proquote"])
    peer: PeerLabel = Field(default="A", description="Which of the venue's gateways.")
    name: TunnelName | None = Field(default=None, description="The connection's name; the venue's own if not given.")
    role: Literal["active", "standby"] = Field(
        default="active", description="Of the tunnels to one venue one is active; the others wait."
    )
    secret: Secret | None = Field(default=None, description="Where the PSK is; without it an empty secret is made.")
    local_network: Network | None = Field(
        default=None,
        description=(
            "Our encryption domain, where it is not the Elastic IP: our own, or the one that the venue assigned. "
            "An address alone is a /32."
        ),
        examples=["10.90.1.7/32"],
    )
    source_address: Address | None = Field(
        default=None, description="The address in local_network that the gateway owns; its first one if not given."
    )
    host_networks: tuple[Network, ...] = Field(
        default=(),
        max_length=32,
        description="More of our networks in this tunnel: trading hosts that the venue sees by their own addresses.",
        examples=[["10.64.1.11/32"]],
    )
    mapped_hosts: tuple[MappedHosts, ...] = Field(
        default=(),
        max_length=64,
        description="Trading hosts that the venue knows each by an address of its own, which it assigned.",
        examples=[[{"hosts": "10.64.1.20/32", "seen_as": "10.90.1.8/32"}]],
    )
    inbound: tuple[Inbound, ...] = Field(
        default=(),
        max_length=16,
        description="TCP connections that the venue opens to us. Nothing else that a venue begins gets through.",
        examples=[[{"name": "drop-copy", "from": ["192.0.2.30/32"], "port": 9001, "to": "10.64.1.10:9001"}]],
    )
    local_id: Identity | None = Field(
        default=None,
        description="Our IKE identity, where the venue has noted another than the Elastic IP.",
        examples=["@acme.example.com"],
    )
    sender_comp_ids: tuple[CompId, ...] = Field(default=(), max_length=32, description="Our CompIDs at the venue.")
    weak_psk: bool = Field(default=False, description="Whether you took a weak PSK. `fixtunnel secret` writes this.")


class Client(Part):
    """The whole of a client file."""

    name: Name = Field(description="The client's name: the file's name without .yaml.", examples=["acme"])
    description: Line | None = Field(default=None, description="What the forms call the client; its name if not given.")
    legal_name: Line | None = Field(
        default=None,
        description="The firm's name as contracts have it, for the forms; a blank there if not given.",
        examples=["Acme Capital LLP"],
    )
    account: AccountId | None = Field(default=None, description="AWS account; the command line's own if not given.")
    region: Region | None = Field(default=None, description="AWS region; the command line's own if not given.")
    network: NetworkChoice = Field(default_factory=NewNetwork, description="Where the gateway stands.")
    gateway: Gateway = Field(default_factory=Gateway, description="Where the tunnels begin.")
    tunnels: tuple[Tunnel, ...] = Field(
        min_length=1,
        max_length=32,
        description="Its tunnels, as many as user data holds.",
        examples=[[{"venue": "lse-proquote"}]],
    )
    trading_hosts: tuple[Network, ...] = Field(
        default=(),
        max_length=32,
        description="Networks of FIX engines behind the gateway; none if the engine runs on the gateway.",
    )
    alarm_email: Email | None = Field(default=None, description="Who gets a mail when a tunnel is down.")
    alarm_topics: tuple[TopicArn, ...] = Field(
        default=(), max_length=4, description="Your own SNS topics that get each alarm too, such as a pager's."
    )
    keys: Keys = Field(default_factory=Keys, description="KMS keys in place of AWS's own.")
    log_group: LogGroupName | None = Field(
        default=None,
        description="An existing log group for the gateway's log, in place of one of the stack's own. Clients may share it.",
        examples=["/acme/fix"],
    )
    role: Role = Field(default_factory=Role, description="How your account wants roles to be.")
    sessions: Sessions = Field(
        default_factory=Sessions,
        description="What your session preferences (Systems Manager) ask of an instance's role.",
    )
    services: Services = Field(default_factory=Services, description="DNS, time, proxy and archive of your own.")
    restart_window: Window = Field(
        default=Window(days=("sat",), start="06:00", end="08:00"),
        description="When the gateway may restart something that works.",
    )
    psk_rotation: Literal["at-once", "in-window"] = Field(
        default="at-once",
        description="When a tunnel that works is authenticated again with a new PSK: at once, or in the restart window.",
    )
    tags: dict[TagKey, TagValue] = Field(
        default_factory=dict, max_length=40, description="Tags on everything that the stack makes."
    )

    @property
    def ways_out(self) -> tuple[Way, ...]:
        """What the gateway must reach besides the venues: OpenSwan's archive among it."""
        package = self.gateway.openswan
        return self.services.ways(package.apt.uri if package and package.apt else None)

    @property
    def has_public_address(self) -> bool:
        """Whether the gateway has a public address of its own beside the Elastic IP."""
        return not isinstance(self.network, ExistingNetwork) or self.network.public_address
