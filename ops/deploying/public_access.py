"""VPC Block Public Access: an account's switch that stops what goes through the internet gateways of a region.

Both of its modes stop our gateway. An exclusion of the VPC or the subnet lets traffic through again; one for egress alone counts
in the mode that blocks both ways, and then no venue can begin a tunnel (Amazon VPC User Guide, "Block public access to VPCs and
subnets").
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ops.deploying.obstacle import Look, Obstacle

_BOTH_WAYS = "block-bidirectional"
_IN_FORCE = ("create-complete", "update-complete", "update-in-progress")
_OURS = ("AWS::EC2::VPC", "AWS::EC2::Subnet")


def public_access(look: Look) -> Iterator[Obstacle]:
    """The region's switch is off, or the gateway's network has an exclusion."""
    options: Any = look.account.access.call("ec2", "describe_vpc_block_public_access_options")[
        "VpcBlockPublicAccessOptions"
    ]
    mode = options.get("InternetGatewayBlockMode", "off")
    if mode == "off":
        return
    places = _places(look)
    allowed = _exclusions(look, places)
    where = f"VPC Block Public Access is on in {look.account.region} ({mode})"
    if "allow-bidirectional" in allowed:
        return
    if mode == _BOTH_WAYS and "allow-egress" in allowed:
        what = f"{where}, and the exclusion of {', '.join(places)} is for egress: no venue can begin a tunnel"
        yield Obstacle(what=what, advice="make it allow-bidirectional if your venue begins", is_fatal=False)
        return
    yield Obstacle(what=f"{where}: the gateway would reach neither its venues nor AWS", advice=_advice(options, places))


def _places(look: Look) -> list[str]:
    """The ids of the gateway's VPC and subnet; of a network that is yet to be made there are none."""
    if networks := look.networks:
        return [networks[0].vpc_id, *(one.subnet_id for one in networks)]
    parts = look.made
    return [id for wanted in _OURS for kind, id in parts if kind == wanted]


def _exclusions(look: Look, places: list[str]) -> set[str]:
    found = look.account.access.call("ec2", "describe_vpc_block_public_access_exclusions", MaxResults=1000)
    return {
        one["InternetGatewayExclusionMode"]
        for one in found["VpcBlockPublicAccessExclusions"]
        if one["State"] in _IN_FORCE and one["ResourceArn"].rpartition("/")[2] in places
    }


def _advice(options: Any, places: list[str]) -> str:
    if options.get("ExclusionsAllowed") == "not-allowed":
        return "your organisation allows no exclusions: ask who manages it"
    if not places:
        return "name a network that has an exclusion (network.vpc_id, network.subnet_id); a new one can have none yet"
    return (
        f"aws ec2 create-vpc-block-public-access-exclusion --vpc-id {places[0]} "
        "--internet-gateway-exclusion-mode allow-bidirectional"
    )
