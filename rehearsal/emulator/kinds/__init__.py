"""Every type of resource that the embedded CloudFormation can make, one class each, over moto's public API."""

from rehearsal.emulator.kinds import (
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
from rehearsal.emulator.kinds.base import KINDS, Kind, Made, Properties, Request

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
