"""Who may ask the AWS on this machine: its owner, by the run's key or the unix socket, and no other user of the machine."""

from __future__ import annotations

import http.client
from dataclasses import replace
from typing import Any

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

from localaws.aws import EmbeddedAws
from localaws.cloudformation.clients import Clients
from localaws.cloudformation.owner import BODY_LIMIT
from localaws.cloudformation.process import ABOUT, EXISTING, REFUSED
from localaws.iam.access_key import AccessKey

# One for each of the protocols in which AWS's services answer.
CALLS = [
    ("cloudformation", "list_stacks"),
    ("ec2", "describe_instances"),
    ("secretsmanager", "list_secrets"),
    ("s3", "list_buckets"),
    ("iam", "list_roles"),
    ("sts", "get_caller_identity"),
]
REFUSED_KEY = {"InvalidClientTokenId", "AuthFailure", "UnrecognizedClientException", "InvalidAccessKeyId"}


def clients(aws: EmbeddedAws, key: AccessKey) -> Clients:
    return Clients(endpoint=aws.where.endpoint, region=aws.where.region, account=aws.where.account, key=key)


def refusal(client: Any, call: str) -> str:
    with pytest.raises(ClientError) as caught:
        getattr(client, call)()
    return str(caught.value.response["Error"]["Code"])


@pytest.mark.parametrize(("service", "call"), CALLS)
def test_a_stranger_with_a_key_of_another_run_is_refused(aws: EmbeddedAws, service: str, call: str) -> None:
    assert refusal(clients(aws, AccessKey.new()).client(service), call) in REFUSED_KEY


@pytest.mark.parametrize(("service", "call"), CALLS)
def test_the_name_of_the_key_alone_opens_nothing(aws: EmbeddedAws, service: str, call: str) -> None:
    guessed = replace(aws.where.key, secret_access_key="x" * 40)
    assert refusal(clients(aws, guessed).client(service), call) in {
        "SignatureDoesNotMatch", "AuthFailure", "InvalidSignatureException",
    }  # fmt: skip


def test_an_unsigned_request_is_refused(aws: EmbeddedAws) -> None:
    where: Any = {"endpoint_url": aws.where.endpoint, "region_name": aws.where.region}
    client = boto3.client("s3", config=Config(signature_version=UNSIGNED), **where)
    assert refusal(client, "list_buckets") == "MissingAuthenticationToken"


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/"), ("GET", ABOUT), ("POST", EXISTING), ("POST", REFUSED), ("GET", "/moto-api/data.json")],
)
def test_a_page_in_a_browser_is_refused(aws: EmbeddedAws, method: str, path: str) -> None:
    connection = http.client.HTTPConnection("localhost", aws.where.port, timeout=10)
    connection.request(method, path, body="{}" if method == "POST" else None)
    answer = connection.getresponse()
    assert (answer.status, b"Authentication Token" in answer.read()) == (403, True)
    connection.close()


@pytest.mark.parametrize(
    ("length", "status"),
    [(str(64 * 1024 + 1), 413), (str(BODY_LIMIT + 1), 413), (str(1 << 62), 413), ("-1", 403), ("many", 403)],
)
def test_a_strangers_length_of_a_body_is_not_believed(aws: EmbeddedAws, length: str, status: int) -> None:
    connection = http.client.HTTPConnection("localhost", aws.where.port, timeout=10)
    connection.putrequest("POST", "/")
    connection.putheader("Content-Length", length)
    connection.endheaders()
    assert connection.getresponse().status == status
    connection.close()


def test_a_role_that_the_owner_assumed_may_ask_with_its_token_only(aws: EmbeddedAws) -> None:
    role = f"arn:aws:iam::{aws.where.account}:role/any"
    given = aws.clients.client("sts").assume_role(RoleArn=role, RoleSessionName="cdk")["Credentials"]

    def ask(token: str | None) -> Any:
        return boto3.client(
            "ec2",
            endpoint_url=aws.where.endpoint,
            region_name=aws.where.region,
            aws_access_key_id=given["AccessKeyId"],
            aws_secret_access_key=given["SecretAccessKey"],
            aws_session_token=token,
        )

    assert ask(given["SessionToken"]).describe_instances()["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert refusal(ask(None), "describe_instances") == "AuthFailure"
    assert refusal(ask("another"), "describe_instances") == "AuthFailure"


def test_another_user_of_the_machine_can_read_neither_key_nor_socket(aws: EmbeddedAws) -> None:
    for path in (aws.run_dir / "aws.json", aws.socket):
        assert path.stat().st_mode & 0o077 == 0, path
    assert aws.where.key.secret_access_key not in repr(aws.where)
    log = (aws.run_dir / "aws.log").read_text()
    assert aws.where.key.secret_access_key not in log
