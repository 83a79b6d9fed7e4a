"""A PSK or a private key in a file is refused, and is not repeated in any message."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.model.example import CLIENT, VENUE, edited, said, write

CANARY = "correct-horse-battery"
QUOTED = f"'{CANARY}'"


@pytest.mark.parametrize("kind", ["client", "venue"])
@pytest.mark.parametrize(
    "key",
    ["psk", "PSK", "password", "passphrase", "private_key", "pre-shared-key", "sharedkey", "token", "credentials"],
)
def test_keys(tmp_path: Path, kind: str, key: str) -> None:
    (line,) = _said(tmp_path, kind, {key: QUOTED})
    assert f"{key}: is a secret, and no file is its place" in line


@pytest.mark.parametrize("key", ["psk", "secret", "secret.arn", "secret.psk", "secret.value", "secret.kms_key_arn"])
@pytest.mark.parametrize("value", [QUOTED, f"[{QUOTED}]", f"{{{CANARY}: 1}}", f"{{arn: {QUOTED}}}"])
def test_places_in_a_tunnel(tmp_path: Path, key: str, value: str) -> None:
    lines = _said(tmp_path, "client", {f"tunnels.0.{key}": value})
    assert lines
    assert all(CANARY not in line for line in lines)


@pytest.mark.parametrize(
    "value",
    [
        '"-----BEGIN RSA PRIVATE KEY-----\\nMIIEcorrect-horse-battery"',
        '"-----BEGIN PRIVATE KEY----- correct-horse-battery"',
        '": PSK \\"correct-horse-battery\\""',
        "'PSK 0sY29ycmVjdC1ob3JzZS1iYXR0ZXJ5'",
        "0sY29ycmVjdC1ob3JzZS1iYXR0ZXJ5",
        "'psk=correct-horse-battery'",
        "'AKIAIOSFODNN7EXAMPLE'",
    ],
)
@pytest.mark.parametrize("key", ["description", "name", "tags.note", "nothing"])
def test_values(tmp_path: Path, key: str, value: str) -> None:
    lines = _said(tmp_path, "client", {key: value})
    assert any("is a secret, and no file is its place" in line for line in lines)
    assert all(word not in line for line in lines for word in ("correct", "Y29ycm", "AKIA"))


@pytest.mark.parametrize(
    "text",
    [
        f"psk: {CANARY}\npsk: {CANARY}2",
        f"psk: !{CANARY} x",
        f"psk: !{CANARY}!{CANARY} x",
        f"psk: &{CANARY} x",
        f"psk: *{CANARY}",
        f"psk: |{CANARY}",
        f"psk: '{CANARY}",
        f"psk: {CANARY}: {CANARY}",
        f"psk: '{CANARY}' {CANARY}",
        f"%{CANARY} {CANARY}\n---\na: b",
        f"%TAG !{CANARY}! {CANARY}\n%TAG !{CANARY}! {CANARY}\n---\na: b",
        f"? {{psk: {CANARY}}}\n: {CANARY}",
        f"psk: {{{CANARY}",
        f"<<: {CANARY}\npsk: {CANARY}",
        f"{CANARY}",
        f"- psk: {CANARY}",
    ],
)
def test_what_is_no_yaml(tmp_path: Path, text: str) -> None:
    write(tmp_path, clients={"acme": text}, venues={"exchange": VENUE})
    assert all(CANARY not in line for line in said(tmp_path))


@pytest.mark.parametrize(
    "key", ["psk", "tunnels.0.psk", "tunnels.0.secret", "tunnels.0.secret.arn", "tunnels.0.secret.x"]
)
@pytest.mark.parametrize("value", [CANARY, f"[{CANARY}", f"[{CANARY}]", f"{{arn: {CANARY}}}"])
def test_command_line(tmp_path: Path, key: str, value: str) -> None:
    write(tmp_path, clients={"acme": CLIENT}, venues={"exchange": VENUE})
    lines = said(tmp_path, selected=("acme",), overrides={key: value})
    assert lines
    assert all(CANARY not in line for line in lines)


def test_a_reference_is_no_secret(tmp_path: Path) -> None:
    arn = "arn:aws:secretsmanager:eu-west-2:123456789012:secret:acme/psk=lse-AbCdEf"
    assert _said(tmp_path, "client", {"tunnels.0.secret": f"{{arn: '{arn}'}}"}) == []
    (line,) = _said(tmp_path, "client", {"tunnels.0.secret_arn": f"'{arn}'"})
    assert line.endswith("tunnels.0.secret_arn: is not a key here; did you mean 'secret'?")


def _said(folder: Path, kind: str, edits: dict[str, str]) -> list[str]:
    texts = {"client": CLIENT, "venue": VENUE}
    texts[kind] = edited(texts[kind], edits)
    write(folder, clients={"acme": texts["client"]}, venues={"exchange": texts["venue"]})
    return said(folder)
