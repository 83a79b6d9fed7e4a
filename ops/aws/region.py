"""Which AWS region: decided here, and for every verb alike."""

from __future__ import annotations

import os

from model.client import Client
from ops.failure import BadInput
from ops.settings import Settings


def region_of(client: Client, settings: Settings) -> str:
    """The client file's; else --region, AWS_REGION, AWS_DEFAULT_REGION, the profile's. Raises BadInput where none says."""
    given = client.region or settings.region or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    chosen = given or _of_profile(settings.profile)
    if not chosen:
        advice = "write region: in the client file, or set AWS_REGION, or give --region before the verb"
        raise BadInput("no AWS region", advice=advice)
    return chosen


def _of_profile(profile: str | None) -> str | None:
    from ops.aws.access import profile_region  # noqa: PLC0415  boto3 takes half a second, and is the last to be asked

    return profile_region(profile)
