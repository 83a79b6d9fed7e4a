"""The stage of a rehearsal: every part of it, put up in order and taken down in the reverse order.

gateway VM ──tap0── edge (NAT, security group, metadata, AWS front, archive) ──peer── venue's gateways ── exchange
                     └──host0── trading host
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from ipaddress import IPv4Address
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from localaws.account import Ec2Instance, read_instance
from localaws.authority import Authority
from localaws.aws import ACCOUNT, REGION, EmbeddedAws, Signalling
from localaws.cdk import Cdk
from localaws.existing import parts_of
from localaws.front import Front
from localaws.lag import ASSOCIATION_SECONDS
from localaws.metadata.service import Metadata
from localaws.program import RehearsalFailed
from model.configuration import home
from model.deployment import Connection, Deployment
from ops.interrupts import held
from rehearsal.world.edge import FRONT_ADDRESS, METADATA_ADDRESS, Edge, GatewayPort
from rehearsal.world.follower import AddressFollower
from rehearsal.world.group import security_group, subnet_of
from rehearsal.world.image import Image, image
from rehearsal.world.machine import Card, Identity, Machine
from rehearsal.world.network import Namespace
from rehearsal.world.venue import VenueGateway
from rehearsal.world.venues import VenueSide, venue_sides


def up() -> Path:
    """The file that is there while a rehearsal is kept up: its folder, and the namespace of its first venue gateway."""
    return home() / "out" / "rehearsal" / "up"


INSTANCE_LIMIT = 180.0
Part = TypeVar("Part")


class NotUp(RehearsalFailed):
    """A part of the stage was asked for before it was put up."""


def _up(part: Part | None, name: str) -> Part:
    if part is None:
        raise NotUp(f"{name} is not up yet")
    return part


def secret_text(connection: Connection, psk: bytes) -> str:
    """The value of a tunnel's secret: the PSK, or a JSON object that has it under the client file's key."""
    key = connection.secret_key
    return json.dumps({"of-another-program": "kept", key: psk.decode()}) if key else psk.decode()


def _one_for_each_secret(deployment: Deployment, psks: dict[str, bytes]) -> dict[str, bytes]:
    """Tunnels that share a secret share its PSK."""
    first: dict[object, str] = {}
    keys = {one.name: one.tunnel.secret or one.name for one in deployment.connections}
    return {name: psks[first.setdefault(key, name)] for name, key in keys.items()}


class Stage:
    """Put up part by part; everything that was put up goes when the context ends.

    Args:
        deployment: the client.
        psks: the PSK of each tunnel, as the venue knows it.
        context: further `-c` for the CDK.
        lag: seconds until the edge and the metadata service know of an address that moved.
    """

    def __init__(
        self,
        *,
        deployment: Deployment,
        psks: dict[str, bytes],
        context: dict[str, str] | None = None,
        lag: float = ASSOCIATION_SECONDS,
    ) -> None:
        self.deployment = deployment
        self.client = deployment.client.name
        self.psks = _one_for_each_secret(deployment, psks)
        self.run_id = secrets.token_hex(3)
        self.region = deployment.client.region or REGION
        self.venues: dict[str, VenueSide] = {}
        self._context = context or {}
        self._lag = lag
        self._parts = ExitStack()
        self._edge: Edge | None = None
        self._machine: Machine | None = None
        self._second: tuple[Ec2Instance, Machine] | None = None

    def __enter__(self) -> Self:
        with ExitStack() as undo:
            # Short: unix sockets lie below it, and their paths may have 107 bytes.
            self.run_dir = Path(tempfile.mkdtemp(prefix=f"ft{self.run_id}-", dir="/tmp"))
            undo.callback(shutil.rmtree, self.run_dir)
            (self.run_dir / "pid").write_text(str(os.getpid()))
            self.recorded = self.run_dir / "edge.pcap"
            self._parts = undo.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # A second Ctrl-C, or one from the terminal and one from who waits for us, ends no taking down.
        with held():
            self._parts.__exit__(kind, error, trace)

    @property
    def folders(self) -> dict[str, str]:
        """Where the client's and the venues' files are, if not in the project's own folders."""
        return {key: path for key, path in self._context.items() if key in ("clients_dir", "venues_dir")}

    def build_image(self, does: Callable[[str], None]) -> Image:
        """The gateway's image: from the cache, or built; `does` takes each part of that."""
        self.authority = Authority(home() / ".cache" / "authority")
        self.image = image(
            release=self.deployment.client.gateway.image,
            authority=self.authority.certificate,
            cache=home() / ".cache" / "images",
            does=does,
        )
        return self.image

    def start_aws(self) -> EmbeddedAws:
        """The embedded AWS, bootstrapped, with what the client file says is there already."""
        account = self.deployment.client.account or ACCOUNT
        signals: Signalling = "at-end" if self.deployment.client.gateway.standby else "wait"
        self.aws = self._parts.enter_context(
            EmbeddedAws(self.run_dir / "aws", signals=signals, account=account, region=self.region)
        )
        self.aws.bring(parts_of(self.deployment))
        self.aws.bootstrap()
        self.image.agent.publish(self.aws.clients)
        return self.aws

    def begin_deploy(self) -> Ec2Instance:
        """Start `cdk deploy` in the background and wait until the instance is there; then put in the PSKs."""
        log = (self.run_dir / "cdk.log").open("w")
        self._parts.callback(log.close)
        self.deploy: Cdk = self._parts.enter_context(
            self.aws.deploying(
                self.client, context=self._context, on_line=lambda line: print(line, file=log, flush=True)
            )
        )
        self.instance = self.aws.wait_for_instance(self.client, limit=INSTANCE_LIMIT)
        self.image.agent.trust(self.aws.clients, self.client)
        return self.instance

    def put_secrets(self) -> None:
        """Give each tunnel's secret its value, as an operator would."""
        made = self.aws.secrets(self.client)
        for connection in self.deployment.connections:
            given = connection.tunnel.secret
            text = secret_text(connection, self.psks[connection.name])
            self.aws.set_secret(given.arn if given else made[connection.name], text)

    def start_edge(self) -> Edge:
        """EC2's edge round the instance, as it is deployed: subnet, security group, check, metadata, AWS's names."""
        self._edge = self._parts.enter_context(
            Edge(
                run_id=self.run_id,
                subnet=subnet_of(self.deployment, self.instance, self.aws.clients.ec2),
                remote_networks=self.deployment.remote_networks,
                archive=self.image.archive,
                run_dir=self.run_dir,
                services=self.deployment.client.services,
            )
        )
        self.port = self._attach(self.instance)
        space = self.edge.namespace.name
        self.metadata = self._parts.enter_context(
            Metadata(
                namespace=space,
                address=f"{METADATA_ADDRESS}:80",
                emulator_socket=self.aws.socket,
                instance_id=self.instance.instance_id,
                region=self.region,
                run_dir=self.run_dir,
                lag=self._lag,
            )
        )
        self.front = self._parts.enter_context(
            Front(
                namespace=space,
                address=f"{FRONT_ADDRESS}:443",
                emulator_socket=self.aws.socket,
                region=self.region,
                authority=self.authority,
                run_dir=self.run_dir,
            )
        )
        return self.edge

    def _attach(self, instance: Ec2Instance) -> GatewayPort:
        port = self.edge.attach_gateway(
            private=instance.private_ip,
            mac=instance.mac,
            security_group=security_group(instance),
            source_check=instance.source_dest_check,
            secondary=instance.secondary_ips,
        )
        self.edge.follow(self.aws.picture().associations)
        return port

    def record(self) -> None:
        """From now on what passes the edge is written to `recorded`, without the gateway's talk with AWS and the archive."""
        expression = "not tcp port 443 and not host 169.254.169.254 and not arp"
        self._parts.enter_context(self.edge.capture(self.recorded, expression=expression))

    def follow_address(self) -> None:
        """From now on the edge translates and routes as the embedded AWS says, as late as EC2's would."""
        self._parts.enter_context(AddressFollower(self.aws, self.edge, lag=self._lag))

    @property
    def elastic_ip(self) -> IPv4Address:
        """The address that the venue knows."""
        existing = self.deployment.client.gateway.elastic_ip
        made = (one.physical_id for one in self.aws.resources(self.client) if one.kind == "AWS::EC2::EIP")
        return existing.address if existing else IPv4Address(next(made))

    def start_venues(self) -> None:
        """Each venue with a gateway for each tunnel to it, configured from the venue file, mirrored."""
        self.venues = self._parts.enter_context(
            venue_sides(
                deployment=self.deployment,
                edge=self.edge,
                elastic_ip=self.elastic_ip,
                psks=self.psks,
                run_id=self.run_id,
                run_dir=self.run_dir / "venue",
            )
        )

    @property
    def trading_host_address(self) -> IPv4Address:
        """The rehearsed host's, in the first network of trading hosts."""
        network = self.deployment.client.trading_hosts[0]
        return network[10] if network.num_addresses > 11 else list(network.hosts())[-1]

    @property
    def other_hosts(self) -> tuple[IPv4Address, ...]:
        """One host of each network that a venue sees by addresses of its own: the hosts', or assigned ones."""
        tunnels = [one.tunnel for one in self.deployment.connections]
        kept = [network for tunnel in tunnels for network in tunnel.host_networks]
        mapped = [one.hosts for tunnel in tunnels for one in tunnel.mapped_hosts]
        first = dict.fromkeys(next(iter(network.hosts())) for network in (*kept, *mapped))
        return tuple(host for host in first if host != self.trading_host_address)

    def start_trading_hosts(self) -> None:
        """Hosts of the VPC behind the gateway; the VPC's routes lead them to the venues. The first one trades."""
        self._hosts = {}
        own = (self.trading_host_address, *self.other_hosts, *dict(self.deployment.called_hosts))
        for number, address in enumerate(dict.fromkeys(own)):
            space = self._hosts[address] = self._parts.enter_context(Namespace(f"ft{self.run_id}-host{number or ''}"))
            self.edge.attach_host(namespace=space, address=address)
        self.trading_from_address = self.trading_host_address

    @property
    def trading_host(self) -> Namespace:
        """The host that trades."""
        return self._hosts[self.trading_from_address]

    @contextmanager
    def trading_from(self, host: IPv4Address) -> Iterator[None]:
        """Meanwhile this host trades."""
        self.trading_from_address = host
        try:
            yield
        finally:
            self.trading_from_address = self.trading_host_address

    @property
    def has_edge(self) -> bool:
        """Whether EC2's edge is up."""
        return self._edge is not None

    @property
    def edge(self) -> Edge:
        """EC2's edge. Raises NotUp."""
        return _up(self._edge, "EC2's edge")

    @property
    def has_machine(self) -> bool:
        """Whether the gateway has had power."""
        return self._machine is not None

    @property
    def machine(self) -> Machine:
        """The gateway. Raises NotUp."""
        return _up(self._machine, "the gateway")

    @property
    def has_second(self) -> bool:
        """Whether there is a second gateway."""
        return self._second is not None

    @property
    def second(self) -> Machine:
        """The second gateway. Raises NotUp."""
        return _up(self._second, "a second gateway")[1]

    @property
    def second_instance(self) -> Ec2Instance:
        """The second gateway, as EC2 has it. Raises NotUp."""
        return _up(self._second, "a second gateway")[0]

    def power_on(self, *, clock_offset: float = 0) -> Machine:
        """The gateway: a machine that boots the image, as the instance that was deployed."""
        self._machine = self._made(self.instance, self.port, clock_offset)
        return self.machine

    def wait_until_deployed(self, *, limit: float) -> None:
        """The gateway's signal ends `cdk deploy` well. Raises CdkFailed, MachineFailed (it went, or `limit` seconds did)."""
        self.machine.wait_for(lambda _: not self.deploy.is_running, limit=limit, what="the end of the deploy")
        self.deploy.wait(limit=limit)

    def bring_second(self, instance: Ec2Instance) -> Machine:
        """Another instance, with power: its own card, its own disk, the same edge."""
        second = self._made(instance, self._attach(instance), 0)
        self._second = instance, second
        return second

    def bring_partner(self, *, limit: float) -> Machine:
        """The other gateway of a pair, which CloudFormation makes once the first has signalled."""
        other = self.aws.wait_for_instance(self.client, limit=limit, other_than={self.instance.instance_id})
        second = self.bring_second(other)
        # The group of the first one has another member now.
        now = read_instance(self.instance.instance_id, ec2=self.aws.clients.ec2, iam=self.aws.clients.iam)
        self.port = replace(self.port, security_group=security_group(now))
        self.edge.change_gateway(self.port)
        return second

    @property
    def machines(self) -> tuple[Machine, ...]:
        """Both of a pair; else the gateway."""
        pair = self.deployment.client.gateway.standby is not None
        return (self.active, self.passive) if pair else (self.machine,)

    @property
    def active(self) -> Machine:
        """The gateway that EC2 gives the Elastic IP to; the first one while neither has it."""
        return self.second if self._is_with_second() else self.machine

    @property
    def active_instance(self) -> Ec2Instance:
        """The same, as EC2 has it."""
        return self.second_instance if self._is_with_second() else self.instance

    @property
    def passive(self) -> Machine:
        """The other one of a pair."""
        return self.machine if self._is_with_second() else self.second

    @property
    def is_held(self) -> bool:
        """Whether EC2 gives the Elastic IP to anybody."""
        return self.elastic_ip in self.aws.picture().associations.values()

    def _is_with_second(self) -> bool:
        if self._second is None:
            return False
        associations = self.aws.picture().associations
        return any(associations.get(one) == self.elastic_ip for one in self.second_instance.secondary_ips)

    def _made(self, instance: Ec2Instance, port: GatewayPort, clock_offset: float) -> Machine:
        return self._parts.enter_context(
            Machine(
                image=self.image,
                namespace=self.edge.namespace,
                card=Card(tap=port.tap, mac=instance.mac),
                identity=Identity(instance_id=instance.instance_id, private_address=instance.private_ip),
                run_dir=self.run_dir,
                clock_offset=clock_offset,
            )
        )

    def venue_gateway(self, tunnel: str) -> VenueGateway:
        """The venue's gateway at the other end of a tunnel."""
        return next(side.gateways[tunnel] for side in self.venues.values() if tunnel in side.gateways)

    @property
    def first_venue(self) -> str:
        """The namespace of the first venue gateway."""
        return self.venue_gateway(self.deployment.connections[0].name).namespace.name
