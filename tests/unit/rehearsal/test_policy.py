"""What a role's policies decide, by tables of (policy, request, decision)."""

from __future__ import annotations

from typing import Any

import pytest

from localaws.iam.policy import Context, Undecidable, decide, glob, read

SECRET = "arn:aws:secretsmanager:eu-west-2:123456789012:secret:acme/psk-AbCdEf"
METRICS = "cloudwatch:PutMetricData"


def decision(statements: list[dict[str, Any]], action: str, resource: str = "*", about: Any = None) -> str:
    service = action.partition(":")[0]
    parsed = read({"Statement": statements})
    return decide(parsed, action=action, resource=resource, context=Context(service, about or {}))


def allow(action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        ([], "not allowed"),
        ([allow("secretsmanager:GetSecretValue", SECRET)], "allowed"),
        ([allow("SecretsManager:getsecretvalue", SECRET)], "allowed"),
        ([allow("secretsmanager:Get*", SECRET)], "allowed"),
        ([allow(["s3:*", "secretsmanager:GetSecretValue"], ["arn:x", SECRET])], "allowed"),
        ([allow("secretsmanager:DescribeSecret", SECRET)], "not allowed"),
        # A name without the six random characters names another secret.
        ([allow("secretsmanager:GetSecretValue", SECRET[:-7])], "not allowed"),
        ([allow("secretsmanager:GetSecretValue", SECRET[:-6] + "??????")], "allowed"),
        ([allow("secretsmanager:GetSecretValue", SECRET.upper())], "not allowed"),
        ([{"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"}], "allowed"),
        ([{"Effect": "Allow", "Action": "*", "NotResource": SECRET}], "not allowed"),
        ([allow("*"), {"Effect": "Deny", "Action": "*", "Resource": SECRET}], "explicitly denied"),
    ],
)
def test_actions_and_resources(statements: list[dict[str, Any]], expected: str) -> None:
    assert decision(statements, "secretsmanager:GetSecretValue", SECRET) == expected


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({"StringEquals": {"cloudwatch:namespace": "fixtunnel"}}, "allowed"),
        ({"StringEquals": {"CloudWatch:Namespace": ["other", "fixtunnel"]}}, "allowed"),
        ({"StringEquals": {"cloudwatch:namespace": "FIXTUNNEL"}}, "not allowed"),
        ({"StringEqualsIgnoreCase": {"cloudwatch:namespace": "FIXTUNNEL"}}, "allowed"),
        ({"StringLike": {"cloudwatch:namespace": "fix*"}}, "allowed"),
        ({"StringNotEquals": {"cloudwatch:namespace": "fixtunnel"}}, "not allowed"),
        ({"StringNotLike": {"cloudwatch:namespace": ["AWS/*", "x*"]}}, "allowed"),
        ({"ForAnyValue:StringEquals": {"aws:TagKeys": ["a"]}}, "allowed"),
        ({"ForAllValues:StringEquals": {"aws:TagKeys": ["a"]}}, "not allowed"),
        ({"ForAllValues:StringEquals": {"aws:TagKeys": ["a", "b"]}}, "allowed"),
        # A key of another service is absent: a condition on it holds only where it negates, or asks "if exists".
        ({"StringEquals": {"kms:ViaService": "x"}}, "not allowed"),
        ({"StringNotEquals": {"kms:ViaService": "x"}}, "allowed"),
        ({"StringEqualsIfExists": {"kms:ViaService": "x"}}, "allowed"),
        ({"Null": {"kms:ViaService": "true"}}, "allowed"),
        ({"Null": {"cloudwatch:namespace": "true"}}, "not allowed"),
        ({"Bool": {"aws:SecureTransport": True}}, "allowed"),
        ({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/gateway"}}, "allowed"),
        # Every line must hold.
        ({"StringEquals": {"cloudwatch:namespace": "fixtunnel", "kms:ViaService": "x"}}, "not allowed"),
    ],
)
def test_conditions(condition: dict[str, Any], expected: str) -> None:
    about = {
        "cloudwatch:namespace": ("fixtunnel",),
        "aws:TagKeys": ("a", "b"),
        "aws:SecureTransport": ("true",),
        "aws:PrincipalArn": ("arn:aws:iam::123456789012:role/gateway",),
    }
    assert decision([allow(METRICS, Condition=condition)], METRICS, about=about) == expected


@pytest.mark.parametrize(
    "statement",
    [
        allow(METRICS, Condition={"NumericLessThan": {"cloudwatch:namespace": "1"}}),
        allow(METRICS, Condition={"ForEveryValue:StringEquals": {"cloudwatch:namespace": "1"}}),
        allow(METRICS, Condition={"StringEquals": {"aws:SourceVpc": "vpc-1"}}),
        allow(METRICS, "arn:aws:x:::${aws:username}"),
        allow(METRICS, Principal="*"),
        {"Effect": "Maybe", "Action": "*", "Resource": "*"},
    ],
)
def test_what_is_not_known_is_an_error_never_a_pass(statement: dict[str, Any]) -> None:
    with pytest.raises(Undecidable):
        decision([statement], METRICS, about={"cloudwatch:namespace": ("1",)})


def test_a_pattern_is_no_regular_expression() -> None:
    assert glob("a.b[c]*", "a.b[c]d/e\n")
    assert not glob("a.b", "axb")
