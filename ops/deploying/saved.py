"""A plan that was saved, to be reviewed and then deployed as it is, or not at all.

CloudFormation keeps the change set: it has the template and the parameters that were reviewed. Once the stack has changed in
another way, CloudFormation takes it for obsolete and does not execute it.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-changesets.html
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from model.source import Unreadable, content
from ops.aws import Access, Account, NotThere
from ops.aws.stack import read_stack
from ops.deploying.planning import Plan
from ops.failure import BadInput, Failure
from ops.files.writing import write_whole
from userdata.contract import stack_name

_MOST = 4 << 20
_LOOK_SECONDS, _BEGIN_SECONDS = 1.0, 120.0


@dataclass(frozen=True, kw_only=True)
class Saved:
    """The plan, and the change set that does what it says: in this account and region, and made at this time (ISO 8601)."""

    plan: Plan
    change_set: str
    account: str
    region: str
    made: str

    def write(self, path: Path) -> None:
        """Write it."""
        write_whole(path, f"{json.dumps(asdict(self), indent=2)}\n".encode())


def read(path: Path) -> Saved:
    """Read it. Raises BadInput where the file is no such plan."""
    try:
        return TypeAdapter(Saved).validate_python(json.loads(content(path, most=_MOST)))
    except (Unreadable, ValueError, ValidationError) as error:
        advice = "make it again: fixtunnel plan CLIENT --out FILE"
        raise BadInput(f"{path} is no plan that fixtunnel saved", evidence=str(error)[:300], advice=advice) from None


class Execution:
    """A change set that is executed, watched as a run of the CDK is."""

    def __init__(self, account: Account, saved: Saved) -> None:
        """Begin. Raises Failure where it is not of this account and region, or no longer what would be done."""
        self._access: Access = account.access
        self._stack, self._name = stack_name(saved.plan.client), saved.change_set
        here = {"account": account.identity.account, "region": account.region}
        for what, found in here.items():
            if found != getattr(saved, what):
                raise Failure(f"the plan is for {what} {getattr(saved, what)}, and this is {found}")
        self._refuse_obsolete()
        before = read_stack(self._access, self._stack)
        self._before = before.changed if before else None
        self._begun = time.monotonic()
        self._call("execute_change_set")

    def _call(self, operation: str) -> Mapping[str, Any]:
        said: Mapping[str, Any] = self._access.call(
            "cloudformation", operation, StackName=self._stack, ChangeSetName=self._name
        )
        return said

    def _refuse_obsolete(self) -> None:
        try:
            status = str(self._call("describe_change_set").get("ExecutionStatus"))
        except NotThere:
            status = "its change set is gone"
        if status != "AVAILABLE":
            what = f"nothing was deployed: the stack has changed since the plan was made ({status})"
            raise Failure(
                what, advice=f"make it again: fixtunnel plan {self._stack.removeprefix('fixtunnel-')} --out FILE"
            )

    def ended(self, *, within: float) -> bool:
        """Whether CloudFormation has ended, or does within so many seconds."""
        deadline = time.monotonic() + within
        while self._goes_on():
            if time.monotonic() >= deadline:
                return False
            time.sleep(min(_LOOK_SECONDS, within))
        return True

    def _goes_on(self) -> bool:
        """It begins a moment after the answer: until then the stack is as it was."""
        stack = read_stack(self._access, self._stack)
        if stack is None or stack.changed != self._before:
            return bool(stack and stack.is_busy)
        if time.monotonic() > self._begun + _BEGIN_SECONDS:
            raise Failure(
                f"CloudFormation has not begun within {_BEGIN_SECONDS:.0f} s", advice="look at the stack's events"
            )
        return True

    def check(self) -> None:
        """Raise Failure if it failed."""
        stack = read_stack(self._access, self._stack)
        if stack is None or not stack.is_well:
            raise Failure(f"CloudFormation could not do it: {stack.status if stack else 'the stack is gone'}")


def now() -> str:
    """This moment, as a plan notes it."""
    return datetime.now().astimezone().isoformat(timespec="seconds")
