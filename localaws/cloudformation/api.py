"""CloudFormation's API instead of moto's: requests in, dictionaries of the documented shape out.

https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_Operations.html
"""

from __future__ import annotations

import uuid
from contextlib import suppress
from typing import ClassVar
from urllib.parse import urlparse

from moto.core.responses import ActionResult, BaseResponse, EmptyResult

from localaws.cloudformation.change_set import ChangeSet
from localaws.cloudformation.clients import ONLOOKER
from localaws.cloudformation.cloud import Cloud
from localaws.cloudformation.faults import Invalid, NoChangeSet, Throttled
from localaws.cloudformation.operation import pseudo_parameters
from localaws.cloudformation.stack import Resource, Stack, Target
from localaws.rules.pace import DESCRIBE_STACKS, SOURCE, Pace


class Api(BaseResponse):
    """One request. A subclass binds it to its cloud, since moto makes a new object each time: `bound`."""

    cloud: ClassVar[Cloud]
    change_sets: ClassVar[list[ChangeSet]]
    pace: ClassVar[Pace]

    def __init__(self) -> None:
        super().__init__(service_name="cloudformation")
        self.automated_parameter_parsing = True

    def create_stack(self) -> ActionResult:
        """CreateStack."""
        name = self._get_param("StackName")
        target = self._target(None)
        stack = self.cloud.new_stack(name, protected=self._get_bool_param("EnableTerminationProtection") or False)
        self.cloud.deploy(stack, target)
        return ActionResult({"StackId": stack.stack_id})

    def update_stack(self) -> ActionResult:
        """UpdateStack."""
        stack = self._stack()
        target = self._target(stack)
        if target.same_as(stack.target):
            raise Invalid("No updates are to be performed.")
        self.cloud.deploy(stack, target)
        return ActionResult({"StackId": stack.stack_id})

    def delete_stack(self) -> ActionResult:
        """DeleteStack; of a stack that is not there too, as in AWS."""
        name = self._get_param("StackName")
        if any(name in (stack.name, stack.stack_id) for stack in self.cloud.live):
            self.cloud.delete(self.cloud.find(name))
        return EmptyResult()

    def describe_stacks(self) -> ActionResult:
        """DescribeStacks: five a second, for all callers together."""
        if ONLOOKER not in self.headers.get("User-Agent", "") and not self.pace.take():
            raise Throttled(f"Rate exceeded (AWS: {SOURCE})")
        named = self._get_param("StackName")
        stacks = [self.cloud.find(named)] if named else self.cloud.live
        return ActionResult({"Stacks": [stack.describe() for stack in stacks]})

    def list_stacks(self) -> ActionResult:
        """ListStacks."""
        wanted = self._get_param("StackStatusFilter", [])
        stacks = [stack for stack in self.cloud.stacks if not wanted or stack.status in wanted]
        return ActionResult({"StackSummaries": [stack.describe() for stack in stacks]})

    def describe_stack_events(self) -> ActionResult:
        """DescribeStackEvents: the newest first."""
        return ActionResult({"StackEvents": self._stack().events[::-1]})

    def describe_stack_resources(self) -> ActionResult:
        """DescribeStackResources."""
        stack = self._stack()
        return ActionResult({"StackResources": [stack.describe_resource(one) for one in self._resources(stack)]})

    def describe_stack_resource(self) -> ActionResult:
        """DescribeStackResource."""
        stack = self._stack()
        found = self._resources(stack)
        if not found:
            raise Invalid(f"Resource {self._get_param('LogicalResourceId')} does not exist for stack {stack.name}")
        return ActionResult({"StackResourceDetail": stack.describe_resource(found[0])})

    def list_stack_resources(self) -> ActionResult:
        """ListStackResources."""
        stack = self._stack()
        found = [stack.describe_resource(one) for one in self._resources(stack)]
        return ActionResult({"StackResourceSummaries": found})

    def get_template(self) -> ActionResult:
        """GetTemplate: the text as it was sent."""
        target = self._stack().target
        return ActionResult({"TemplateBody": target.text if target else "{}"})

    def update_termination_protection(self) -> ActionResult:
        """UpdateTerminationProtection."""
        stack = self._stack()
        stack.protected = self._get_bool_param("EnableTerminationProtection") or False
        return ActionResult({"StackId": stack.stack_id})

    def signal_resource(self) -> ActionResult:
        """SignalResource."""
        logical_id, status = self._get_param("LogicalResourceId"), self._get_param("Status")
        self._stack().signals.send(logical_id, unique_id=self._get_param("UniqueId"), status=status)
        return EmptyResult()

    def create_change_set(self) -> ActionResult:
        """CreateChangeSet: ready at once."""
        is_new = self._get_param("ChangeSetType", "UPDATE") == "CREATE"
        stack = self._reviewed() if is_new else self._stack()
        target, name = self._target(stack), self._get_param("ChangeSetName")
        base = stack.stack_id.replace(f":stack/{stack.name}/", f":changeSet/{name}/")
        found = ChangeSet(
            name=name,
            id=base + uuid.uuid4().hex,
            stack=stack,
            target=target,
            region=self.cloud.clients.region,
            names={**pseudo_parameters(self.cloud.clients, stack), **target.resolved},
        )
        self.change_sets.append(found)
        return ActionResult({"Id": found.id, "StackId": stack.stack_id})

    def describe_change_set(self) -> ActionResult:
        """DescribeChangeSet."""
        with_values = self._get_bool_param("IncludePropertyValues") or False
        return ActionResult(self._change_set().describe(with_values=with_values))

    def delete_change_set(self) -> ActionResult:
        """DeleteChangeSet. One that is not there is deleted: AWS finds nothing wrong with that."""
        with suppress(NoChangeSet):
            self.change_sets.remove(self._change_set())
        return EmptyResult()

    def execute_change_set(self) -> ActionResult:
        """ExecuteChangeSet: the work goes on after the answer."""
        change_set = self._change_set()
        self.cloud.deploy(change_set.stack, change_set.target)
        change_set.executed = True
        return EmptyResult()

    def _stack(self) -> Stack:
        return self.cloud.find(self._get_param("StackName"))

    def _reviewed(self) -> Stack:
        """The stack that a first change set is for: one under review, or a new one."""
        name = self._get_param("StackName")
        under_review = [one for one in self.cloud.live if one.name == name and one.status == "REVIEW_IN_PROGRESS"]
        return under_review[0] if under_review else self.cloud.new_stack(name)

    def _resources(self, stack: Stack) -> list[Resource]:
        named = self._get_param("LogicalResourceId")
        return [one for one in list(stack.resources.values()) if named in (None, one.logical_id)]

    def _target(self, stack: Stack | None) -> Target:
        parameters, tags = self._get_param("Parameters", []), self._get_param("Tags", [])
        return self.cloud.target(self._template(stack), parameters, tags, stack)

    def _template(self, stack: Stack | None) -> str:
        if self._get_bool_param("UsePreviousTemplate", False) and stack and stack.target:
            return stack.target.text
        if body := self._get_param("TemplateBody"):
            return str(body)
        bucket, key = urlparse(self._get_param("TemplateURL")).path.lstrip("/").split("/", 1)
        return self.cloud.clients.s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode()

    def _change_set(self) -> ChangeSet:
        named = self._get_param("ChangeSetName")
        for one in self.change_sets:
            if one.id == named or (
                one.name == named and self._get_param("StackName") in (one.stack.name, one.stack.stack_id)
            ):
                return one
        raise NoChangeSet(f"ChangeSet [{named}] does not exist")


def bound(to: Cloud) -> type[Api]:
    """The API of one cloud."""

    class BoundApi(Api):
        cloud = to
        change_sets: ClassVar[list[ChangeSet]] = []
        pace = Pace(DESCRIBE_STACKS)

    return BoundApi
