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
        """The id of the version that counts; empty where there is no value yet.

        Raises:
            NotThere: there is no such secret, or it was deleted and can only be restored.
        """
        said = self.access.call("secretsmanager", "describe_secret", SecretId=self.arn)
        if "DeletedDate" in said:
            advice = f"until it is gone for good: aws secretsmanager restore-secret --secret-id {self.arn}"
            evidence = f"deleted; gone for good after {said['DeletedDate']:%Y-%m-%d %H:%M %Z}"
            raise NotThere(f"the secret {self.arn} is deleted", evidence=evidence, advice=advice)
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

    def go_back(self) -> bool:
        """Store the value before the present one anew; False where there is none."""
        try:
            said = self.access.call(
                "secretsmanager", "get_secret_value", secretly=True, SecretId=self.arn, VersionStage="AWSPREVIOUS"
            )
        except NotThere:
            return False
        self.put(said["SecretString"])
        return True
