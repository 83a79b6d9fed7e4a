"""The partitions of AWS: China, GovCloud and others are clouds of their own, and an ARN names the one it is in.

Source: botocore's `partitions.json`, "regionRegex" of each. A test holds this table against it.
"""

from __future__ import annotations

AWS, CHINA = "aws", "aws-cn"
_OTHERS = {
    "cn-": CHINA,
    "us-gov-": "aws-us-gov",
    "eusc-": "aws-eusc",
    "us-iso-": "aws-iso",
    "us-isob-": "aws-iso-b",
    "eu-isoe-": "aws-iso-e",
    "us-isof-": "aws-iso-f",
}


def partition_of(region: str) -> str:
    """The partition that a region is in, as ARNs name it."""
    return next((partition for prefix, partition in _OTHERS.items() if region.startswith(prefix)), AWS)
