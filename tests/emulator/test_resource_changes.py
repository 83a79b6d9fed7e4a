"""The table that `make deploy-local` prints."""

from __future__ import annotations

from localaws.account import StackResource
from localaws.outcomes import last_operation, outcomes


def resource(logical_id: str, physical_id: str, kind: str = "Kind") -> StackResource:
    return StackResource(logical_id=logical_id, physical_id=physical_id, kind=kind, status="CREATE_COMPLETE")


def test_what_happened_to_each() -> None:
    before = [resource("Same", "1"), resource("Changed", "2"), resource("Moved", "3"), resource("Kept", "4", "Eip")]
    before += [resource("Gateway1", "i-1", "Instance"), resource("Gone", "5", "Alarm")]
    after = [resource("Same", "1"), resource("Changed", "2"), resource("Moved", "33")]
    after += [resource("Gateway2", "i-2", "Instance"), resource("New", "6", "Topic")]
    happened = {"Changed": frozenset(["UPDATE_COMPLETE"]), "Kept": frozenset(["DELETE_SKIPPED"])}
    found = {one.logical_id: (one.what, one.was) for one in outcomes(before, after, happened)}
    assert found == {
        "Same": ("unchanged", None),
        "Changed": ("updated in place", None),
        "Moved": ("replaced", "3"),
        "Gateway2": ("replaced", "i-1"),
        "New": ("created", None),
        "Kept": ("retained", None),
        "Gone": ("deleted", None),
    }


def test_only_the_last_operation_counts() -> None:
    events = [
        {"LogicalResourceId": "A", "ResourceStatus": "UPDATE_COMPLETE"},
        {
            "LogicalResourceId": "Stack",
            "ResourceStatus": "UPDATE_IN_PROGRESS",
            "ResourceStatusReason": "User Initiated",
        },
        {"LogicalResourceId": "A", "ResourceStatus": "CREATE_COMPLETE"},
    ]
    assert last_operation(events)["A"] == frozenset(["UPDATE_COMPLETE"])
