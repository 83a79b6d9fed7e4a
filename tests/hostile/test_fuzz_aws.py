"""Mutated answers of AWS, or of what answers in its place: words, two seconds, and nothing for the terminal to obey."""

from __future__ import annotations

import io
import json
import re
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.httpsession import URLLib3Session
from hypothesis import event, given
from hypothesis import strategies as st

from ops.aws.access import open_access
from ops.command import main
from ops.console import console
from ops.failure import Failure
from ops.gateway.session import SsmSession
from tests.hostile.bounds import bounded
from tests.hostile.command import NO_AWS
from tests.hostile.mutation import CANARY, STEERING, WORDS, fuzzed, mutated

WHEN = "2026-11-27T20:00:00.000Z"
_OUTPUTS = {
    "PublicAddress": "203.0.113.7",
    "AllocationId": "eipalloc-0a1b2c3d",
    "InstanceId": "i-0a1b2c3d",
    "SecretLSEProquote": "arn:x",
}
_STACK = (
    "<StackName>fixtunnel-lse-proquote</StackName><StackId>arn:aws:cloudformation:x</StackId>"
    f"<StackStatus>CREATE_COMPLETE</StackStatus><CreationTime>{WHEN}</CreationTime><Outputs>"
    + "".join(f"<member><OutputKey>{k}</OutputKey><OutputValue>{v}</OutputValue></member>" for k, v in _OUTPUTS.items())
    + "</Outputs>"
)
_EVENT = (
    "<EventId>e</EventId><StackId>arn</StackId><StackName>fixtunnel-lse-proquote</StackName><LogicalResourceId>Gateway"
    "</LogicalResourceId><PhysicalResourceId>i-0a1b2c3d</PhysicalResourceId><ResourceType>AWS::EC2::Instance</ResourceType>"
    f"<Timestamp>{WHEN}</Timestamp><ResourceStatus>CREATE_FAILED</ResourceStatus>"
    "<ResourceStatusReason>no room</ResourceStatusReason>"
)
_INSTANCE = (
    "<instanceId>i-0a1b2c3d</instanceId><imageId>ami-0a1b2c3d</imageId><instanceState><code>16</code><name>running</name>"
    f"</instanceState><instanceType>t3.small</instanceType><launchTime>{WHEN}</launchTime><placement><availabilityZone>eu-west-2a"
    "</availabilityZone></placement><ipAddress>203.0.113.7</ipAddress>"
)


def _query(action: str, inside: str) -> str:
    return f"<{action}Response><{action}Result>{inside}</{action}Result></{action}Response>"


XML = {
    "GetCallerIdentity": _query(
        "GetCallerIdentity", "<Account>123456789012</Account><Arn>arn:aws:sts::123456789012:assumed-role/desk/x</Arn>"
    ),
    "DescribeStacks": _query("DescribeStacks", f"<Stacks><member>{_STACK}</member></Stacks>"),
    "DescribeStackEvents": _query("DescribeStackEvents", f"<StackEvents><member>{_EVENT}</member></StackEvents>"),
    "ListStackResources": _query("ListStackResources", "<StackResourceSummaries/>"),
    "DescribeInstances": "<DescribeInstancesResponse><reservationSet><item><instancesSet><item>"
    f"{_INSTANCE}</item></instancesSet></item></reservationSet></DescribeInstancesResponse>",
    "DescribeInstanceStatus": """<DescribeInstanceStatusResponse><instanceStatusSet><item>
        <systemStatus><status>ok</status></systemStatus><instanceStatus><status>impaired</status></instanceStatus>
        </item></instanceStatusSet></DescribeInstanceStatusResponse>""",
    "DescribeAddresses": """<DescribeAddressesResponse><addressesSet><item>
        <publicIp>203.0.113.7</publicIp><allocationId>eipalloc-0a1b2c3d</allocationId><instanceId>i-0a1b2c3d</instanceId>
        </item></addressesSet></DescribeAddressesResponse>""",
    "GetConsoleOutput": "<GetConsoleOutputResponse><output>Zml4dHVubmVsOiB1cAo=</output></GetConsoleOutputResponse>",
    "DescribeImages": f"""<DescribeImagesResponse><imagesSet><item><imageId>ami-0a1b2c3d</imageId><name>debian-13</name>
        <creationDate>{WHEN}</creationDate><architecture>x86_64</architecture></item></imagesSet></DescribeImagesResponse>""",
}
JSON: dict[str, Any] = {
    "SendCommand": {"Command": {"CommandId": "c"}},
    "GetCommandInvocation": {
        "Status": "Success",
        "ResponseCode": 0,
        "StandardOutputContent": "==clock\n1\n==status\n{}\n",
    },
    "GetParameter": {"Parameter": {"Name": "x", "Value": "ami-0a1b2c3d"}},
    "FilterLogEvents": {
        "events": [{"timestamp": 1795800000000, "message": '{"said": "LSE_Proquote: down", "state": "down"}'}]
    },
    "DescribeSecret": {"ARN": "arn:x", "VersionIdsToStages": {"v": ["AWSCURRENT"]}, "DeletedDate": 1795800000},
    "GetSecretValue": {"ARN": "arn:x", "SecretString": CANARY, "VersionId": "v"},
    "PutSecretValue": {"VersionId": "v"},
    "ListSecrets": {"SecretList": [{"ARN": "arn:x", "Tags": [{"Key": "fixtunnel:client", "Value": "lse-proquote"}]}]},
    "GetServiceQuota": {"Quota": {"Value": 5.0}},
}
GOOD = {**XML, **{name: json.dumps(answer) for name, answer in JSON.items()}}
_BEYOND = "<!DOCTYPE x [" + "".join(f'<!ENTITY a{n + 1} "{f"&a{n};" * 9}">' for n in range(9)) + "]><x>&a9;</x>"
ELSEWHERE = [
    *(
        "",
        "{}",
        "[]",
        "null",
        "1",
        '"x"',
        "<html><body>Welcome!</body></html>",
        "<a/>",
        "Please log in.",
        '{"error": "login"}',
    ),
    *(
        "[" * 5000,
        "{" * 5000,
        "<a>" * 5000,
        _BEYOND,
        "\x00" * 100,
        "9" * 5000,
        '{"__type": 5}',
        '{"message": [1]}',
        "<Response><Errors/></Response>",
    ),
    f"<Response><Errors><Error><Code>{'A' * 9000}</Code><Message>x</Message></Error></Errors></Response>",
]
_STEER = "".join(one for one in STEERING if one not in "\x1b\x08") + "\x1b[2J"
REFUSALS = [
    "<ErrorResponse><Error><Code>AccessDenied</Code><Message>no &#x9b;2J&#x202e;gpj&#xd; you</Message></Error></ErrorResponse>",
    "<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>&#x85;&#x200b; no</Message></Error></Errors></Response>",
    json.dumps({"__type": "AccessDeniedException", "Message": f"no {_STEER}"}),
    json.dumps({"__type": f"x#{_STEER}", "message": _STEER}),
]
VERBS = [
    *(
        "status lse-proquote",
        "status",
        "doctor lse-proquote",
        "logs lse-proquote",
        "image newest lse-proquote",
        "form lse-proquote",
    ),
    *(
        "secret verify lse-proquote",
        "destroy lse-proquote --yes --now",
        "render lse-proquote --deployed",
        "plan lse-proquote",
    ),
]


