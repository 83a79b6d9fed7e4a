"""`--debug`: what was asked of AWS and how it answered, on standard error. No value that may be secret is among it."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from typing import Any

VARIABLE = "FIXTUNNEL_DEBUG"
_NAMES = (
    *(
        "AllocationIds",
        "ChangeSetName",
        "CommandId",
        "DocumentName",
        "Filters",
        "ImageIds",
        "InstanceId",
        "InstanceIds",
    ),
    *("InstanceTypes", "Name", "Names", "PublicIps", "QuotaCode", "SecretId", "ServiceCode", "StackName", "TopicArn"),
    *("logGroupName", "logStreamName", "logStreamNames", "startTime"),
)
"""Arguments that say what a call is about. Of any other only the name is shown: it may be a PSK, or a command."""


class _State:
    on = False


def begin(*, on: bool) -> None:
    """Tell from now on, or no more."""
    _State.on = on


def is_on() -> bool:
    """Whether it is shown."""
    return _State.on


def tell(line: str) -> None:
    """A line of it."""
    if _State.on:
        print(f"debug: {line}", file=sys.stderr)


def watch(session: Any) -> None:
    """Tell of each call that a boto3 session sends. https://docs.aws.amazon.com/boto3/latest/guide/events.html"""
    if _State.on:
        session.events.register("before-parameter-build", _asked)
        session.events.register("after-call", _answered)
        session.events.register("after-call-error", _failed)


def _asked(params: Mapping[str, Any], model: Any, context: dict[str, Any], **_: Any) -> None:
    shown = (f"{name}={value}" if name in _NAMES else f"{name}=…" for name, value in params.items())
    context["fixtunnel"] = " ".join([model.service_model.service_name, model.name, *shown]), time.monotonic()


def _answered(http_response: Any, parsed: Mapping[str, Any], context: Mapping[str, Any], **_: Any) -> None:
    call, begun = context["fixtunnel"]
    about, code = parsed.get("ResponseMetadata") or {}, (parsed.get("Error") or {}).get("Code")
    said = [str(http_response.status_code), str(code or ""), f"{(time.monotonic() - begun) * 1000:.0f} ms"]
    again, request = about.get("RetryAttempts"), about.get("RequestId")
    said += [f"tried {again + 1} times" if again else "", f"request {request}" if request else ""]
    tell(f"{call}: {', '.join(filter(None, said))}")


def _failed(exception: Exception, context: Mapping[str, Any], **_: Any) -> None:
    call, begun = context["fixtunnel"]
    tell(f"{call}: no answer: {type(exception).__name__}, {(time.monotonic() - begun) * 1000:.0f} ms")
