"""What outlives its stack: made once, retained, and adopted by a later deploy instead of being made again.

The id of a kept thing comes as a parameter of the stack. CloudFormation remembers it, so a later plain `cdk deploy`
does not make a second one. See docs/decisions/0003-adoption-by-parameter.md.
"""

from __future__ import annotations

from aws_cdk import CfnCondition, CfnDeletionPolicy, CfnParameter, CfnResource, Fn, Stack
from constructs import Construct


class KeptId:
    """A parameter that names a kept thing; empty where a new one shall be made."""

    def __init__(self, scope: Construct, name: str, *, description: str) -> None:
        stack = Stack.of(scope)
        self._parameter = CfnParameter(stack, name, default="", description=f"{description}; empty: a new one is made")
        self._is_new = CfnCondition(stack, f"{name}IsNew", expression=Fn.condition_equals(self._parameter, ""))

    def make(self, resource: CfnResource) -> None:
        """Make this resource only where none is kept, and keep it when the stack goes."""
        resource.cfn_options.condition = self._is_new
        # A first deploy that fails leaves nothing behind: no venue knows the address yet, and no PSK is in the secret.
        resource.cfn_options.deletion_policy = CfnDeletionPolicy.RETAIN_EXCEPT_ON_CREATE
        resource.cfn_options.update_replace_policy = CfnDeletionPolicy.RETAIN

    def or_else(self, value: str) -> str:
        """The kept id, or `value` of the new resource."""
        return self.choose(new=value, kept=self._parameter.value_as_string)

    def choose(self, *, new: str, kept: str) -> str:
        """`new` where a new one is made, else `kept`."""
        return Fn.condition_if(self._is_new.logical_id, new, kept).to_string()
