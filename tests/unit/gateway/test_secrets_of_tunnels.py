"""The PSK on the gateway: one file that only root reads, and nowhere else."""

from __future__ import annotations

import base64
import json
import os
import stat
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from fixtunnel import aws, psk
from fixtunnel.command import Failed
from fixtunnel.settings import Settings, load

ANY_BYTES = b'a "quote"\n\x00# and \xff'


def test_file(tmp_path: Path, seed: Settings) -> None:
    (tunnel,) = seed.tunnels
    old = os.umask(0)
    try:
        psk.write(tunnel, ANY_BYTES, tmp_path)
    finally:
        os.umask(old)
    (file,) = tmp_path.glob("*.secrets")
    assert file.name == "LSE_Proquote.secrets"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert file.read_text() == f"203.0.113.107 198.51.100.10 : PSK 0s{base64.b64encode(ANY_BYTES).decode()}\n"


def test_a_tunnel_with_an_identity_of_its_own(tmp_path: Path, seed: Settings) -> None:
    """The settings have it as the engine reads it: in quotes where a space is in it."""
    written = tmp_path / "gateway.json"
    content = json.loads(written.read_text())
    content["tunnels"][0] |= {"left_id": "@[Desk_7]", "right_id": '"C=GB,O=Example Exchange"'}
    written.write_text(json.dumps(content))
    (tunnel,) = load(written).tunnels
    psk.write(tunnel, b"one", tmp_path)
    (file,) = tmp_path.glob("*.secrets")
    assert file.read_text() == '@[Desk_7] "C=GB,O=Example Exchange" : PSK 0sb25l\n'


def test_file_is_replaced_in_one_step(tmp_path: Path, seed: Settings) -> None:
    """Also over what a power cut left, with permissions of its own."""
    (tunnel,) = seed.tunnels
    left = tmp_path / "LSE_Proquote.new"
    left.write_text("half")
    left.chmod(0o644)
    psk.write(tunnel, b"one", tmp_path)
    psk.write(tunnel, b"two", tmp_path)
    assert [path.name for path in tmp_path.iterdir() if path.suffix != ".json"] == ["LSE_Proquote.secrets"]
    assert stat.S_IMODE((tmp_path / "LSE_Proquote.secrets").stat().st_mode) == 0o600


def test_fetch(tmp_path: Path, seed: Settings) -> None:
    (tunnel,) = seed.tunnels
    assert not psk.has_value(tunnel, tmp_path)
    assert psk.fetch(tunnel, lambda arn: ("v1", arn.encode()), lambda _arn: None, tmp_path)
    assert psk.has_value(tunnel, tmp_path)
    assert not psk.has_former(tunnel, tmp_path)


def test_a_new_gateway_has_the_former_one_to_go_back_to(tmp_path: Path, seed: Settings) -> None:
    """The venue may not have changed its side yet, and the gateway that traded on the former PSK is replaced."""
    (tunnel,) = seed.tunnels
    assert psk.fetch(tunnel, lambda _arn: ("v2", b"new"), lambda _arn: b"old", tmp_path)
    assert psk.holds(tunnel, b"new", tmp_path)
    assert psk.put_back(tunnel, tmp_path)
    assert psk.holds(tunnel, b"old", tmp_path)


def test_fetch_without_a_value(tmp_path: Path, seed: Settings) -> None:
    def empty(arn: str) -> tuple[str, bytes]:
        raise aws.NoValueYet(arn)

    (tunnel,) = seed.tunnels
    assert not psk.fetch(tunnel, empty, lambda _arn: None, tmp_path)
    assert not psk.has_value(tunnel, tmp_path)


