"""One thing in the way of a deploy, and what is looked at to find it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from model.client import ExistingNetwork
from model.deployment import Deployment
from ops.aws import Account, Stack


@dataclass(frozen=True, kw_only=True)
class Obstacle:
    """One thing in the way. What is not fatal lets the deploy succeed, and is said all the same."""

    what: str
    advice: str
    is_fatal: bool = True

    def __str__(self) -> str:
        return f"{'refused' if self.is_fatal else 'warning'}: {self.what}\n  → {self.advice}"


@dataclass(frozen=True, kw_only=True)
class Look:
    """What is looked at. `stack` is None where there is none, or none that has made anything."""

    account: Account
    deployment: Deployment
    stack: Stack | None
    kept: Mapping[str, str]

    @property
    def networks(self) -> tuple[ExistingNetwork, ...]:
        """The existing network as each gateway has it: of a pair two subnets of it. Empty where the stack makes one."""
        network, standby = self.deployment.client.network, self.deployment.client.gateway.standby
        if not isinstance(network, ExistingNetwork):
            return ()
        where = standby.model_dump() if standby else {}
        return (network, network.model_copy(update=where)) if where else (network,)

    @property
    def made(self) -> list[tuple[str, str]]:
        """Kind and id of each part of the stack."""
        if self.stack is None:
            return []
        found = self.account.access.pages(
            "cloudformation", "list_stack_resources", "StackResourceSummaries", StackName=self.stack.name
        )
        return [(one["ResourceType"], one["PhysicalResourceId"]) for one in found if one.get("PhysicalResourceId")]
