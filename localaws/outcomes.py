"""What a deploy did to each resource, from the stack's record before and after it and from its events."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from localaws.account import StackResource

What = Literal["created", "updated in place", "replaced", "unchanged", "deleted", "retained"]


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """One resource and what happened to it. `was` is the id of the one that it replaced."""

    kind: str
    logical_id: str
    physical_id: str
    what: What
    was: str | None = None


def last_operation(events: Sequence[Mapping[str, Any]]) -> Mapping[str, frozenset[str]]:
    """The statuses of each resource in a stack's last operation. `events` are the newest first, as AWS gives them."""
    found: dict[str, set[str]] = {}
    for event in events:
        found.setdefault(event["LogicalResourceId"], set()).add(event["ResourceStatus"])
        if event.get("ResourceStatusReason") == "User Initiated":
            break
    return {logical_id: frozenset(statuses) for logical_id, statuses in found.items()}


def outcomes(
    before: Iterable[StackResource], after: Iterable[StackResource], happened: Mapping[str, frozenset[str]]
) -> tuple[Outcome, ...]:
    """Every resource of either record: those that are there in the order of their creation, then those that are gone."""
    old, new = {one.logical_id: one for one in before}, {one.logical_id: one for one in after}
    gone = {name: one for name, one in old.items() if name not in new}
    successors = {name: _predecessor(one, old, gone, new) for name, one in new.items()}
    replaced = [one.logical_id for one in successors.values() if one]
    there = [_of(one, old.get(name), successors[name], happened) for name, one in new.items()]
    left = [_left(one, happened) for name, one in gone.items() if name not in replaced]
    return (*there, *left)


def _predecessor(
    one: StackResource,
    old: Mapping[str, StackResource],
    gone: Mapping[str, StackResource],
    new: Mapping[str, StackResource],
) -> StackResource | None:
    """The only one of its kind that went as the only new one of that kind came: the CDK replaces a gateway so."""
    came = [other for name, other in new.items() if name not in old and other.kind == one.kind]
    went = [other for other in gone.values() if other.kind == one.kind]
    return went[0] if came == [one] and len(went) == 1 else None


def _of(
    one: StackResource,
    old: StackResource | None,
    predecessor: StackResource | None,
    happened: Mapping[str, frozenset[str]],
) -> Outcome:
    former = old or predecessor
    if former is None:
        return _outcome(one, "created")
    if former.physical_id != one.physical_id:
        return _outcome(one, "replaced", was=former.physical_id)
    updated = "UPDATE_COMPLETE" in happened.get(one.logical_id, ())
    return _outcome(one, "updated in place" if updated else "unchanged")


def _left(one: StackResource, happened: Mapping[str, frozenset[str]]) -> Outcome:
    return _outcome(one, "retained" if "DELETE_SKIPPED" in happened.get(one.logical_id, ()) else "deleted")


def _outcome(one: StackResource, what: What, was: str | None = None) -> Outcome:
    return Outcome(kind=one.kind, logical_id=one.logical_id, physical_id=one.physical_id, what=what, was=was)