class Answers:
    """What answers: the good answer of each operation, but for some."""

    def __init__(self) -> None:
        self.status, self.spoilt = 200, dict[str, str]()

    def send(self, request: Any) -> AWSResponse:
        body = request.body if isinstance(request.body, bytes) else str(request.body or "").encode()
        target = request.headers.get("X-Amz-Target", b"")
        found = re.search(rb"Action=(\w+)", body) or re.search(
            rb"\.(\w+)$", target if isinstance(target, bytes) else target.encode()
        )
        name = found[1].decode() if found else ""
        text = self.spoilt.get(name, self.spoilt.get("", GOOD.get(name, "")))
        status = self.status if name in self.spoilt or "" in self.spoilt else 200
        headers: Any = {
            "Content-Type": "text/xml" if text.startswith("<") else "application/x-amz-json-1.1",
            "Location": "http://127.0.0.1:9/",
        }
        return AWSResponse(request.url, status, headers, _Raw(text.encode("utf-8", "surrogatepass")))


class _Raw(io.BytesIO):
    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self.getvalue()


@pytest.fixture(scope="module")
def answers() -> Iterator[Answers]:
    made = Answers()
    with pytest.MonkeyPatch.context() as patch:
        for name, value in NO_AWS.items():
            patch.setenv(name, value)
        patch.delenv("AWS_ENDPOINT_URL")
        patch.setattr(URLLib3Session, "send", lambda _, request: made.send(request))
        patch.setattr("time.sleep", lambda _: None)
        # Half a second goes into each of boto3's clients: all inputs have the same.
        access = open_access(profile=None, region="eu-west-2")
        patch.setattr("ops.aws.account.open_access", lambda **_: access)
        for module in ("ops.deploying.planning", "ops.verbs.destroy"):
            patch.setattr(f"{module}.cdk", _no_cdk)
        wait = SsmSession._wait
        patch.setattr(SsmSession, "_wait", lambda session, command, _limit: wait(session, command, 0.2))
        yield made


def _no_cdk(*_: object, **__: object) -> Any:
    raise Failure("the CDK is not asked here")


@st.composite
def spoilt(draw: st.DrawFn) -> tuple[int, dict[str, str]]:
    """The answer of one operation, or of all, and its HTTP status."""
    name = draw(st.sampled_from(["", *GOOD]))
    text = draw(
        st.one_of(
            mutated(GOOD.get(name, "{}")), st.sampled_from(ELSEWHERE), st.sampled_from(REFUSALS), st.sampled_from(WORDS)
        )
    )
    return draw(st.sampled_from([200, 200, 200, 302, 400, 403, 404, 500, 511])), {name: text}


@given(spoilt(), st.sampled_from(VERBS))
@fuzzed(0.08)
def test_aws(answers: Answers, capfd: pytest.CaptureFixture[str], given: tuple[int, dict[str, str]], verb: str) -> None:
    answers.status, answers.spoilt = given
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["fixtunnel", *verb.split()])
        console.cache_clear()
        with bounded():
            status = main()
        console.cache_clear()
    out, err = capfd.readouterr()
    event(f"{verb.split(maxsplit=1)[0]} {status}")
    assert status in (0, 1, 2), (out, err)
    for text in (out, err):
        assert "Traceback" not in text and "did not expect" not in text, text
        assert CANARY not in text
        assert all(one in "\t\n" or one.isprintable() for one in text), ascii(text)