def test_a_former_value(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = service(monkeypatch, {"VersionId": "v1", "SecretString": "old\n"})
    assert aws.former_secret("arn") == b"old"
    assert asked == [{"SecretId": "arn", "VersionStage": "AWSPREVIOUS"}]
    gone: Any = {"Error": {"Code": "ResourceNotFoundException", "Message": "no AWSPREVIOUS"}}
    service(monkeypatch, ClientError(gone, "GetSecretValue"))
    assert aws.former_secret("arn") is None


def service(monkeypatch: pytest.MonkeyPatch, answer: dict[str, Any] | Exception) -> list[dict[str, Any]]:
    """An AWS that gives one answer; what it was asked."""
    asked: list[dict[str, Any]] = []

    def call(**arguments: Any) -> dict[str, Any]:
        asked.append(arguments)
        if isinstance(answer, Exception):
            raise answer
        return answer

    made = SimpleNamespace(get_secret_value=call, signal_resource=call, get_object=call)
    monkeypatch.setattr(aws, "_client", lambda _service: made)
    return asked


@pytest.mark.parametrize(
    ("answer", "value"),
    [
        ({"SecretString": "abc"}, b"abc"),
        ({"SecretString": "abc\n"}, b"abc"),
        ({"SecretString": " a b "}, b" a b "),
        ({"SecretBinary": b"\x00\xff\n"}, b"\x00\xff\n"),
        ({"SecretString": "\u00e9"}, "\u00e9".encode()),
    ],
)
def test_value(monkeypatch: pytest.MonkeyPatch, answer: dict[str, Any], value: bytes) -> None:
    asked = service(monkeypatch, {"VersionId": "v1", **answer})
    assert aws.secret("arn:one") == ("v1", value)
    assert asked == [{"SecretId": "arn:one"}]


NEVER_SET = "Secrets Manager can't find the specified secret value for staging label: AWSCURRENT"


@pytest.mark.parametrize("answer", [{"SecretString": ""}, {"SecretString": "\n"}, {}, NEVER_SET])
def test_no_value_yet(monkeypatch: pytest.MonkeyPatch, answer: dict[str, Any] | str) -> None:
    service(monkeypatch, _refusal("ResourceNotFoundException", answer) if isinstance(answer, str) else answer)
    with pytest.raises(aws.NoValueYet):
        aws.secret("arn:one")


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("ResourceNotFoundException", "Secrets Manager can't find the specified secret."),
        ("AccessDeniedException", "not authorized to perform: secretsmanager:GetSecretValue"),
    ],
)
def test_what_cannot_be_read_is_a_failure(monkeypatch: pytest.MonkeyPatch, code: str, message: str) -> None:
    service(monkeypatch, _refusal(code, message))
    with pytest.raises(Failed, match="AWS: get secret value failed"):
        aws.secret("arn:one")


def _refusal(code: str, message: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "GetSecretValue")


def test_signal(monkeypatch: pytest.MonkeyPatch, seed: Settings) -> None:
    asked = service(monkeypatch, {})
    monkeypatch.setattr("fixtunnel.settings.load", lambda: seed)
    aws.signal(False, "engine is not libreswan")
    assert asked == [
        {
            "StackName": "fixtunnel-lse-proquote",
            "LogicalResourceId": "Gateway0123456789ab",
            "UniqueId": "engine is not libreswan",
            "Status": "FAILURE",
        }
    ]


def test_settings_hold_no_secret(seed: Settings) -> None:
    """Only where it is: an ARN."""
    (tunnel,) = seed.tunnels
    assert tunnel.secret.startswith("arn:aws:secretsmanager:")


def test_the_former_one_is_kept_and_put_back(tmp_path: Path, seed: Settings) -> None:
    """Under a name that the engine does not read, and for root only."""
    (tunnel,) = seed.tunnels
    psk.write(tunnel, b"one", tmp_path)
    psk.keep_former(tunnel, tmp_path)
    psk.write(tunnel, b"two", tmp_path)
    (former,) = (path for path in tmp_path.glob("LSE_Proquote.*") if path.suffix != ".secrets")
    assert stat.S_IMODE(former.stat().st_mode) == 0o600
    assert psk.holds(tunnel, b"two", tmp_path)
    assert psk.put_back(tunnel, tmp_path)
    assert psk.holds(tunnel, b"one", tmp_path)
    assert not psk.put_back(tunnel, tmp_path)
