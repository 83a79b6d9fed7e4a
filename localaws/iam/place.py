"""AWS's host names: which service, region and bucket each stands for (AWS General Reference, "Service endpoints")."""

from __future__ import annotations

import re
from dataclasses import dataclass

from localaws.authority import DOMAIN
from localaws.iam.signature import Scope

# First label of the host name, which is the name in signatures too: what policies call the service.
SERVICES = {
    "cloudformation": "cloudformation",
    "ec2": "ec2",
    "kms": "kms",
    "logs": "logs",
    "monitoring": "cloudwatch",
    "s3": "s3",
    "secretsmanager": "secretsmanager",
    "ssm": "ssm",
    "sts": "sts",
}
_GLOBAL_REGION = "us-east-1"


@dataclass(frozen=True, kw_only=True)
class Place:
    """What a host name stands for.

    `service` is None where the rehearsal has no such service; `label` is then what to call it in the log.
    """

    label: str
    service: str | None
    scope: Scope
    bucket: str | None = None


def locate(host: str, *, region: str) -> Place | None:
    """What the host name stands for; None where it is not one of AWS's."""
    name = host.lower().rstrip(".").partition(":")[0]
    if not name.endswith(f".{DOMAIN}"):
        return None
    front = name.removesuffix(f".{DOMAIN}")
    regional = front.endswith((f".{region}", f"-{region}"))
    label = front[: -len(region) - 1] if regional else front
    bucket = re.fullmatch(r"(.+)\.s3", label)
    label = "s3" if bucket else label
    # Names without a region: S3's find the bucket's own region, STS's are us-east-1's.
    regions = (region,) if regional else (_GLOBAL_REGION, region) if label == "s3" else (_GLOBAL_REGION,)
    is_served = regional or label in ("s3", "sts")
    return Place(
        label=label,
        service=SERVICES.get(label) if is_served else None,
        scope=Scope(service=label, regions=regions),
        bucket=bucket[1] if bucket else None,
    )
