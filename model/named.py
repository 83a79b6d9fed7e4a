"""What a client file names that has to be there before a deploy: keys, topics, a boundary, log groups, a bucket.

More is to be said of its network, address, image and secrets than that: who uses them looks at each.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from model.deployment import Deployment

Kind = Literal["KMS key", "SNS topic", "policy", "log group", "bucket"]


@dataclass(frozen=True, kw_only=True)
class Named:
    """One of them. `id` is its ARN; a log group's and a bucket's is its name. `fields` of the file name it."""

    kind: Kind
    id: str
    fields: tuple[str, ...]


def named(deployment: Deployment) -> tuple[Named, ...]:
    """Each of them once."""
    client = deployment.client
    sessions, secrets = client.sessions, [one.secret for one in client.tunnels]
    said: list[tuple[Kind, str, str | None]] = [
        *(("KMS key", f"keys.{name}", arn) for name, arn in client.keys.model_dump().items()),
        *(("KMS key", f"tunnels.{n}.secret.kms_key_arn", one.kms_key_arn) for n, one in enumerate(secrets) if one),
        ("KMS key", "sessions.key", sessions.key),
        ("KMS key", "sessions.bucket_key", sessions.bucket_key),
        *(("SNS topic", "alarm_topics", arn) for arn in client.alarm_topics),
        ("policy", "role.permissions_boundary", client.role.permissions_boundary),
        ("log group", "log_group", client.log_group),
        ("log group", "sessions.log_group", sessions.log_group),
        ("bucket", "sessions.bucket", sessions.bucket),
    ]
    found: dict[tuple[Kind, str], list[str]] = {}
    for kind, field, id in said:
        if id:
            found.setdefault((kind, id), []).append(field)
    return tuple(Named(kind=kind, id=id, fields=tuple(fields)) for (kind, id), fields in found.items())
