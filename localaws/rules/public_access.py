"""VPC Block Public Access: an account's switch for what goes through the internet gateways of a region, and its exceptions.

EC2 API Reference, ModifyVpcBlockPublicAccessOptions and CreateVpcBlockPublicAccessExclusion. moto knows neither. What is
set is shown; no packet is dropped for it.
"""

from __future__ import annotations

from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.responses import EC2Response

_STATES: dict[tuple[str, str], dict[str, Any]] = {}


def install() -> None:
    """Add EC2's calls for it."""
    for name, call in _CALLS.items():
        setattr(EC2Response, name, call)


def _state(request: Any) -> dict[str, Any]:
    """Of an account's region: `mode`, and `exclusions` by their id."""
    return _STATES.setdefault((request.current_account, request.region), {"mode": "off", "exclusions": {}})


def _options(request: Any) -> ActionResult:
    told = {
        "AwsAccountId": request.current_account,
        "AwsRegion": request.region,
        "InternetGatewayBlockMode": _state(request)["mode"],
        "State": "default-state" if _state(request)["mode"] == "off" else "update-complete",
        "ExclusionsAllowed": "allowed",
        "ManagedBy": "account",
    }
    return ActionResult({"VpcBlockPublicAccessOptions": told})


def _set_options(request: Any) -> ActionResult:
    _state(request)["mode"] = request._get_param("InternetGatewayBlockMode")
    return _options(request)


def _exclusions(request: Any) -> ActionResult:
    return ActionResult({"VpcBlockPublicAccessExclusions": list(_state(request)["exclusions"].values())})


def _exclude(request: Any) -> ActionResult:
    known = _state(request)["exclusions"]
    subnet = request._get_param("SubnetId")
    place = f"subnet/{subnet}" if subnet else f"vpc/{request._get_param('VpcId')}"
    made = {
        "ExclusionId": f"vpcbpa-exclude-{len(known):017x}",
        "InternetGatewayExclusionMode": request._get_param("InternetGatewayExclusionMode"),
        "ResourceArn": f"arn:aws:ec2:{request.region}:{request.current_account}:{place}",
        "State": "create-complete",
    }
    known[made["ExclusionId"]] = made
    return ActionResult({"VpcBlockPublicAccessExclusion": made})


def _include(request: Any) -> ActionResult:
    gone = _state(request)["exclusions"].pop(request._get_param("ExclusionId"))
    return ActionResult({"VpcBlockPublicAccessExclusion": gone | {"State": "delete-complete"}})


_CALLS = {
    "describe_vpc_block_public_access_options": _options,
    "modify_vpc_block_public_access_options": _set_options,
    "describe_vpc_block_public_access_exclusions": _exclusions,
    "create_vpc_block_public_access_exclusion": _exclude,
    "delete_vpc_block_public_access_exclusion": _include,
}
