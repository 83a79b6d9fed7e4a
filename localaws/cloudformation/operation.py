"""One operation on one stack, in CloudFormation's order: create or replace, wait for signals, clean up; or roll back.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-update-behaviors.html
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from localaws.cloudformation.clients import Clients
from localaws.cloudformation.faults import CannotMake, Invalid
from localaws.cloudformation.kinds import KINDS, Kind, Made, Request
from localaws.cloudformation.kinds.ruled import unruled
from localaws.cloudformation.schemas import faults, goes_first, replacing
from localaws.cloudformation.signals import Policy
from localaws.cloudformation.stack import Resource, Stack, Target, now
from localaws.cloudformation.template import ABSENT, Body, Values, wanted

FAULTS = (ClientError, BotoCoreError, CannotMake, Invalid, KeyError, ValueError)
"""What a resource's own code may raise: it fails the resource, and its text is the reason."""

REPLACING = "Requested update requires the creation of a new physical resource; hence creating one."

Awaited = Callable[[Stack, Resource], None]


class Failed(Exception):
    """A resource could not be brought to what the template wants."""


@dataclass(frozen=True, kw_only=True)
class Maker:
    """Works on the resources of one stack. `awaited` is called for a resource whose signal is due.

    What is of a `refused` type cannot be created or changed, except to take it back: a rehearsal's fault. `shuffles_zones`:
    at updates. `awaits_at_end`: signals are waited for in `settle`, and what is made after a resource does not wait for them.
    """

    stack: Stack
    clients: Clients
    awaited: Awaited
    signal_cap: float | None = None
    awaits_at_end: bool = False
    refused: frozenset[str] = frozenset()
    shuffles_zones: bool = False
    _due: list[tuple[Resource, Policy, str]] = field(default_factory=list)

    def create(self, new: Resource, *, made: Callable[[], None], replaces: bool = False) -> None:
        """Create a resource and wait for its signals. `made` is called between the two: it exists from there on."""
        verb = "UPDATE" if replaces else "CREATE"
        self.stack.mark_resource(new, f"{verb}_IN_PROGRESS", REPLACING if replaces else None)
        with self._failing(new, verb):
            policy = Policy.of(new.definition, cap=self.signal_cap)
            self._hold_to_schema(new)
            self._refuse(new)
            new.made = self._kind(new).create(self._request(new))
            if policy:
                self.stack.signals.expect(new.logical_id)  # before anybody sees that it exists, and may signal
            made()
            self.stack.mark_resource(new, f"{verb}_IN_PROGRESS", "Resource creation Initiated")
            if policy and self.awaits_at_end:
                self._due.append((new, policy, verb))
                return
            if policy:
                self._await_signals(new, policy)
        self.stack.mark_resource(new, f"{verb}_COMPLETE")

    def settle(self) -> None:
        """Wait for the signals that nothing has waited for yet."""
        for new, policy, verb in self._due:
            with self._failing(new, verb):
                self._await_signals(new, policy)
            self.stack.mark_resource(new, f"{verb}_COMPLETE")
        self._due.clear()

    def change(self, new: Resource, *, old: Resource) -> None:
        """Change a resource in place from what it was."""
        self.stack.mark_resource(new, "UPDATE_IN_PROGRESS")
        with self._failing(new, "UPDATE"):
            self._hold_to_schema(new)
            self._refuse(new)
            new.made = self._kind(new).update(_made(old), self._request(new), old.properties)
        self.stack.mark_resource(new, "UPDATE_COMPLETE")

    def _refuse(self, resource: Resource) -> None:
        if resource.resource_type in self.refused:
            raise CannotMake("refused, as the rehearsal wanted it")

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

    def _hold_to_schema(self, resource: Resource) -> None:
        """Refuse what CloudFormation would, and what nothing here acts on."""
        asked = (resource.resource_type, resource.properties)
        region = self.clients.region
        if found := [*faults(*asked, region=region), *unruled(*asked, region=region)]:
            raise CannotMake("; ".join(found))

    def _kind(self, resource: Resource) -> Kind:
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


