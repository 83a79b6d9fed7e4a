"""What is done to one resource at a time, with the events that CloudFormation writes about it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from botocore.exceptions import BotoCoreError, ClientError

from localaws.cloudformation.clients import Clients
from localaws.cloudformation.faults import CannotMake, Invalid
from localaws.cloudformation.kinds import KINDS, Kind, Made, Request
from localaws.cloudformation.signals import Policy
from localaws.cloudformation.stack import Resource, Stack

FAULTS = (ClientError, BotoCoreError, CannotMake, Invalid, KeyError, ValueError)
"""What a resource's own code may raise: it fails the resource, and its text is the reason."""

REPLACING = "Requested update requires the creation of a new physical resource; hence creating one."

Awaited = Callable[[Stack, Resource], None]


class Failed(Exception):
    """A resource could not be brought to what the template wants."""


@dataclass(frozen=True, kw_only=True)
class Hands:
    """Works on the resources of one stack. `awaited` is told of a resource whose signal is due.

    What is of a `refused` type cannot be created: a rehearsal's fault.
    """

    stack: Stack
    clients: Clients
    awaited: Awaited
    signal_cap: float | None = None
    refused: frozenset[str] = frozenset()

    def create(self, new: Resource, *, made: Callable[[], None], replaces: bool = False) -> None:
        """Create a resource and wait for its signals. `made` is called between the two: it exists from there on."""
        verb = "UPDATE" if replaces else "CREATE"
        self.stack.mark_resource(new, f"{verb}_IN_PROGRESS", REPLACING if replaces else None)
        with self._failing(new, verb):
            policy = Policy.of(new.definition, cap=self.signal_cap)
            if new.resource_type in self.refused:
                raise CannotMake("refused, as the rehearsal wanted it")
            new.made = self._kind(new).create(self._request(new))
            if policy:
                self.stack.signals.expect(new.logical_id)  # before anybody sees that it exists, and may signal
            made()
            self.stack.mark_resource(new, f"{verb}_IN_PROGRESS", "Resource creation Initiated")
            if policy:
                self._await_signals(new, policy)
        self.stack.mark_resource(new, f"{verb}_COMPLETE")

    def change(self, new: Resource, *, old: Resource) -> None:
        """Change a resource in place from what it was."""
        self.stack.mark_resource(new, "UPDATE_IN_PROGRESS")
        with self._failing(new, "UPDATE"):
            new.made = self._kind(new).update(_made(old), self._request(new), old.properties)
        self.stack.mark_resource(new, "UPDATE_COMPLETE")

    def remove(self, resource: Resource, *, kept: bool) -> bool:
        """Delete a resource, or leave it where it is to be kept; return whether it went as it should."""
        if kept:
            self.stack.mark_resource(resource, "DELETE_SKIPPED")
            return True
        self.stack.mark_resource(resource, "DELETE_IN_PROGRESS")
        try:
            self._kind(resource).delete(_made(resource), resource.properties)
        except FAULTS as error:
            if not _is_gone(error):
                logging.getLogger(__name__).exception("%s could not be deleted", resource.logical_id)
                self.stack.mark_resource(resource, "DELETE_FAILED", _words(error))
                return False
        self.stack.mark_resource(resource, "DELETE_COMPLETE")
        return True

    @contextmanager
    def _failing(self, resource: Resource, verb: str) -> Iterator[None]:
        try:
            yield
        except FAULTS as error:
            self.stack.mark_resource(resource, f"{verb}_FAILED", _words(error))
            raise Failed(f"The following resource(s) failed to {verb.lower()}: [{resource.logical_id}].") from error

    def _await_signals(self, resource: Resource, policy: Policy) -> None:
        self.awaited(self.stack, resource)
        who = self.stack.signals.wait(resource.logical_id, policy)
        self.stack.mark_resource(resource, resource.status, f"Received SUCCESS signal with UniqueId {who}")

    def _kind(self, resource: Resource) -> Kind:
        if resource.resource_type not in KINDS:
            raise CannotMake(f"{resource.resource_type} is unknown here: add it to localaws/cloudformation/kinds/")
        return KINDS[resource.resource_type](self.clients)

    def _request(self, resource: Resource) -> Request:
        return Request(
            stack=self.stack.name,
            logical_id=resource.logical_id,
            properties=resource.properties,
            stack_tags=self.stack.target.tags if self.stack.target else {},
        )


def _made(resource: Resource) -> Made:
    if resource.made is None:
        raise CannotMake(f"{resource.logical_id} does not exist")
    return resource.made


def _words(error: BaseException) -> str:
    return str(error) if isinstance(error, (ClientError, CannotMake)) else f"{type(error).__name__}: {error}"


def _is_gone(error: BaseException) -> bool:
    code = error.response["Error"]["Code"] if isinstance(error, ClientError) else ""
    return any(word in code for word in ("NotFound", "NoSuch", "NonExist"))
