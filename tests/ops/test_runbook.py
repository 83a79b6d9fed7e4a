"""docs/runbook.md: each word that an operator may meet has its entry there, and each command in it exists."""

from __future__ import annotations

import ast
import json
import re
import shlex
from collections.abc import Iterator, Set
from typing import Any, get_args

import pytest
from botocore import xform_name
from botocore.session import Session
from typer.main import get_command

from model import diagnosis
from ops.command import app
from ops.doctor import cloud, gateway
from tests.paths import ROOT
from userdata import contract, keyed

TEXT = (ROOT / "docs/runbook.md").read_text()
BARE = re.sub(r"^( *)```.*?^\1```$", "", TEXT, flags=re.MULTILINE | re.DOTALL)
MARKS = ("**Any time.** ", "**Not while trading.** ")
BANNED = ("told", "anew", "of ours", "whoever", "nobody", "that which", "ourselves")
CELL = 120
AWS_OPTIONS = {"region", "profile", "output", "query", "no-cli-pager"}


def entries() -> dict[str, str]:
    """What follows a heading with words in code, by each of these words."""
    found: dict[str, str] = {}
    for title, body in re.findall(r"^###+ (.*`.*)$([\s\S]*?)(?=^#|\Z)", BARE, re.MULTILINE):
        found |= dict.fromkeys(re.findall(r"`([^`]+)`", title), body.strip())
    return found


def alarms() -> set[str]:
    """The section that each alarm of the example clients names. The host's alarm is AWS's own, and names none."""
    found = {"Host"}
    for path in (ROOT / "tests/snapshots/templates").glob("*.json"):
        text = path.read_text()
        assert json.loads(text)
        found |= set(re.findall(r"docs/runbook\.md: ([\w-]+)\.", text))
    return found


def states() -> set[str]:
    return {
        word for kind in (contract.GatewayState, contract.TunnelState, contract.PskState) for word in get_args(kind)
    }


def causes() -> set[str]:
    """Every cause that an engine's or a boot's words may have."""
    return {one.name for one in vars(diagnosis).values() if isinstance(one, diagnosis.Cause)}


COMPUTED: dict[str, Set[str]] = {
    # ops/doctor/cloud.py: what became of a stack; ops/doctor/secret.py: passed on.
    "cause": {"change-failed", *(cause for cause, _, _ in cloud._SPOILED.values())},
    # ops/doctor/gateway.py
    "found.name if found else seen.state": causes() | set(gateway._UNREADY),
    # ops/doctor/secret.py
    "seen.psk": set(keyed.WORDS),
    "unusable.word": set(keyed.WORDS),
    # ops/doctor/tunnel.py
    "found.cause.name": causes(),
    # ops/doctor/fix_ports.py
    "f\"fix-port-{('refused' if is_refused else 'silent')}\"": {"fix-port-refused", "fix-port-silent"},
}
"""Where the doctor's code computes a cause: what may come of it."""


def doctors_causes() -> set[str]:
    """Every cause that the doctor may name, from its code."""
    found: set[str] = set()
    for path in (ROOT / "ops/doctor").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.keyword) and node.arg == "cause":
                word = node.value.value if isinstance(node.value, ast.Constant) else None
                found |= COMPUTED[ast.unparse(node.value)] if word is None else {str(word)}
    return found


def test_each_alarm_has_its_entry() -> None:
    assert len(alarms()) >= 7
    assert sorted(alarms() - entries().keys()) == []


def test_each_state_has_its_entry() -> None:
    assert sorted(states() - entries().keys()) == []


def test_each_cause_has_its_entry() -> None:
    assert len(doctors_causes()) >= 50
    assert sorted((causes() | doctors_causes()) - entries().keys()) == []


def test_no_entry_is_of_a_word_that_is_none() -> None:
    """What was renamed or taken away leaves no entry behind. The others are metrics without an alarm, a layer, and messages."""
    known = alarms() | states() | causes() | doctors_causes() | set(contract.METRICS)
    assert sorted(word for word in entries().keys() - known if not _is_said(word)) == []


def _is_said(words: str) -> bool:
    """Whether a program says this; … stands for what differs."""
    pattern = re.compile(".*".join(map(re.escape, words.split("…"))))
    folders = ("ops", "userdata/files")
    return any(pattern.search(path.read_text()) for folder in folders for path in _texts(folder))


def _texts(folder: str) -> Iterator[Any]:
    return (path for path in (ROOT / folder).rglob("*") if path.is_file() and path.suffix != ".pyc")


def test_each_entry_has_its_meaning_and_marked_steps() -> None:
    for word, body in entries().items():
        meaning, _, rest = body.partition("\n\n")
        assert re.match(r"[A-Z`*].*[.]$", meaning, re.DOTALL), f"{word}: first what it means: {meaning!r}"
        steps = re.findall(r"^\d+\. (.*)$", rest, re.MULTILINE)
        assert steps, f"{word} has no steps"


def test_each_step_says_whether_it_may_be_done_while_trading() -> None:
    unmarked = [line for line in re.findall(r"^\d+\. (.*)$", BARE, re.MULTILINE) if not line.startswith(MARKS)]
    assert unmarked == []


