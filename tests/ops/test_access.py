"""AWS on a bad day: what a call waits out, and what it says when that does not help."""

from __future__ import annotations

import os
from io import BytesIO
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from urllib3 import HTTPResponse

from ops.aws.access import Access, AwsFailure
from tests.ops.conftest import Fixtunnel

RATE = b"<ErrorResponse><Error><Code>Throttling</Code><Message>Rate exceeded</Message></Error></ErrorResponse>"
NONE = b"<DescribeStacksResponse><DescribeStacksResult><Stacks/></DescribeStacksResult></DescribeStacksResponse>"


class Busy:
    """CloudFormation while others of the account ask it: it refuses so many, then it answers."""

    def __init__(self, refusals: int) -> None:
        self.left = refusals

    def answer(self, request: Any, **_: Any) -> AWSResponse:
        status, body = (400, RATE) if self.left > 0 else (200, NONE)
        self.left -= 1
        raw = HTTPResponse(body=BytesIO(body), preload_content=False)
        return AWSResponse(request.url, status, HTTPHeaders(), raw)


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds between attempts; none of them passes."""
    kept: list[float] = []
    monkeypatch.setattr("botocore.endpoint.time", SimpleNamespace(sleep=kept.append))
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "any")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "any")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    return kept


def busy(refusals: int) -> Access:
    access = Access(profile=None, region="eu-west-2")
    access.client("cloudformation").meta.events.register("before-send", Busy(refusals).answer)
    return access


def test_a_rate_that_others_use_up_is_waited_for(waits: list[float]) -> None:
    """Five a second for the whole account, whatever else it runs: four attempts were over in under a second now and then."""
    assert busy(5).call("cloudformation", "describe_stacks")["Stacks"] == []
    assert len(waits) == 5


def test_one_that_stays_used_up_is_said(waits: list[float]) -> None:
    with pytest.raises(AwsFailure, match=r"describe_stacks failed: Throttling"):
        busy(99).call("cloudformation", "describe_stacks")
    assert len(waits) == 5


def test_a_plan_without_credentials_says_how_far_it_came_and_what_needs_none(
    fixtunnel: Fixtunnel, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, "/dev/null")
    ran = fixtunnel("plan", "lse-proquote", "--region", "eu-west-2")
    assert ran.status == 1
    assert "the files are right" in ran.err and "fixtunnel rehearse lse-proquote" in ran.err
    assert "log in: aws sso login" in ran.err and "again" not in ran.err
