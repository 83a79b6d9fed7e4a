"""Every type of resource that the embedded CloudFormation can make, one class each, over moto's public API."""

from localaws.cloudformation.kinds import (
    address,
    bootstrap,
    firewall,
    identity,
    machine,
    network,
    parameter,
    secret,
    watching,
)
from localaws.cloudformation.kinds.base import KINDS, Kind, Made, Properties, Request

__all__ = [
    "KINDS",
    "Kind",
    "Made",
    "Properties",
    "Request",
    "address",
    "bootstrap",
    "firewall",
    "identity",
    "machine",
    "network",
    "parameter",
    "secret",
    "watching",
]
