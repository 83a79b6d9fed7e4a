"""Synthesis in process, as `cdk synth` does it, and what a template says."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from aws_cdk import App

from model.deployment import Deployment
from stacks.gateway_stack import GatewayStack
from tests.paths import ROOT

CONTEXT: Mapping[str, Any] = json.loads((ROOT / "cdk.json").read_text())["context"]


@dataclass(frozen=True)
class Stack:
    """One synthesised stack."""

    name: str
    environment: str
    is_protected: bool
    template: dict[str, Any]

    def all(self, kind: str) -> dict[str, dict[str, Any]]:
        """The resources of an AWS type, by logical id."""
        resources: dict[str, dict[str, Any]] = self.template["Resources"]
        return {name: one for name, one in resources.items() if one["Type"] == f"AWS::{kind}"}

    def one(self, kind: str) -> dict[str, Any]:
        """The properties of the only resource of its type."""
        (resource,) = self.all(kind).values()
        properties: dict[str, Any] = resource["Properties"]
        return properties

    @property
    def instance_id(self) -> str:
        """The logical id of the gateway; of two the one that claims the address."""
        (name,) = [name for name in self.all("EC2::Instance") if not name.startswith("Standby")]
        return name


def synthesise(
    deployments: Sequence[Deployment],
    *,
    folder: Path | None = None,
    validation: bool = False,
    today: date | None = None,
) -> dict[str, Stack]:
    """The stack of each client, by the client's name."""
    if folder is None:
        with tempfile.TemporaryDirectory() as name:
            return synthesise(deployments, folder=Path(name), validation=validation, today=today)
    app = App(context=CONTEXT, outdir=str(folder), builtin_cloud_formation_validation=validation, tree_metadata=False)
    for deployment in deployments:
        GatewayStack(app, deployment=deployment, today=today)
    assembly = app.synth()
    made = [assembly.get_stack_by_name(f"fixtunnel-{one.client.name}") for one in deployments]
    return {
        one.stack_name.removeprefix("fixtunnel-"): Stack(
            one.stack_name, str(one.environment), bool(one.termination_protection), one.template
        )
        for one in made
    }


def references(value: Any) -> Iterator[str]:
    """The logical ids that a value refers to."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key in ("Ref", "Fn::GetAtt"):
                yield inner if isinstance(inner, str) else inner[0]
            elif key == "Fn::Sub":
                yield from re.findall(r"\$\{([A-Za-z0-9]+)", inner if isinstance(inner, str) else inner[0])
            else:
                yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)
