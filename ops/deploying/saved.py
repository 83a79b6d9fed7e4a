"""A plan that was saved, to be reviewed and then deployed as it is, or not at all.

CloudFormation keeps the change set: it has the template and the parameters that were reviewed. Once the stack has changed in
another way, CloudFormation takes it for obsolete and does not execute it.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-changesets.html
"""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from model.deployment import Deployment
from model.source import Unreadable, content
from ops.aws import Access, Account, NotThere
from ops.aws.stack import change_set, read_stack
from ops.deploying.downtime import trading
from ops.deploying.obstacles import obstacles
from ops.deploying.planning import Plan, judged
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


def is_file(word: str) -> bool:
    """Whether an argument of `deploy` names a saved plan: no client's name has a dot or a slash."""
    return "." in word or "/" in word


def again(account: Account, deployment: Deployment, saved: Saved) -> Plan:
    """The plan that was saved, with what AWS would refuse now and who trades now.

    Raises:
        Failure: it is not of this account and region, its change set is gone or obsolete, or does not do what the file says.
    """
    here = {"account": account.identity.account, "region": account.region}
    for what, found in here.items():
        if found != getattr(saved, what):
            raise Failure(f"the plan is for {what} {getattr(saved, what)}, and this is {found}")
    stack = account.find_stack(saved.plan.client)
    _refuse_obsolete(account.access, saved)
    changes, _reason = change_set(account.access, stack_name(saved.plan.client), saved.change_set)
    kind, seconds = judged(tuple(changes))
    if (tuple(changes), kind) != (saved.plan.changes, saved.plan.kind):
        raise Failure("nothing was deployed: the file does not say what its change set does", advice=_afresh(saved))
    return replace(
        saved.plan,
        seconds_down=None if saved.plan.new_address else seconds,
        obstacles=tuple(obstacles(account, deployment, stack, account.kept(deployment))),
        trading=tuple(venue.name for venue in trading(deployment.venues, datetime.now(UTC))),
    )


def _refuse_obsolete(access: Access, saved: Saved) -> None:
    asked: Any = {"StackName": stack_name(saved.plan.client), "ChangeSetName": saved.change_set}
    try:
        status = str(access.call("cloudformation", "describe_change_set", **asked).get("ExecutionStatus"))
    except NotThere:
        status = "its change set is gone"
    if status != "AVAILABLE":
        what = f"nothing was deployed: the stack has changed since the plan was made ({status})"
        raise Failure(what, advice=_afresh(saved))


def _afresh(saved: Saved) -> str:
    return f"make it again: fixtunnel plan {saved.plan.client} --out FILE"


class Execution:
    """A change set that is executed, watched as a run of the CDK is."""

    def __init__(self, access: Access, saved: Saved) -> None:
        """Begin. Raises Failure where the stack has changed since the plan was made."""
        self._access, self._stack = access, stack_name(saved.plan.client)
        _refuse_obsolete(access, saved)
        before = read_stack(access, self._stack)
        self._before = before.changed if before else None
        self._begun = time.monotonic()
        access.call("cloudformation", "execute_change_set", StackName=self._stack, ChangeSetName=saved.change_set)

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
