"""How much of what AWS limits is left: addresses and networks are five a region unless somebody asked for more.

https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ops.aws.access import Access, AwsFailure

Kind = Literal["elastic-ip", "vpc"]
_CODES: dict[Kind, tuple[str, str]] = {"elastic-ip": ("ec2", "L-0263D0A3"), "vpc": ("vpc", "L-F678F1CE")}
DEFAULT = 5


@dataclass(frozen=True, kw_only=True)
class Room:
    """`used` of `limit`. `is_known`: the limit is this account's, not AWS's default."""

    used: int
    limit: int
    is_known: bool

    @property
    def left(self) -> int:
        """How many more there may be."""
        return max(0, self.limit - self.used)


def room(access: Access, kind: Kind) -> Room:
    """How many there are in the region, and how many there may be."""
    used = _used(access, kind)
    service, code = _CODES[kind]
    try:
        said = access.call("service-quotas", "get_service_quota", ServiceCode=service, QuotaCode=code)
    except AwsFailure:
        # Many roles may not ask. The default is what most accounts have.
        return Room(used=used, limit=DEFAULT, is_known=False)
    return Room(used=used, limit=int(said["Quota"]["Value"]), is_known=True)


def _used(access: Access, kind: Kind) -> int:
    if kind == "vpc":
        return len(access.pages("ec2", "describe_vpcs", "Vpcs"))
    return len(access.call("ec2", "describe_addresses")["Addresses"])
