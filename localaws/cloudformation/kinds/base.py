"""What every kind of resource has: it is created, changed in place, and removed."""

from __future__ import annotations

import secrets
import string
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from localaws.cloudformation.clients import Clients
from localaws.cloudformation.faults import CannotMake

Properties = Mapping[str, Any]
Tags = list[dict[str, str]]


@dataclass(frozen=True, kw_only=True)
class Request:
    """A resource as the template wants it."""

    stack: str
    logical_id: str
    properties: Properties
    stack_tags: Mapping[str, str] = field(default_factory=dict)

    def generated_name(self, limit: int = 64) -> str:
        """A name as CloudFormation makes one: stack, logical id and twelve random characters."""
        suffix = "".join(secrets.choice(string.ascii_uppercase + string.digits) for _ in range(12))
        return f"{self.stack}-{self.logical_id}"[: limit - 13] + f"-{suffix}"

    @property
    def tags(self) -> Tags:
        """The resource's tags, and the stack's that it has not set itself."""
        own = self.properties.get("Tags", [])
        named = {tag["Key"]: tag["Value"] for tag in own} if isinstance(own, list) else dict(own)
        return [{"Key": key, "Value": value} for key, value in {**self.stack_tags, **named}.items()]

    def dropped_tags(self, old: Properties) -> list[str]:
        """The keys of tags that the old properties had and that are no more."""
        own = old.get("Tags", [])
        before = {tag["Key"] for tag in own} if isinstance(own, list) else set(own)
        return sorted(before - {tag["Key"] for tag in self.tags})

    def given(self, *names: str) -> dict[str, Any]:
        """Those of the named properties that the template sets."""
        return {name: self.properties[name] for name in names if name in self.properties}


@dataclass(frozen=True, kw_only=True)
class Made:
    """A resource that exists: what `Ref` and `Fn::GetAtt` give."""

    physical_id: str
    attributes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Kind:
    """One type of resource. Errors of boto3 (ClientError) fail the operation, with their text as the reason.

    Each property that a template may set has its rule: a new one is made with it, and AWS replaces for another value
    (`made_with`); it changes in place (`changes`); or it is noted alone, since nothing here reads it (`notes`).
    """

    clients: Clients

    made_with: ClassVar[tuple[str, ...]] = ()
    changes: ClassVar[tuple[str, ...]] = ()
    notes: ClassVar[tuple[str, ...]] = ()

    def create(self, request: Request) -> Made:
        """Make a new one."""
        raise CannotMake(f"{type(self).__name__} cannot be created here")

    def update(self, made: Made, request: Request, old: Properties) -> Made:
        """Change one in place from its old properties."""
        raise CannotMake(f"{type(self).__name__} {made.physical_id} cannot be changed in place here")

    def delete(self, made: Made, properties: Properties) -> None:
        """Remove it. One that is gone already may raise AWS's NotFound."""
