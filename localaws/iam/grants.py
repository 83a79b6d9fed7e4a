"""What the deployed role may do: its policies, read from the embedded AWS's IAM as they are there now."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from localaws.iam.policy import Statement, Undecidable, read
from localaws.serving.backend import Backend

_FRESH_S = 2.0


class NoSuchRole(Exception):
    """The role has been deleted."""


@dataclass(frozen=True, kw_only=True)
class Grants:
    """A role with the statements of all its policies, and those of its permissions boundary if it has one."""

    role_arn: str
    role_id: str
    statements: tuple[Statement, ...]
    boundary: tuple[Statement, ...] | None = None

    @property
    def account(self) -> str:
        """The account that the role belongs to."""
        return self.role_arn.split(":")[4]


class GrantsReader:
    """Reads a role's grants; what it read is used for two seconds, since a boot asks many times at once."""

    def __init__(self, backend: Backend) -> None:
        self._iam = backend.client("iam")
        self._known: dict[str, tuple[float, Grants]] = {}

    def of(self, role: str) -> Grants:
        """The grants of the role.

        Raises:
            NoSuchRole: it is not there (any more).
            Undecidable: it has a policy, or a boundary, that cannot be read.
        """
        read_at, grants = self._known.get(role, (0.0, None))
        if grants is None or time.monotonic() - read_at > _FRESH_S:
            grants = self._read(role)
            self._known[role] = (time.monotonic(), grants)
        return grants

    def _read(self, role: str) -> Grants:
        try:
            found = self._iam.get_role(RoleName=role)["Role"]
        except self._iam.exceptions.NoSuchEntityException as error:
            raise NoSuchRole(role) from error
        bound = found.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn")
        documents = [*self._inline(role), *self._attached(role)]
        return Grants(
            role_arn=found["Arn"],
            role_id=found["RoleId"],
            statements=tuple(each for text in documents for each in read(text)),
            boundary=read(self._document(bound)) if bound else None,
        )

    def _inline(self, role: str) -> list[dict[str, Any]]:
        names = self._iam.list_role_policies(RoleName=role)["PolicyNames"]
        return [self._iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"] for name in names]

    def _attached(self, role: str) -> list[dict[str, Any]]:
        attached = self._iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]
        return [self._document(each["PolicyArn"]) for each in attached]

    def _document(self, arn: str) -> dict[str, Any]:
        try:
            version = self._iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
            found = self._iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
        except ClientError as error:
            raise Undecidable(f"the embedded AWS does not know the policy {arn}, which the role has") from error
        document: dict[str, Any] = found
        return document
