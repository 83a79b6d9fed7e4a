"""A customer's key must be there and enabled before anything can be encrypted with it.

CreateLogGroup, CloudWatch Logs API Reference, kmsKeyId: InvalidParameterException otherwise. EC2 User Guide, "Troubleshoot
instance launch issues": an instance whose volume has such a key ends at once, with Client.InvalidKMSKey.InvalidState. Key
policies are not evaluated here.
"""

from __future__ import annotations

from typing import Any

from localaws.cloudformation.clients import Clients
from localaws.cloudformation.faults import CannotMake

SOURCE = "EC2 User Guide, Troubleshoot instance launch issues; CloudWatch Logs API Reference, CreateLogGroup"


def assert_usable(clients: Clients, arn: str | None) -> None:
    """Return if no key is meant, or one that encrypts. Raises CannotMake."""
    if arn is None:
        return
    kms: Any = clients.client("kms")
    try:
        state = kms.describe_key(KeyId=arn)["KeyMetadata"]["KeyState"]
    except kms.exceptions.NotFoundException:
        state = "not there"
    if state != "Enabled":
        raise CannotMake(f"the KMS key {arn} is {state} (AWS: {SOURCE})")
