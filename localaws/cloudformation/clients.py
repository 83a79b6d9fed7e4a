"""boto3's clients of the emulator itself: resources are made through the same API that everybody uses."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

from localaws.iam.access_key import AccessKey

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_ec2 import EC2Client
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_ssm import SSMClient


ONLOOKER = "fixtunnel-onlooker"
"""In the user agent of these clients: who looks at the emulator from outside is not one of AWS's callers, and not throttled."""


@dataclass(kw_only=True)
class Clients:
    """One client a service, each made at its first use: a model takes 0.1 s to load."""

    endpoint: str
    region: str
    account: str
    key: AccessKey
    _made: dict[str, Any] = field(default_factory=dict)

    def client(self, service: str) -> Any:
        """The client of a service by its boto3 name."""
        if service not in self._made:
            session = boto3.Session(
                aws_access_key_id=self.key.access_key_id,
                aws_secret_access_key=self.key.secret_access_key,
                region_name=self.region,
            )
            quick = Config(
                connect_timeout=5,
                read_timeout=60,
                retries={"max_attempts": 1},
                max_pool_connections=20,
                user_agent_extra=ONLOOKER,
            )
            self._made[service] = session.client(service, endpoint_url=self.endpoint, config=quick)  # type: ignore[call-overload]
        return self._made[service]

    @cached_property
    def ec2(self) -> EC2Client:
        """EC2."""
        return self.client("ec2")  # type: ignore[no-any-return]

    @cached_property
    def iam(self) -> IAMClient:
        """IAM."""
        return self.client("iam")  # type: ignore[no-any-return]

    @cached_property
    def ssm(self) -> SSMClient:
        """Systems Manager."""
        return self.client("ssm")  # type: ignore[no-any-return]

    @cached_property
    def s3(self) -> S3Client:
        """S3."""
        return self.client("s3")  # type: ignore[no-any-return]

    @cached_property
    def secrets(self) -> SecretsManagerClient:
        """Secrets Manager."""
        return self.client("secretsmanager")  # type: ignore[no-any-return]

    @cached_property
    def cloudformation(self) -> CloudFormationClient:
        """CloudFormation."""
        return self.client("cloudformation")  # type: ignore[no-any-return]
