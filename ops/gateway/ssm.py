"""Commands on an instance by SSM: no SSH, no open port.

https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_SendCommand.html
"""

from __future__ import annotations

import time
from typing import Any

from ops.aws.access import Access, AwsFailure, NotThere
from ops.gateway.session import Ran, Unreachable

_DONE = ("Success", "Failed", "TimedOut", "Cancelled", "Undeliverable", "Terminated", "Delivery Timed Out")
_PAUSE_SECONDS = 0.5


class SsmSession:
    """The gateway's shell by SSM's agent. Commands are kept in SSM's history: nothing secret may be in one."""

    def __init__(self, access: Access, instance_id: str) -> None:
        self._access = access
        self._instance_id = instance_id

    def run(self, command: str, *, limit: float = 60) -> Ran:
        """Run a shell command as root. Raises Unreachable."""
        try:
            said = self._access.call(
                "ssm",
                "send_command",
                InstanceIds=[self._instance_id],
                DocumentName="AWS-RunShellScript",
                Parameters={"commands": [command], "executionTimeout": [str(max(30, int(limit)))]},
                TimeoutSeconds=max(30, int(limit)),
            )
        except AwsFailure as failure:
            if failure.code == "InvalidInstanceId":
                raise Unreachable(_silent(self._instance_id), evidence=failure.evidence) from None
            raise
        return self._wait(said["Command"]["CommandId"], limit)

    def _wait(self, command_id: str, limit: float) -> Ran:
        deadline = time.monotonic() + limit
        while time.monotonic() < deadline:
            said = self._invocation(command_id)
            if said and said["Status"] in _DONE:
                return _ran(said, self._instance_id)
            time.sleep(_PAUSE_SECONDS)
        raise Unreachable(f"{self._instance_id} did not finish a command within {limit:.0f} s")

    def _invocation(self, command_id: str) -> Any:
        try:
            return self._access.call(
                "ssm", "get_command_invocation", CommandId=command_id, InstanceId=self._instance_id
            )
        except NotThere:
            return None
        except AwsFailure as failure:
            # Right after the command was sent its invocation is not known yet.
            if failure.code == "InvocationDoesNotExist":
                return None
            raise


def _ran(said: Any, instance_id: str) -> Ran:
    if said["Status"] not in ("Success", "Failed"):
        raise Unreachable(f"{_silent(instance_id)}: {said.get('StatusDetails') or said['Status']}")
    return Ran(
        status=said.get("ResponseCode", 0),
        out=said.get("StandardOutputContent", ""),
        err=said.get("StandardErrorContent", ""),
    )


def _silent(instance_id: str) -> str:
    return f"SSM's agent on {instance_id} does not answer"
