"""What is around the gateway and would make its deploy fail, or succeed for nothing: address, network, routes, mail."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from ipaddress import IPv4Network
from typing import Any

from model.client import ExistingNetwork
from model.services import ANYWHERE
from model.tunnel_rules import taken_in
from ops.aws import NotThere
from ops.deploying.network_acl import Entry, closed
from ops.deploying.obstacle import Look, Obstacle


def address(look: Look) -> Iterator[Obstacle]:
    """An existing address: it is there, it is the one that the file says, and nothing else has it."""
    named = look.deployment.client.gateway.elastic_ip
    if named is None:
        return
    try:
        asked: Any = {"AllocationIds": [named.allocation_id]}
        (found,) = look.account.access.call("ec2", "describe_addresses", **asked)["Addresses"]
    except NotThere:
        advice = "correct gateway.elastic_ip.allocation_id, account or region"
        yield Obstacle(what=f"{named.allocation_id} is not there", advice=advice)
        return
    if found["PublicIp"] != str(named.address):
        advice = "correct gateway.elastic_ip.address"
        yield Obstacle(what=f"{named.allocation_id} is {found['PublicIp']}, not {named.address}", advice=advice)
    holder = found.get("InstanceId") or found.get("NetworkInterfaceId")
    if holder and (look.stack is None or holder != look.stack.instance_id):
        yield Obstacle(what=f"{named.address} is attached to {holder}", advice=_migration(look, found, holder))


def _migration(look: Look, found: Any, holder: str) -> str:
    """From the gateway that has it: AWS refuses to attach it a second time (aws-cdk#26423)."""
    name, allocation = look.deployment.client.name, found["AllocationId"]
    back = f"--instance-id {holder}" if found.get("InstanceId") else f"--network-interface-id {holder}"
    return (
        f"in a window in which no venue trades: (1) stop the tunnels on {holder}; "
        f"(2) aws ec2 disassociate-address --association-id {found['AssociationId']}; (3) fixtunnel deploy {name}. "
        f"The way back: aws ec2 associate-address --allocation-id {allocation} {back}"
    )


def way_out(look: Look) -> Iterator[Obstacle]:
    """An existing subnet: its packets reach the internet by way of an internet gateway, and its network ACL lets them."""
    for network in look.networks:
        at = _of_subnet(look, "route_tables", "RouteTables", network)
        yield from (_public if network.public_address else _private)(look, network, at[0]["Routes"] if at else [])
        for acl in _of_subnet(look, "network_acls", "NetworkAcls", network):
            for lacking, is_fatal in closed(look, network, [Entry.read(one) for one in acl["Entries"]]):
                advice = (
                    "add an allow rule before the one that denies it; network ACLs keep no state, so both ways count"
                )
                what = f"the network ACL {acl['NetworkAclId']} of {network.subnet_id} stops {lacking}"
                yield Obstacle(what=what, advice=advice, is_fatal=is_fatal)


def _public(_look: Look, network: ExistingNetwork, routes: Sequence[Any]) -> Iterator[Obstacle]:
    target = _leads_to(routes, ANYWHERE)
    if not target.startswith("igw-"):
        what = f"{network.subnet_id} has no way out: its default route leads to {target}"
        advice = "an Elastic IP needs a route 0.0.0.0/0 to an internet gateway: add it, or name a public subnet"
        yield Obstacle(what=what, advice=advice)


def _private(look: Look, network: ExistingNetwork, routes: Sequence[Any]) -> Iterator[Obstacle]:
    """Without a public address of its own the gateway reaches a venue by the Elastic IP and an internet gateway, and AWS by
    anything else. Endpoints and a proxy need no default route, so a missing one stops nothing."""
    for peer in look.deployment.peer_addresses:
        target = _leads_to(routes, IPv4Network(peer))
        if not target.startswith("igw-"):
            what = f"{network.subnet_id} leads {peer}, a venue's gateway, to {target}"
            yield Obstacle(what=what, advice=f"an Elastic IP needs a route {peer}/32 to an internet gateway: add it")
    if (target := _leads_to(routes, ANYWHERE)).startswith("igw-"):
        what = f"{network.subnet_id} leads all else to {target}, where a host without a public address gets nowhere"
        advice = "lead 0.0.0.0/0 to your own egress; it may be well with VPC endpoints or a proxy (services.proxy)"
        yield Obstacle(what=what, advice=advice, is_fatal=False)


def overlaps(look: Look) -> Iterator[Obstacle]:
    """An existing network: no venue's network takes in a part of it, and our own address is none that AWS gives away."""
    network = look.deployment.client.network
    if not isinstance(network, ExistingNetwork):
        return
    own_subnets = [one.subnet_id for one in look.networks]
    subnets = [cidr for one in own_subnets for cidr in _cidrs(look, "subnets", "Subnets", one)]
    places = [*subnets, *_cidrs(look, "vpcs", "Vpcs", network.vpc_id)]
    for remote in look.deployment.remote_networks:
        for where, cidr in [place for place in places if place[1].overlaps(remote)][:1]:
            what = f"{remote}, a venue's network, overlaps {where} ({cidr}): its hosts could not be reached any more"
            advice = "compare the venue's form with remote_networks; else ask the venue to show you other addresses"
            is_fatal = bool(network.route_table_ids) or where in own_subnets
            yield Obstacle(what=what, advice=advice, is_fatal=is_fatal)
    for own in dict.fromkeys(one.source_address for one in look.deployment.connections):
        for where, cidr in subnets if own else ():
            if own in taken_in(cidr):
                what = f"{own}, by which a venue knows us, is the {taken_in(cidr)[own]} of {where} ({cidr})"
                yield Obstacle(what=what, advice="correct local_network or source_address")
            elif own in cidr:
                what = (
                    f"{own}, by which a venue knows us, lies in {where} ({cidr}): AWS may give it to another host there"
                )
                advice = "reserve it: aws ec2 create-subnet-cidr-reservation; or choose one outside the subnet"
                yield Obstacle(what=what, advice=advice, is_fatal=False)


def _cidrs(look: Look, what: str, key: str, id: str) -> list[tuple[str, IPv4Network]]:
    """The IPv4 networks of a subnet or a VPC, each with its id."""
    asked: Any = [{"Name": f"{what.removesuffix('s')}-id", "Values": [id]}]
    found = look.account.access.pages("ec2", f"describe_{what}", key, Filters=asked)
    blocks = (block for one in found for block in one.get("CidrBlockAssociationSet") or [one])
    return [(id, IPv4Network(block["CidrBlock"])) for block in blocks]


def _of_subnet(look: Look, what: str, key: str, network: ExistingNetwork) -> list[Any]:
    """What a subnet is associated with; else its VPC's main route table or default network ACL."""
    subnet, vpc = ("association.subnet-id", network.subnet_id), ("vpc-id", network.vpc_id)
    default = ("default", "true") if what == "network_acls" else ("association.main", "true")
    for wanted in ([subnet], [vpc, default]):
        filters = [{"Name": name, "Values": [value]} for name, value in wanted]
        if found := look.account.access.pages("ec2", f"describe_{what}", key, Filters=filters):
            return found
    return []


def _leads_to(routes: Sequence[Any], network: IPv4Network) -> str:
    """Where the narrowest route that takes in this network leads, in words; a dead one leads nowhere."""
    known = {IPv4Network(one["DestinationCidrBlock"]): one for one in routes if one.get("DestinationCidrBlock")}
    wide = [one for one in known if network.subnet_of(one)]
    route = known[max(wide, key=lambda one: one.prefixlen)] if wide else {}
    return "nothing" if route.get("State") == "blackhole" else _target(route)


def routes(look: Look) -> Iterator[Obstacle]:
    """The trading hosts' route tables: no other route to a venue's network is there."""
    network = look.deployment.client.network
    if not isinstance(network, ExistingNetwork) or not network.route_table_ids:
        return
    wanted = {str(one) for one in look.deployment.remote_networks}
    asked = [{"Name": "route-table-id", "Values": list(network.route_table_ids)}]
    made = look.made
    for table in look.account.access.pages("ec2", "describe_route_tables", "RouteTables", Filters=asked):
        for route in table["Routes"]:
            place = route.get("DestinationCidrBlock", "")
            id = table["RouteTableId"]
            if place not in wanted or _is_ours(look, id, route, made):
                continue
            yield Obstacle(
                what=f"{id} has a route to {place} already: to {_target(route)}",
                advice="if it may go, in a window in which no venue trades: "
                f"aws ec2 delete-route --route-table-id {id} --destination-cidr-block {place}",
                # One that leads nowhere takes nobody's packets: a gateway that is gone left it.
                is_fatal=route.get("State") != "blackhole",
            )


def _is_ours(look: Look, table: str, route: Any, made: list[tuple[str, str]]) -> bool:
    """Whether it is this stack's: it leads to a gateway of its, this one or another, or nowhere until a gateway takes it.

    Who deletes it cuts the trading hosts off for good: CloudFormation does not make again what it has made.
    """
    if look.stack is None:
        return False
    targets = {route.get("InstanceId"), route.get("NetworkInterfaceId")} - {None}
    if targets & {id for _, id in made}:
        return True
    if route.get("State") == "blackhole":
        # What it led to is gone. AWS::EC2::Route: its id is table and destination.
        return ("AWS::EC2::Route", f"{table}|{route['DestinationCidrBlock']}") in made
    if not (instance := route.get("InstanceId")):
        return False
    at: Any = [{"Name": "instance-id", "Values": [instance]}]
    parts = look.account.access.pages("ec2", "describe_instances", "Reservations", Filters=at)
    tags = [tag for part in parts for one in part["Instances"] for tag in one.get("Tags", ())]
    return {"Key": "aws:cloudformation:stack-name", "Value": look.stack.name} in tags


def _target(route: Any) -> str:
    keys = (
        "InstanceId",
        "NetworkInterfaceId",
        "GatewayId",
        "NatGatewayId",
        "TransitGatewayId",
        "VpcPeeringConnectionId",
    )
    return next((str(route[key]) for key in keys if route.get(key)), "nothing")


def own_network(look: Look) -> Iterator[Obstacle]:
    """A network of the gateway's own that stands: AWS cannot change its addresses under a gateway that lives in it."""
    network = look.deployment.client.network
    gateway = look.stack.instance_id if look.stack else ""
    if isinstance(network, ExistingNetwork) or not gateway:
        return
    access, client = look.account.access, look.deployment.client.name
    try:
        found = access.call("ec2", "describe_instances", InstanceIds=[gateway])["Reservations"][0]["Instances"][0]
    except NotThere:
        return
    if "SubnetId" not in found:
        return  # it is terminated
    (subnet,) = access.call("ec2", "describe_subnets", SubnetIds=[found["SubnetId"]])["Subnets"]
    if IPv4Network(subnet["CidrBlock"]) != network.cidr:
        yield Obstacle(
            what=f"network.cidr is {network.cidr}, and the gateway lives in {subnet['CidrBlock']}: "
            "AWS does not take the way out from a network with public addresses in it",
            advice=f"write network.cidr: {subnet['CidrBlock']} again. To change it all the same, in a window in which no venue "
            f"trades: fixtunnel destroy {client}, then fixtunnel deploy {client}; address and secrets are kept and adopted",
        )


def mail(look: Look) -> Iterator[Obstacle]:
    """The alarms' reader: until they confirm their address they hear of nothing, and AWS forgets it after 48 hours."""
    wanted = look.deployment.client.alarm_email
    if not wanted or look.stack is None:
        return
    access = look.account.access
    for topic in (id for kind, id in look.made if kind == "AWS::SNS::Topic"):
        found = access.pages("sns", "list_subscriptions_by_topic", "Subscriptions", TopicArn=topic)
        arns = [one["SubscriptionArn"] for one in found if one["Endpoint"] == wanted]
        if any(arn.startswith("arn:") for arn in arns):
            continue
        pending = "PendingConfirmation" in arns
        what = f"no alarm reaches {wanted}: the address is " + (
            "not confirmed" if pending else "not subscribed any more"
        )
        again = f"aws sns subscribe --topic-arn {topic} --protocol email --notification-endpoint {wanted}; then "
        follow = (
            "its reader follows the link in AWS's mail (subject: Subscription Confirmation); it ends after 48 hours"
        )
        yield Obstacle(what=what, advice=follow if pending else again + follow, is_fatal=False)
