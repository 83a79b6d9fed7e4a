"""What the CDK context says: which clients, from where, and which of their fields are overridden."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from model import folders
from model.givers import givers

_OWN = ("client", "clients_dir", "venues_dir")
# What CDK and its command line keep in the context: flags, look-ups (`cdk.context.json`), and notes of their own.
_LOOK_UPS = (
    *(
        "ami",
        "availability-zones",
        "cc-api-provider",
        "endpoint-service-availability-zones",
        "hosted-zone",
        "key-provider",
    ),
    *("load-balancer", "load-balancer-listener", "plugin", "security-group", "ssm", "vpc-provider"),
)
_OF_CDK = (
    "@",
    "aws:",
    "aws-cdk",
    "cdk:",
    "cdk-",
    "cli-",
    "acknowledged-issue-numbers",
    *(f"{one}:" for one in _LOOK_UPS),
)


@dataclass(frozen=True, kw_only=True)
class Parameters:
    """The context, typed."""

    clients: Path
    venues: Path
    selected: tuple[str, ...]
    overrides: Mapping[str, Any]
    origins: Mapping[str, str]


def read_context(context: Mapping[str, Any], root: Path, environment: Mapping[str, str]) -> Parameters:
    """`-c client=a,b`, `-c clients_dir=…`, `-c venues_dir=…`; every other key is a field of the client selected.

    Where the context names no folder the environment may, as for every other program of this project.
    """
    named = folders.named(environment)
    names = str(context.get("client", "")).split(",")
    return Parameters(
        clients=root / str(context.get("clients_dir") or named.get("clients_dir", "clients")),
        venues=root / str(context.get("venues_dir") or named.get("venues_dir", "venues")),
        selected=tuple(name.strip() for name in names if name.strip()),
        overrides={key: value for key, value in context.items() if key not in _OWN and not key.startswith(_OF_CDK)},
        origins=givers({key: value for key, value in context.items() if value}, environment),
    )
