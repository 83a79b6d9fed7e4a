"""CPU credits of T instances: what a launch asks for, and the default.

EC2 User Guide, "Launch credits": T2 alone has them; a T3, T3a or T4g begins with none, so in `standard` mode it is held to its
baseline as it boots. "Unlimited mode": that is their default. DescribeInstanceCreditSpecifications tells the mode; moto always
says standard. No processor is throttled here.
"""

from __future__ import annotations

from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.responses.instances import InstanceResponse

UNLIMITED_BY_DEFAULT = ("t3.", "t3a.", "t4g.")


def install() -> None:
    """Put the rules instead of moto's."""
    InstanceResponse.run_instances = _remembering(InstanceResponse.run_instances)  # type: ignore[method-assign]
    InstanceResponse.describe_instance_credit_specifications = _describe  # type: ignore[method-assign]
    InstanceResponse.modify_instance_credit_specification = _modify  # type: ignore[attr-defined]


def _remembering(run: Any) -> Any:
    def launched(self: Any) -> ActionResult:
        result: Any = run(self)
        asked = self._get_param("CreditSpecification", {}).get("CpuCredits")
        for instance in result.result.instances:
            instance.cpu_credits = asked or default(instance.instance_type)
        answer: ActionResult = result
        return answer

    return launched


def default(instance_type: str) -> str:
    """The mode of an instance whose launch says nothing."""
    return "unlimited" if instance_type.startswith(UNLIMITED_BY_DEFAULT) else "standard"


def _describe(self: Any) -> ActionResult:
    found = self.ec2_backend.describe_instance_credit_specifications(self._get_param("InstanceIds", []))
    shown = [{"InstanceId": one.id, "CpuCredits": one.cpu_credits} for one in found]
    return ActionResult({"InstanceCreditSpecifications": shown})


def _modify(self: Any) -> ActionResult:
    asked = self._get_param("InstanceCreditSpecifications", [])
    for one in asked:
        self.ec2_backend.get_instance(one["InstanceId"]).cpu_credits = one["CpuCredits"]
    changed = [{"InstanceId": one["InstanceId"]} for one in asked]
    return ActionResult({"SuccessfulInstanceCreditSpecifications": changed})
