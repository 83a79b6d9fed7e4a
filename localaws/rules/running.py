"""The type and the user data of an instance change while it is stopped.

ModifyInstanceAttribute, API Reference: for some attributes the instance must be stopped. Type and user data are such (EC2 User
Guide, "Change the instance type", "Run commands at launch"). The code is IncorrectInstanceState. moto changes both at any time.
"""

from __future__ import annotations

from typing import Any

from moto.ec2.models.instances import InstanceBackend

from localaws.rules.refused import refused

STOPPED_ONLY = {"instance_type": "instanceType", "user_data": "userData"}
"""moto's names, and EC2's."""


def install() -> None:
    """Put the rule before moto's own answer."""
    InstanceBackend.modify_instance_attribute = _stopped_first(InstanceBackend.modify_instance_attribute)  # type: ignore[method-assign]


def _stopped_first(modify: Any) -> Any:
    def modified(self: Any, instance_id: str, key: str, value: Any) -> Any:
        if key in STOPPED_ONLY and self.get_instance(instance_id)._state.name != "stopped":
            words = (
                f"The instance '{instance_id}' is not in the 'stopped' state. "
                f"The attribute '{STOPPED_ONLY[key]}' cannot be changed."
            )
            raise refused("IncorrectInstanceState", words, "EC2 API Reference, ModifyInstanceAttribute")
        return modify(self, instance_id, key, value)

    return modified
