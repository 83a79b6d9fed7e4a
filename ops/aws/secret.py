"""A PSK in Secrets Manager. Its value leaves this module only as an argument to a function that is given it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from ops.aws.access import Access, NotThere

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Secret:
    """One secret. It does not hold its value, so it can be printed."""

    access: Access
    arn: str

    def version(self) -> str:
        """The id of the version that counts; empty where there is no value yet. Raises NotThere."""
        said = self.access.call("secretsmanager", "describe_secret", SecretId=self.arn)
        stages = said.get("VersionIdsToStages", {})
        return next((version for version, labels in stages.items() if "AWSCURRENT" in labels), "")

    def use(self, function: Callable[[bytes], Answer]) -> Answer | None:
        """Give the value to a function, and return its answer; None where there is no value yet."""
        try:
            said = self.access.call("secretsmanager", "get_secret_value", secretly=True, SecretId=self.arn)
        except NotThere:
            return None
        # As the gateway reads it: the line end of an editor or of `echo` is no part of a PSK.
        value = said.get("SecretBinary") or said.get("SecretString", "").strip("\r\n").encode()
        return function(value) if value else None

    def put(self, value: str) -> str:
        """Store a new value, and return its version's id."""
        said = self.access.call(
            "secretsmanager", "put_secret_value", secretly=True, SecretId=self.arn, SecretString=value
        )
        return str(said["VersionId"])

    def make_current(self, version: str, *, instead_of: str) -> None:
        """Let another version count, such as the one before."""
        self.access.call(
            "secretsmanager",
            "update_secret_version_stage",
            SecretId=self.arn,
            VersionStage="AWSCURRENT",
            MoveToVersionId=version,
            RemoveFromVersionId=instead_of,
        )