def pseudo_parameters(clients: Clients, stack: Stack) -> dict[str, Any]:
    """What `Ref` gives for the names that every template knows."""
    return {
        "AWS::AccountId": clients.account,
        "AWS::Region": clients.region,
        "AWS::StackId": stack.stack_id,
        "AWS::StackName": stack.name,
        "AWS::Partition": "aws",
        "AWS::URLSuffix": "amazonaws.com",
        "AWS::NotificationARNs": [],
        "AWS::NoValue": ABSENT,
    }


@dataclass(frozen=True, kw_only=True)
class Step:
    """One change, and what it came from: enough to undo it. `gone`: the old one was removed before the new one was made."""

    new: Resource
    old: Resource | None
    in_place: bool
    gone: bool = False


@dataclass(frozen=True, kw_only=True)
class Operation:
    """Brings a stack to a target, or back to what it was."""

    stack: Stack
    maker: Maker
    steps: list[Step] = field(default_factory=list)

    def deploy(self, target: Target) -> None:
        """Create or update the stack. It says that it is in progress already, so that no request sees it idle."""
        former, before = self.stack.target, list(self.stack.resources.values())
        self.stack.target, self.stack.updated = target, now() if former else None
        self.stack.updates += 1 if former else 0
        verb = "UPDATE" if former else "CREATE"
        try:
            values = self._values(target)
            order = wanted(values)
            for logical_id, definition in order.items():
                self._bring(logical_id, definition, values)
            self.maker.settle()
            self.stack.outputs = _outputs(values)
        except (Failed, *FAULTS) as error:
            self._roll_back(verb, str(error))
            self.stack.target = former or target
        else:
            self._clean_up(verb, order, before)

    def delete(self) -> None:
        """Remove the stack and everything in it that is not to be kept."""
        doomed = reversed(list(self.stack.resources.values()))
        gone = [self._remove(resource, kept=_is_kept(resource)) for resource in doomed]
        self.stack.mark("DELETE_COMPLETE" if all(gone) else "DELETE_FAILED")

    def _values(self, target: Target) -> Values:
        names = pseudo_parameters(self.maker.clients, self.stack)
        seed = self.stack.zone_seed(shuffled=self.maker.shuffles_zones)
        return Values(body=target.body, names={**names, **target.resolved}, attribute=self._attribute, seed=seed)

    def _attribute(self, logical_id: str, name: str) -> Any:
        resource = self.stack.resources.get(logical_id)
        if resource is None or resource.made is None or name not in resource.made.attributes:
            raise CannotMake(f"{logical_id} has no attribute {name} here")
        return resource.made.attributes[name]

    def _bring(self, logical_id: str, definition: Body, values: Values) -> None:
        """Create, change, replace or keep one resource."""
        old = self.stack.resources.get(logical_id)
        properties = values.of(definition.get("Properties", {}))
        new = Resource(logical_id=logical_id, definition=definition, properties=properties)
        if old is None or self._is_replaced(old, new):
            gone = old is not None and goes_first(new.resource_type, region=self.maker.clients.region)
            if old and gone:
                self._take_away(old, new)
            made = partial(self._record, new, old, in_place=False)
            self.maker.create(new, made=(lambda: None) if gone else made, replaces=old is not None)
        elif old.properties != new.properties:
            self.maker.change(new, old=old)
            self._record(new, old, in_place=True)
        else:
            old.definition = definition
        values.names[logical_id] = self.stack.resources[logical_id].physical_id

    def _take_away(self, old: Resource, new: Resource) -> None:
        """Remove the old one first, in a call of its own: nothing of the kind is there until the new one is made."""
        if not self.maker.remove(old, kept=old.definition.get("UpdateReplacePolicy") == "Retain"):
            self.stack.mark_resource(old, "UPDATE_FAILED", old.reason)
            raise Failed(f"The following resource(s) failed to update: [{old.logical_id}].")
        self._record(new, old, in_place=False, gone=True)

    def _is_replaced(self, old: Resource, new: Resource) -> bool:
        region, kind = self.maker.clients.region, new.resource_type
        return kind != old.resource_type or bool(replacing(kind, region=region, old=old.properties, new=new.properties))

    def _record(self, new: Resource, old: Resource | None, *, in_place: bool, gone: bool = False) -> None:
        self.steps.append(Step(new=new, old=old, in_place=in_place, gone=gone))
        self.stack.resources[new.logical_id] = new

    def _clean_up(self, verb: str, order: Iterable[str], before: list[Resource]) -> None:
        """Remove what the target has no more and what was replaced: last made, first removed."""
        names = list(order)
        replaced = [id(step.old) for step in self.steps if not step.in_place]
        gone = [id(step.old) for step in self.steps if step.gone]
        if verb == "UPDATE":
            self.stack.mark("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")
        for old in reversed([one for one in before if id(one) not in gone]):
            if id(old) in replaced:
                self._remove(old, kept=old.definition.get("UpdateReplacePolicy") == "Retain")
            elif old.logical_id not in names:
                self._remove(old, kept=_is_kept(old))
        self.stack.resources = {name: self.stack.resources[name] for name in names}
        self.stack.mark(f"{verb}_COMPLETE")

    def _roll_back(self, verb: str, reason: str) -> None:
        """Undo every step, last first: what was there comes back, then what is new goes."""
        prefix = "ROLLBACK" if verb == "CREATE" else "UPDATE_ROLLBACK"
        self.stack.mark(f"{prefix}_IN_PROGRESS", reason)
        undone = [self._undo(step) for step in reversed(self.steps)]
        if verb == "UPDATE":
            self.stack.mark("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS")
        made = [step.new for step in reversed(self.steps) if not step.in_place and not step.gone]
        gone = [self._remove(resource, kept=_is_kept(resource, in_creation=True)) for resource in made]
        self.stack.mark(f"{prefix}_COMPLETE" if all(undone + gone) else f"{prefix}_FAILED")

    def _undo(self, step: Step) -> bool:
        """Put the old resource back into the record; what was changed in place is changed back."""
        if step.old is None:
            return True
        self.stack.resources[step.old.logical_id] = step.old
        try:
            if step.in_place:
                replace(self.maker, refused=frozenset()).change(step.old, old=step.new)
            elif step.gone:
                self._bring_back(step)
        except Failed:
            return False
        return True

    def _bring_back(self, step: Step) -> None:
        """Another one of the old kind: the one that there was is gone."""
        assert step.old is not None
        if step.new.made:
            self.maker.remove(step.new, kept=False)
        replace(self.maker, refused=frozenset()).create(step.old, made=lambda: None, replaces=True)

    def _remove(self, resource: Resource, *, kept: bool) -> bool:
        if self.stack.resources.get(resource.logical_id) is resource:
            del self.stack.resources[resource.logical_id]
        return self.maker.remove(resource, kept=kept)


def _is_kept(resource: Resource, *, in_creation: bool = False) -> bool:
    """Whether it outlives its stack. https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-attribute-deletionpolicy.html"""
    policy = resource.definition.get("DeletionPolicy", "Delete")
    return policy == "Retain" or (policy == "RetainExceptOnCreate" and not in_creation)


def _outputs(values: Values) -> list[dict[str, Any]]:
    """The outputs whose condition holds."""
    stated = values.body.get("Outputs", {})
    held = {key: one for key, one in stated.items() if "Condition" not in one or values.holds(one["Condition"])}
    return [
        {"OutputKey": key, "OutputValue": str(values.of(one["Value"])), "Description": one.get("Description")}
        for key, one in held.items()
    ]