def test_steps_are_numbered_in_order() -> None:
    for body in re.split(r"^#+ .*$", BARE, flags=re.MULTILINE):
        numbers = [int(number) for number in re.findall(r"^(\d+)\. ", body, re.MULTILINE)]
        assert numbers == list(range(1, len(numbers) + 1)), body[:200]


def test_no_cell_is_long() -> None:
    rows = [line for line in TEXT.splitlines() if line.startswith("|")]
    assert [cell for row in rows for cell in row.split("|") if len(cell.strip()) > CELL] == []


@pytest.mark.parametrize("word", BANNED)
def test_plain_english(word: str) -> None:
    """Messages of a program stand in code, as they are."""
    assert not re.search(rf"\b{word}\b", re.sub("`[^`]+`", "", BARE), re.IGNORECASE)


def test_what_you_should_see_is_what_a_program_says() -> None:
    words = re.findall(r"[Yy]ou should see(?: [^.`]*)? `([^./`][^`]*)`", BARE)
    known = states() | causes() | doctors_causes() | alarms() | set(contract.METRICS)
    assert words
    assert [one for one in words if one not in known and not _is_said(one)] == []


def test_each_link_leads_somewhere() -> None:
    titles = re.findall(r"^#+ (.*)$", BARE, re.MULTILINE)
    anchors = [re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles]
    assert len(anchors) == len(set(anchors))
    for target in re.findall(r"\]\(([^)]+)\)", BARE):
        file, _, anchor = target.partition("#")
        assert (ROOT / "docs" / file).exists() if file else anchor in anchors, target


def commands() -> Iterator[list[str]]:
    """Every command line of the page, as a shell would split it at pipes and redirections, without `sudo`."""
    blocks = re.findall(r"^ *```sh\n(.*?)^ *```$", TEXT, re.MULTILINE | re.DOTALL)
    lines = [line.strip() for block in blocks for line in re.sub(r"\\\n", " ", block).splitlines()]
    spans = re.findall(r"`((?:\./fixtunnel|make|aws|sudo) [^`]+)`", BARE)
    for line in filter(None, [*lines, *spans]):
        yield from _split(line)


def _split(line: str) -> Iterator[list[str]]:
    lexer = shlex.shlex(line, posix=True, punctuation_chars="|;&>")
    lexer.whitespace_split = True
    command: list[str] = []
    redirected = False
    for word in lexer:
        if set(word) <= set("|;&"):
            yield command
            command, redirected = [], False
        elif set(word) == {">"}:
            redirected = True
        elif not redirected and word != "sudo":
            command.append(word)
    yield command


def of(program: str) -> list[list[str]]:
    return [words[1:] for words in commands() if words and words[0] == program]


def test_every_program_is_one_that_the_tests_know() -> None:
    on_gateway = {
        "fixtunnel-status",
        "journalctl",
        "systemctl",
        "nft",
        "ipsec",
        "ip",
        "df",
        "du",
        "timedatectl",
        "apt-get",
    }
    plain = {"mkdir", "cp", "rm", "sort", "tail", "grep", "less", "tar"}
    assert {words[0] for words in commands() if words} <= {"./fixtunnel", "make", "aws"} | on_gateway | plain


def test_each_fixtunnel_command_parses() -> None:
    group: Any = get_command(app)
    assert len(of("./fixtunnel")) > 20
    for words in of("./fixtunnel"):
        if words == ["--version"]:
            continue  # shows it, and ends
        context = group.make_context("fixtunnel", list(words))
        name, command, rest = group.resolve_command(context, [*context._protected_args, *context.args])
        while family := getattr(command, "commands", None):
            name, *rest = rest
            command = family[name]
        command.make_context(name, list(rest))


def test_each_make_target_exists() -> None:
    makefile = (ROOT / "Makefile").read_text()
    for target, *variables in of("make"):
        assert re.search(rf"^{re.escape(target)}:", makefile, re.MULTILINE), target
        for variable in variables:
            assert f"$({variable.partition('=')[0]})" in makefile, variable


def test_each_aws_command_exists() -> None:
    """By the models that the AWS CLI itself makes its commands and options of."""
    session = Session()
    assert of("aws")
    for service, verb, *rest in of("aws"):
        model = session.get_service_model(service)
        operation = next(name for name in model.operation_names if xform_name(name, "-") == verb)
        asked: Any = model.operation_model(operation).input_shape
        options = {xform_name(name, "-") for name in asked.members} | AWS_OPTIONS
        assert {word.removeprefix("--") for word in rest if word.startswith("--")} <= options, f"{service} {verb}"


def test_each_unit_and_program_of_the_gateway_exists() -> None:
    shipped = {path.stem for folder in ("userdata/files", "userdata/start") for path in _texts(folder)}
    named = set(re.findall(r"\bfixtunnel-(?:boot|watch|guard|agent|upgrade|status|start)\b", TEXT))
    assert named and named <= shipped
    for words in [*of("systemctl"), *of("journalctl")]:
        units = {word.rpartition("=")[2].removesuffix(".service") for word in words if "fixtunnel-" in word}
        assert units <= shipped, words
