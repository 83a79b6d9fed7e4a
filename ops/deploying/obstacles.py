"""What AWS would refuse half-way through a deploy, known beforehand."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from model.adoption import ALLOCATION_PARAMETER
from model.client import ExistingNetwork
from model.deployment import Connection, Deployment
from model.disk import ROOT_DEVICE, ROOT_GIB
from ops.aws import Account, AwsFailure, NotThere, Stack
from ops.aws.access import understood
from ops.aws.secret import Unusable
from ops.aws.stack import NEVER_WAS
from ops.deploying import encryption, existing, named, surroundings
from ops.deploying.encryption import secret_arn
from ops.deploying.npm import npx
from ops.deploying.obstacle import Look, Obstacle
from ops.deploying.public_access import public_access
from ops.gateway.journal import log_of
from ops.gateway.kept import kept_state
from ops.options import PROJECT
from userdata.agent_keys import FILE, ends_soon

QUALIFIER, DEFAULT_QUALIFIER = "@aws-cdk/core:bootstrapQualifier", "hnb659fds"
_CONTEXTS = (PROJECT / "cdk.json", PROJECT / "cdk.context.json", Path.home() / ".cdk.json")
"""Where the CDK's command line finds context; the first that names a key counts."""


def qualifier() -> str:
    """The name under which the CDK has prepared an account, from its context."""
    for path in _CONTEXTS:
        with suppress(OSError, ValueError, AttributeError):
            said = json.loads(path.read_text())
            context = said if path.name == "cdk.context.json" else said.get("context", {})
            if found := context.get(QUALIFIER):
                return str(found)
    return DEFAULT_QUALIFIER


def obstacles(
    account: Account, deployment: Deployment, stack: Stack | None, kept: Mapping[str, str]
) -> Iterator[Obstacle]:
    """Everything in the way of a deploy. What this role may not look at is said, and does not stop it."""
    standing = stack if stack and stack.status not in NEVER_WAS else None
    look = Look(account=account, deployment=deployment, stack=standing, kept=kept)
    for rule in _RULES:
        try:
            with understood(f"what is in the way: {rule.__name__.strip('_')}"):
                yield from rule(look)
        except AwsFailure as failure:
            advice = "it may be well; your role cannot see it"
            yield Obstacle(what=f"{failure.what} ({failure.evidence})", advice=advice, is_fatal=False)


def _bootstrap(look: Look) -> Iterator[Obstacle]:
    name = qualifier()
    try:
        look.account.access.call("ssm", "get_parameter", Name=f"/cdk-bootstrap/{name}/version")
    except NotThere:
        place = f"aws://{look.account.identity.account}/{look.account.region}"
        is_own, option = name != DEFAULT_QUALIFIER, f" --qualifier {name}"
        yield Obstacle(
            what="the CDK has not prepared this account and region" + (f" with the qualifier {name}" if is_own else ""),
            advice=f"once: {npx()} cdk bootstrap {place}{option if is_own else ''}"
            "; if it was bootstrapped with another qualifier, name that one in cdk.json: "
            f'"context": {{"{QUALIFIER}": "…"}}',
        )


def _address(look: Look) -> Iterator[Obstacle]:
    wants = (
        look.deployment.client.gateway.elastic_ip is None and not look.stack and ALLOCATION_PARAMETER not in look.kept
    )
    if wants and not (room := look.account.room("elastic-ip")).left:
        known = "" if room.is_known else " (AWS's default; your role may not ask)"
        yield Obstacle(
            what=f"no Elastic IP is left: {room.used} of {room.limit} in {look.account.region}{known}",
            advice="ask for more (Service Quotas, L-0263D0A3), or name an existing one: gateway.elastic_ip",
        )


def _vpc(look: Look) -> Iterator[Obstacle]:
    if isinstance(look.deployment.client.network, ExistingNetwork) or look.stack:
        return
    if not (room := look.account.room("vpc")).left:
        yield Obstacle(
            what=f"no VPC is left: {room.used} of {room.limit} in {look.account.region}",
            advice="ask for more (Service Quotas, L-F678F1CE), or name an existing one: network.vpc_id",
        )


def _instance_type(look: Look) -> Iterator[Obstacle]:
    kind, standby = look.deployment.client.gateway.instance_type, look.deployment.client.gateway.standby
    places = [(_zone(look), "the gateway", "network.subnet_id")]
    if standby:
        places.append((standby.availability_zone, "the second gateway", "gateway.standby.subnet_id"))
    for zone, who, field in places:
        if not look.account.offers(kind, zone):
            advice = f"choose another gateway.instance_type, or an existing subnet in another zone ({field})"
            yield Obstacle(what=f"{zone}, where {who} would be, has no {kind}", advice=advice)


def _zone(look: Look) -> str:
    """Where the gateway will be: a network of its own stays in its zone, a new one is in the region's first."""
    network = look.deployment.client.network
    if isinstance(network, ExistingNetwork):
        return network.availability_zone
    gateway = look.account.instance(look.stack.instance_id) if look.stack and look.stack.instance_id else None
    return gateway.zone if gateway else look.account.first_zone()


