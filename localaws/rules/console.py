"""What the serial console said is minutes old, or not there yet, unless the latest is asked for.

GetConsoleOutput, EC2 API Reference: "By default, the console output returns buffered information that was posted shortly after
an instance transition state"; with `Latest` it is the present one, on instance types of the Nitro hypervisor (T3, M5 and later).
How many minutes is not said; five is what people report.
"""

from __future__ import annotations

from typing import Any

from moto.core.responses import ActionResult
from moto.core.utils import utcnow
from moto.ec2.responses.general import General

POSTED_SECONDS = 300.0


def install() -> None:
    """Put the rule before moto's own answer."""
    General.get_console_output = _posted_late(General.get_console_output)  # type: ignore[method-assign]


def _posted_late(answer: Any) -> Any:
    def answered(self: Any) -> ActionResult:
        instance = self.ec2_backend.get_instance(self._get_param("InstanceId"))
        age = (utcnow() - instance.launch_time).total_seconds()
        if age < POSTED_SECONDS and not self._get_bool_param("Latest", False):
            return ActionResult({"InstanceId": instance.id, "Timestamp": instance.launch_time})
        result: ActionResult = answer(self)
        return result

    return answered
