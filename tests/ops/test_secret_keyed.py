"""A secret that holds a JSON object: the PSK is under the key that the client file names, and all else is left alone."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple, cast

import pytest

from localaws.aws import EmbeddedAws
from ops.aws import AwsFailure, Secret
from ops.aws.access import Access
from ops.deploying.obstacle import Look
from ops.deploying.obstacles import _secrets
from tests.literal import loaded
from tests.ops.conftest import CANARY, Fixtunnel, diagnosed, piped, reachable
from tests.ops.embedded import TUNNEL, Case
from tests.paths import VENUES

OTHERS = {"user": "acme", "number": 7, "umlaut": "\u00fc", "nested": {"a": [1.5, None]}}
OBJECT = json.dumps({"psk": CANARY, **OTHERS})
NEW = "a-new-psk-Zq7w3Xk9Lm2Vb5Nt8Rp1"


@pytest.fixture
def arn(aws: EmbeddedAws, case: Case) -> Iterator[str]:
    """The secret of a client that is up; it gets its plain PSK back."""
    name = aws.outputs("acme")["SecretLSEProquote"]
    yield name
    aws.set_secret(name, CANARY)


@pytest.fixture
def give(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[str], None]:
    """A PSK in the pipe."""
    return lambda text: piped(monkeypatch, text, tmp_path)


@pytest.fixture
def keyed(acme: Fixtunnel, arn: str, tmp_path: Path) -> Fixtunnel:
    """The command on a client file that names a key."""
    path = tmp_path / "clients" / "acme.yaml"
    path.write_text(
        path.read_text().replace("    sender_comp_ids", f"    secret: {{arn: '{arn}', key: psk}}\n    sender_comp_ids")
    )
    return acme


def value(aws: EmbeddedAws, arn: str) -> Any:
    return json.loads(aws.clients.secrets.get_secret_value(SecretId=arn)["SecretString"])


def test_the_psk_is_set_and_the_other_keys_stay(
    keyed: Fixtunnel, aws: EmbeddedAws, arn: str, give: Callable[[str], None]
) -> None:
    aws.set_secret(arn, OBJECT)
    give(NEW)
    assert keyed("secret", "set", "acme").status == 0
    assert value(aws, arn) == {"psk": NEW, **OTHERS}
    assert list(value(aws, arn)) == ["psk", *OTHERS]


@pytest.mark.parametrize("before", ['{"user": "acme"}', '{"user": "acme", "psk": 12}', '{"user": "acme", "psk": ""}'])
def test_a_key_that_is_missing_or_no_text_is_mended_by_set(
    keyed: Fixtunnel, aws: EmbeddedAws, arn: str, give: Callable[[str], None], before: str
) -> None:
    aws.set_secret(arn, before)
    give(NEW)
    assert keyed("secret", "set", "acme").status == 0
    assert value(aws, arn) == {"user": "acme", "psk": NEW}


@pytest.mark.parametrize(
    "refusal",
    [
        ('{"psk": {"value": "another program has this"}}', "under psk the secret has an object or a list"),
        ('{"psk": ["a"]}', "under psk the secret has an object or a list"),
        ('{"psk": "", "serial": 12345678901234567890.10}', "cannot be written again as it is"),
    ],
)
def test_what_set_would_destroy_is_refused(
    keyed: Fixtunnel, aws: EmbeddedAws, arn: str, give: Callable[[str], None], refusal: tuple[str, str]
) -> None:
    before, why = refusal
    aws.set_secret(arn, before)
    give(NEW)
    ran = keyed("secret", "set", "acme")
    assert (ran.status, why in ran.err) == (1, True)
    assert "had a value" not in ran.err
    assert aws.clients.secrets.get_secret_value(SecretId=arn)["SecretString"] == before


def test_a_plain_value_is_not_replaced_where_the_file_names_a_key(
    keyed: Fixtunnel, aws: EmbeddedAws, arn: str, give: Callable[[str], None]
) -> None:
    give(NEW)
    ran = keyed("secret", "set", "acme")
    assert (ran.status, "the secret holds no JSON object" in ran.err) == (1, True)
    assert aws.clients.secrets.get_secret_value(SecretId=arn)["SecretString"] == CANARY


def test_an_object_is_not_replaced_where_the_file_names_no_key(
    acme: Fixtunnel, aws: EmbeddedAws, arn: str, give: Callable[[str], None]
) -> None:
    aws.set_secret(arn, OBJECT)
    give(NEW)
    ran = acme("secret", "set", "acme")
    assert (ran.status, "does not say under which key the PSK is" in ran.err) == (1, True)
    assert "name the key in the client file, secret: {arn: …, key: NAME}" in ran.err
    assert value(aws, arn) == {"psk": CANARY, **OTHERS}


def test_back_to_the_psk_before_with_the_other_keys_as_they_are_now(
    keyed: Fixtunnel, aws: EmbeddedAws, arn: str, case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    aws.set_secret(arn, OBJECT)
    aws.set_secret(arn, json.dumps({"psk": NEW, "user": "other"}))
    monkeypatch.setattr("ops.verbs.secret.follow", lambda *_, **__: iter(()))
    reachable(case.gateway, monkeypatch)
    keyed("secret", "rotate", "acme", "--back")
    assert value(aws, arn) == {"psk": CANARY, "user": "other"}


def test_back_from_what_was_no_psk(
    acme: Fixtunnel, aws: EmbeddedAws, arn: str, case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    aws.set_secret(arn, OBJECT)  # by another program, over the plain PSK
    monkeypatch.setattr("ops.verbs.secret.follow", lambda *_, **__: iter(()))
    reachable(case.gateway, monkeypatch)
    acme("secret", "rotate", "acme", "--back")
    assert aws.clients.secrets.get_secret_value(SecretId=arn)["SecretString"] == CANARY


def test_verify_compares_what_is_under_the_key(
    keyed: Fixtunnel, aws: EmbeddedAws, arn: str, case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    aws.set_secret(arn, OBJECT)
    reachable(case.gateway, monkeypatch)
    ran = keyed("secret", "verify", "acme")
    assert (ran.status, "the same on both" in ran.out) == (0, True)


class Refused(NamedTuple):
    """A value in which the gateway finds no PSK, and why."""

    word: str
    stored: str
    with_key: bool
    said: str


CASES = [
    Refused("key-needed", OBJECT, False, "does not say under which key"),
    Refused(
        "key-missing", '{"user": "acme"}', True, "does not have the key that the client file names (secret.key: psk)"
    ),
    Refused("key-not-text", '{"psk": 12345678}', True, "is no text, or empty (secret.key: psk)"),
    Refused("not-an-object", CANARY, True, "holds no JSON object"),
]


@pytest.fixture(params=CASES, ids=[case[0] for case in CASES])
def refused(request: pytest.FixtureRequest, acme: Fixtunnel) -> Refused:
    if request.param.with_key:
        request.getfixturevalue("keyed")
    return cast("Refused", request.param)


def test_verify_doctor_and_plan_refuse_it_in_words(
    acme: Fixtunnel, refused: Refused, arn: str, case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored, said = refused.stored, refused.said
    # An earlier gateway took the whole of it for the PSK: that they agree must not be called well.
    case.gateway.holds_psk(TUNNEL, stored)
    case.aws.set_secret(arn, stored)
    reachable(case.gateway, monkeypatch)
    ran = acme("secret", "verify", "acme")
    assert (ran.status, said in ran.out, "→" in ran.out) == (1, True, True)
    found = diagnosed(acme, case, monkeypatch)
    assert (found["layer"], found["cause"], found["side"]) == ("secret", refused.word, "us")
    (obstacle,) = _secrets(look(case.gateway.folder.parent / "clients", arn))
    assert (obstacle.is_fatal, said in obstacle.what, bool(obstacle.advice)) == (True, True, True)


def look(clients: Path, arn: str) -> Look:
    """What `plan` looks at."""
    account = SimpleNamespace(secret=partial(Secret, Access(profile=None, region="eu-west-2")))
    stack = SimpleNamespace(secret=lambda _tunnel: arn)
    return cast(
        "Look", SimpleNamespace(account=account, deployment=loaded(clients, VENUES, "acme"), stack=stack, kept={})
    )


def test_an_operator_who_may_not_read_it_hears_it_from_the_gateway(
    acme: Fixtunnel, case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> None:
        raise AwsFailure("you may not read it")

    monkeypatch.setattr("ops.aws.secret.Secret.use", refuse)
    case.tunnel_is("waiting-for-psk", psk="key-missing")
    found = diagnosed(acme, case, monkeypatch)
    assert (found["layer"], found["cause"]) == ("secret", "key-missing")


def test_who_may_write_and_not_read_can_set_a_plain_psk(
    acme: Fixtunnel, aws: EmbeddedAws, arn: str, give: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> None:
        raise AwsFailure("you may not read it")

    monkeypatch.setattr("ops.aws.secret.Secret._value", refuse)
    give(NEW)
    assert acme("secret", "set", "acme").status == 0
    assert aws.clients.secrets.get_secret_value(SecretId=arn)["SecretString"] == NEW


def test_an_object_given_as_the_psk_is_refused(acme: Fixtunnel, give: Callable[[str], None]) -> None:
    give(OBJECT)
    ran = acme("secret", "set", "acme")
    assert (ran.status, "that is a JSON object, not a PSK" in ran.err) == (2, True)