def _image(look: Look) -> Iterator[Obstacle]:
    ami = look.deployment.client.gateway.ami
    if not ami:
        return
    update = f"fixtunnel image update {look.deployment.client.name}"
    found = look.account.image(ami)
    if found is None:
        yield Obstacle(what=f"the image {ami} is gone", advice=update)
        return
    if found.root_device not in ("", ROOT_DEVICE):
        yield Obstacle(
            what=f"the image {ami} has its root on {found.root_device}: the gateway's disk would be added as {ROOT_DEVICE}, "
            "and the root would stay unencrypted",
            advice=f"register the image with the root device {ROOT_DEVICE}, or take Debian's: {update}",
        )
    if found.root_gib > ROOT_GIB:
        yield Obstacle(
            what=f"the image {ami} needs a disk of {found.root_gib} GiB, and the gateway has {ROOT_GIB}",
            advice=f"register the image with a snapshot of at most {ROOT_GIB} GiB, or take Debian's: {update}",
        )


@understood("ec2 describe_subnets")
def _subnet(look: Look, subnet_id: str) -> tuple[str, str] | None:
    """Its VPC and its zone; None where it is not there."""
    try:
        (found,) = look.account.access.call("ec2", "describe_subnets", SubnetIds=[subnet_id])["Subnets"]
    except NotThere:
        return None
    return found["VpcId"], found["AvailabilityZone"]


def _network(look: Look) -> Iterator[Obstacle]:
    """Each gateway's subnet is there, in the VPC and the zone that the file says."""
    for network, field in zip(look.networks, ("network", "gateway.standby"), strict=False):
        found = _subnet(look, network.subnet_id)
        if found is None:
            advice = f"check {field}.subnet_id, account and region"
            yield Obstacle(what=f"{network.subnet_id} is not there", advice=advice)
            continue
        vpc, zone = found
        if vpc != network.vpc_id:
            other = "network.vpc_id" if network is look.networks[0] else f"{field}.subnet_id: both are in one VPC"
            yield Obstacle(what=f"{network.subnet_id} lies in {vpc}", advice=f"correct {other}")
        if zone != network.availability_zone:
            yield Obstacle(what=f"{network.subnet_id} lies in {zone}", advice=f"correct {field}.availability_zone")


def _secrets(look: Look) -> Iterator[Obstacle]:
    for connection in look.deployment.connections:
        arn = secret_arn(look, connection)
        if arn:
            yield from _secret(look, connection, arn)
        else:
            yield _to_be_set(look, connection)


def _secret(look: Look, connection: Connection, arn: str) -> Iterator[Obstacle]:
    try:
        secret = look.account.secret(arn, key=connection.secret_key)
        if not secret.version():
            yield _to_be_set(look, connection)
            return
        # Many operators may not read PSKs, and need not: to them it is not looked into.
        with suppress(AwsFailure):
            secret.use(len)
    except Unusable as unusable:
        yield Obstacle(what=f"{connection.name}: {unusable.what}: {arn}", advice=unusable.advice)
    except NotThere as failure:
        advice = failure.advice or "correct the ARN in the client file, or restore the secret"
        yield Obstacle(what=f"the secret of {connection.name} is not there: {arn}", advice=advice)


def _to_be_set(look: Look, connection: Connection) -> Obstacle:
    several = f" {connection.name}" if len(look.deployment.connections) > 1 else ""
    return Obstacle(
        what=f"the secret of {connection.name} has no value: the tunnel will wait for it",
        advice=f"fixtunnel secret set {look.deployment.client.name}{several}",
        is_fatal=False,
    )


def _agent_keys(_look: Look) -> Iterator[Obstacle]:
    if said := ends_soon(datetime.now(UTC)):
        yield Obstacle(what=said, advice=f"put AWS's next key into {FILE.name}; that replaces nothing", is_fatal=False)


def _agent(look: Look) -> Iterator[Obstacle]:
    """Whether people can get onto the gateway that is there. Who may not read its log is not troubled with that."""
    if not (look.stack and look.stack.instance_id):
        return
    with suppress(AwsFailure):
        kept = kept_state(look.account.access, log_of(look.deployment), look.stack.instance_id)
        if kept and kept.seen.no_sessions:
            advice = "it tries again by itself; docs/runbook.md: Agent"
            yield Obstacle(
                what=f"no sessions by SSM on the gateway: {kept.seen.no_sessions}", advice=advice, is_fatal=False
            )


_RULES: tuple[Callable[[Look], Iterator[Obstacle]], ...] = (
    _bootstrap,
    _address,
    _vpc,
    _instance_type,
    _image,
    _network,
    existing.route_tables,
    existing.room,
    existing.log_group,
    surroundings.address,
    surroundings.way_out,
    public_access,
    surroundings.overlaps,
    surroundings.routes,
    surroundings.own_network,
    surroundings.mail,
    _secrets,
    named.parts,
    named.role,
    encryption.secret_keys,
    encryption.log_key,
    _agent_keys,
    _agent,
)
