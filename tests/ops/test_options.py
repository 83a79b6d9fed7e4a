"""What every verb hears: its options, before it and behind it; consent; `--debug`."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from localaws.aws import EmbeddedAws
from ops.console import agree
from ops.failure import BadInput, Failure
from tests.ops.conftest import CANARY, Fixtunnel, Person, folders, piped
from tests.ops.test_help import commands

OPTIONS = {"--clients-dir", "--venues-dir", "--profile", "--region", "--rehearsal", "--local", "--debug"}


@pytest.mark.parametrize("name", sorted(commands()))
def test_every_verb_takes_the_options_of_every_verb(name: str, fixtunnel: Fixtunnel) -> None:
    for option in sorted(OPTIONS):
        ran = fixtunnel(*name.split(), option, *([] if option in ("--rehearsal", "--local", "--debug") else ["."]))
        assert "No such option" not in ran.err, option


def test_an_option_stands_before_the_verb_or_behind_it(fixtunnel: Fixtunnel, desk: Path) -> None:
    (desk / "clients" / "acme.yaml").write_text(
        "name: acme\ntunnels: [{venue: lse-proquote, sender_comp_ids: [ACME]}]\n"
    )
    before, behind = fixtunnel(*folders(desk), "check", "acme"), fixtunnel("check", "acme", *folders(desk))
    assert before.status == 0
    assert before == behind


def test_behind_the_verb_it_counts_more(fixtunnel: Fixtunnel, desk: Path) -> None:
    ran = fixtunnel("--clients-dir", "/nowhere", "check", "--clients-dir", str(desk / "clients"))
    assert "/nowhere" not in ran.err + ran.out
    behind = fixtunnel("form", "acme", "--offline", "--clients-dir", "/nowhere")
    assert "--clients-dir" in behind.err, "an error names the option that gave the folder"


def test_a_verbs_own_option_of_that_name_is_the_verbs(fixtunnel: Fixtunnel, desk: Path) -> None:
    ran = fixtunnel(
        "new", "acme", "--venue", "lse-proquote", "--sender-comp-id", "A", "--region", "eu-west-1", *folders(desk)
    )
    assert ran.status == 0, ran.err
    assert "region: eu-west-1" in (desk / "clients" / "acme.yaml").read_text()


def test_a_question_without_a_terminal_is_a_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", Person("yes"))
    agree("Take the tunnels down?")
    monkeypatch.setattr("sys.stdin", Person("no"))
    with pytest.raises(Failure, match="no yes"):
        agree("Take the tunnels down?")
    monkeypatch.setattr("sys.stdin", open("/dev/null"))  # noqa: PTH123, SIM115
    with pytest.raises(BadInput, match="--yes"):
        agree("Take the tunnels down?")


def test_debug_tells_each_call_and_how_aws_answered(acme: Fixtunnel, aws: EmbeddedAws) -> None:
    assert "debug:" not in acme("form", "acme", "--format", "md").err
    told = acme("form", "acme", "--debug").err
    assert re.search(r"^debug: cloudformation DescribeStacks StackName=fixtunnel-acme: 200, \d+ ms", told, re.MULTILINE)


def test_debug_tells_no_psk(acme: Fixtunnel, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    piped(monkeypatch, CANARY, tmp_path)
    ran = acme("secret", "set", "acme", "--debug", "--now")
    assert "secretsmanager PutSecretValue" in ran.err and "SecretString=…" in ran.err
    assert CANARY not in ran.err


def test_debug_tells_where_an_unexpected_error_is_and_not_what_it_says(
    fixtunnel: Fixtunnel, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError(CANARY)

    monkeypatch.setattr("ops.verbs.check.check_files", broken)
    plain, told = fixtunnel("check"), fixtunnel("check", "--debug")
    assert "--debug" in plain.err and "check.py" not in plain.err
    assert "check.py" in told.err and CANARY not in plain.err + told.err
