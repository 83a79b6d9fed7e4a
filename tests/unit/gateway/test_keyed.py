"""What of a secret's value is the PSK. A JSON object is never one itself."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fixtunnel import psk, settings
from fixtunnel.keyed import WORDS, NoPsk, psk_in
from fixtunnel.rotation import Rotation, Standing
from fixtunnel.settings import Settings
from model.client import Secret
from tests.literal import deployed, example
from tests.unit.gateway.test_reports import CURRENT, errand_with
from tests.unit.gateway.watching import Watching, world
from userdata.render import render_files

__all__ = ["world"]
AGREED = "agreed-on-the-phone"
OBJECT = json.dumps({"psk": AGREED, "user": "acme"})


@pytest.mark.parametrize(
    ("value", "key", "expected"),
    [
        (AGREED, "", AGREED),
        (OBJECT, "psk", AGREED),
        (f' \n{{"psk": "{AGREED}\\r\\n"}}\n', "psk", AGREED),
        (f'\ufeff{{"psk": "{AGREED}"}}', "psk", AGREED),  # as Windows' editors write it
        ('{"psk": "\\u00e9"}', "psk", "\u00e9"),
        # What only begins like JSON, or is JSON and no object, is a PSK.
        ("{x3!k9", "", "{x3!k9"),
        ('{"psk": "x",}', "", '{"psk": "x",}'),
        ("12345678", "", "12345678"),
        ('"quoted"', "", '"quoted"'),
        ("[1, 2]", "", "[1, 2]"),
        ("null", "", "null"),
        ("[" * 100_000, "", "[" * 100_000),
        # A number of any length beside it is no concern of ours.
        (f'{{"psk": "{AGREED}", "n": {"9" * 5000}}}', "psk", AGREED),
    ],
)
def test_a_psk(value: str, key: str, expected: str) -> None:
    assert psk_in(value.encode(), key) == expected.encode()


def test_bytes_that_are_no_text_are_a_psk() -> None:
    assert psk_in(b"\x00\xff{\n", "") == b"\x00\xff{\n"


@pytest.mark.parametrize(
    ("value", "key", "word"),
    [
        (OBJECT, "", "key-needed"),
        ("{}", "", "key-needed"),
        ('{"a":' * 100_000, "", "key-needed"),
        (OBJECT, "PSK", "key-missing"),
        ('{"one": {"psk": "x"}}', "psk", "key-missing"),
        ('{"psk": 12345678}', "psk", "key-not-text"),
        ('{"psk": {"value": "x"}}', "psk", "key-not-text"),
        ('{"psk": null}', "psk", "key-not-text"),
        ('{"psk": "\\n"}', "psk", "key-not-text"),
        ('{"psk": "\\ud800"}', "psk", "key-not-text"),
        (AGREED, "psk", "not-an-object"),
        ("[1]", "psk", "not-an-object"),
    ],
)
def test_no_psk(value: str, key: str, word: str) -> None:
    with pytest.raises(NoPsk) as refused:
        psk_in(value.encode(), key)
    assert refused.value.word == word
    assert AGREED not in str(refused.value)
    assert str(refused.value) == WORDS[word]


def test_the_key_goes_to_the_gateway_and_only_where_the_file_names_one(tmp_path: Path) -> None:
    """A client without one keeps its user data, and so its gateway."""
    deployment = example("lse-proquote")
    (connection,) = deployment.connections
    arn = "arn:aws:secretsmanager:eu-west-2:123456789012:secret:x-abcdef"
    given = connection.tunnel.model_copy(update={"secret": Secret(arn=arn, key="psk")})
    keyed = replace(deployment, connections=(replace(connection, tunnel=given),))
    for one, expected in ((deployment, ""), (keyed, "psk")):
        (written,) = [file for file in render_files(one, deployed(one)) if file.path.endswith("gateway.json")]
        (tmp_path / "gateway.json").write_text(written.content)
        assert settings.load(tmp_path / "gateway.json").tunnels[0].key == expected
        assert ('"key": "psk"' in written.content) is bool(expected)


def test_the_errand_brings_the_psk_or_the_reason_and_never_the_object(monkeypatch: pytest.MonkeyPatch) -> None:
    for key, expected in (
        ("psk", {"version": "v2", "value": base64.b64encode(AGREED.encode()).decode()}),
        ("", {"version": "v2", "no_psk": "key-needed"}),
    ):
        request = {"secrets": {"A": {"arn": "arn:a", "key": key, "known": []}}}
        answers: dict[str, Any] = {"get_secret_value": {"VersionId": "v2", "SecretString": OBJECT}}
        answer, _called = errand_with(monkeypatch, request, describe_secret=CURRENT, **answers)
        assert answer["secrets"]["A"] == expected


def test_a_boot_with_an_object_waits_and_writes_nothing(tmp_path: Path, seed: Settings) -> None:
    (tunnel,) = seed.tunnels
    assert not psk.fetch(tunnel, lambda _arn: ("v1", OBJECT.encode()), lambda _arn: None, tmp_path)
    assert not psk.has_value(tunnel, tmp_path)
    keyed = replace(tunnel, key="psk")
    assert psk.fetch(keyed, lambda _arn: ("v1", OBJECT.encode()), lambda _arn: None, tmp_path)
    assert psk.holds(keyed, AGREED.encode(), tmp_path)


def test_a_new_gateway_works_with_the_psk_that_the_one_before_it_worked_with(tmp_path: Path, seed: Settings) -> None:
    (tunnel,) = seed.tunnels
    assert psk.fetch(tunnel, lambda _arn: ("v2", OBJECT.encode()), lambda _arn: AGREED.encode(), tmp_path)
    assert psk.holds(tunnel, AGREED.encode(), tmp_path)


def test_another_key_of_the_object_changes_no_psk(tmp_path: Path, seed: Settings) -> None:
    tunnel = replace(seed.tunnels[0], key="psk")
    former = json.dumps({"psk": AGREED, "user": "former"}).encode()
    assert psk.fetch(tunnel, lambda _arn: ("v2", OBJECT.encode()), lambda _arn: former, tmp_path)
    assert not psk.has_former(tunnel, tmp_path)


def test_the_tunnel_waits_says_why_once_and_comes_up_when_it_is_mended(world: Watching) -> None:
    world.with_psk -= {"Harbour"}
    for _ in range(3):
        world.reporter.answers.append({"secrets": {"Harbour": {"version": "v1", "no_psk": "key-needed"}}})
        world.look()
        world.reporter.answers.append({"secrets": {"Harbour": {"version": "v1"}}})
        world.look()
    tunnel = world.state["tunnels"]["Harbour"]
    assert (tunnel["state"], tunnel["psk"]) == ("waiting-for-psk", "key-needed")
    assert world.reporter.requests[-1]["secrets"]["Harbour"] == {
        "arn": tunnel_arn(world, "Harbour"),
        "key": "",
        "known": ["v1"],
    }
    said = [text for text in world.reporter.said if "key-needed" in text]
    assert said == [f"Harbour: key-needed: {WORDS['key-needed']}"]
    world.reporter.answers.append({"secrets": {"Harbour": {"version": "v2"}}})
    world.look()
    assert world.state["tunnels"]["Harbour"]["psk"] == "current"


def tunnel_arn(world: Watching, name: str) -> str:
    return world.watch._keepers[name].tunnel.secret


def test_a_tunnel_that_works_keeps_its_psk(seed: Settings, tmp_path: Path) -> None:
    (tunnel,) = seed.tunnels
    rotation = Rotation(tunnel, lambda _text: None, tmp_path)
    rotation.note("v2", "key-missing")
    up = Standing(wanted=True, up=True, child_since=100, answered=True)
    rotation.take("v2", None, up, may_load=True)
    assert rotation.state == "key-missing"
    assert "v2" in rotation.known(up, may_load=True)
