"""Signatures as botocore makes them, and what becomes of one that is old, foreign or altered."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as SigningCredentials

from localaws.iam.refusal import Refused
from localaws.iam.role import Credentials, RoleKey
from localaws.iam.signature import Arrived, Scope, verify

SCOPE = Scope(service="secretsmanager", regions=("eu-west-2",))
HOST = "secretsmanager.eu-west-2.amazonaws.com"


@pytest.fixture
def key(tmp_path: Path) -> RoleKey:
    return RoleKey(tmp_path / "role.key")


@pytest.fixture
def credentials(key: RoleKey) -> Credentials:
    return key.issue(role="gateway", instance_id="i-1")


def signed(credentials: Credentials, *, service: str = "secretsmanager", region: str = "eu-west-2") -> Arrived:
    body = b'{"SecretId": "acme/psk"}'
    headers = {"Host": HOST, "X-Amz-Target": "secretsmanager.GetSecretValue", "User-Agent": "x  y"}
    request = AWSRequest(method="POST", url=f"https://{HOST}/?b=2&a=1", headers=headers, data=body)
    signing = SigningCredentials(credentials.access_key_id, credentials.secret_access_key, credentials.token)
    SigV4Auth(signing, service, region).add_auth(request)
    found = {name.lower(): value for name, value in request.headers.items()}
    return Arrived(method="POST", host=HOST, target="/?b=2&a=1", headers=found, body=body)


def refusal(request: Arrived, key: RoleKey, *, later: timedelta = timedelta()) -> Refused:
    with pytest.raises(Refused) as caught:
        verify(request, scope=SCOPE, key=key, now=datetime.now(UTC) + later)
    return caught.value


def test_what_botocore_signs_is_good(key: RoleKey, credentials: Credentials) -> None:
    assert verify(signed(credentials), scope=SCOPE, key=key).session.instance_id == "i-1"


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"body": b'{"SecretId": "other"}'}, "mismatch"),
        ({"method": "GET"}, "mismatch"),
        ({"target": "/?b=2&a=2"}, "mismatch"),
    ],
)
def test_what_was_altered_on_the_way_does_not_match(
    key: RoleKey, credentials: Credentials, change: dict[str, str | bytes], kind: str
) -> None:
    assert refusal(replace(signed(credentials), **change), key).kind == kind  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("header", "value", "kind"),
    [
        ("x-amz-target", "secretsmanager.DeleteSecret", "mismatch"),
        ("x-amz-security-token", "bm90IG91cnM=", "unknown-key"),
        ("authorization", "Bearer x", "unsigned"),
        ("x-amz-content-sha256", "0" * 64, "mismatch"),
        ("x-amz-date", "yesterday", "mismatch"),
    ],
)
def test_an_altered_header(key: RoleKey, credentials: Credentials, header: str, value: str, kind: str) -> None:
    request = signed(credentials)
    assert refusal(replace(request, headers={**request.headers, header: value}), key).kind == kind


@pytest.mark.parametrize(("minutes", "words"), [(6, "is now earlier than"), (-6, "is still later than")])
def test_five_minutes_either_way_are_the_limit(
    key: RoleKey, credentials: Credentials, minutes: int, words: str
) -> None:
    refused = refusal(signed(credentials), key, later=timedelta(minutes=minutes))
    assert refused.kind == "skewed"
    assert words in refused.message
    verify(signed(credentials), scope=SCOPE, key=key, now=datetime.now(UTC) + timedelta(minutes=minutes * 4 / 6))


def test_a_signature_for_another_place(key: RoleKey, credentials: Credentials) -> None:
    assert "correct service" in refusal(signed(credentials, service="s3"), key).message
    assert "valid region" in refusal(signed(credentials, region="us-east-1"), key).message


def test_credentials_lapse_and_another_runs_are_unknown(key: RoleKey, tmp_path: Path) -> None:
    old = key.issue(role="gateway", instance_id="i-1", now=datetime.now(UTC) - timedelta(hours=8))
    assert refusal(signed(old), key).kind == "expired-token"
    foreign = RoleKey(tmp_path / "other.key").issue(role="gateway", instance_id="i-1")
    assert refusal(signed(foreign), key).kind == "unknown-key"


def test_the_key_file_is_shared_and_private(tmp_path: Path) -> None:
    first, second = (RoleKey(tmp_path / "role.key").issue(role="r", instance_id="i-1") for _ in range(2))
    assert first.secret_access_key == second.secret_access_key
    assert (tmp_path / "role.key").stat().st_mode & 0o777 == 0o600
    assert first.secret_access_key not in repr(first)
