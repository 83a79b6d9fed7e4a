"""docs/runbook.md: each word that an operator may meet has its entry there. `test_pages.py` holds its commands and links."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Set
from typing import get_args

from model import diagnosis
from ops.doctor import cloud, gateway
from tests.ops.page import Page, texts
from tests.paths import ROOT
from userdata import contract, keyed

RUNBOOK = Page("docs/runbook.md")
MARKS = ("**Any time.** ", "**Not while trading.** ")
CELL = 120
HERE = {"mkdir", "sort", "tail", "tar"}
ON_GATEWAY = {
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
    "rm",
}


def entries() -> dict[str, str]:
    """What follows a heading with words in code, by each of these words."""
    found: dict[str, str] = {}
    for title, body in re.findall(r"^###+ (.*`.*)$([\s\S]*?)(?=^#|\Z)", RUNBOOK.bare, re.MULTILINE):
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
    # ops/doctor/inbound.py
    "f'inbound-{said.state}'": {"inbound-unanswered", "inbound-refused"},
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


def known() -> set[str]:
    return alarms() | states() | causes() | doctors_causes() | set(contract.METRICS)


def is_said(words: str) -> bool:
    """Whether a program says this; … stands for what differs."""
    pattern = re.compile(".*".join(map(re.escape, words.split("…"))))
    return any(pattern.search(path.read_text()) for folder in ("ops", "userdata/files") for path in texts(folder))


def steps(text: str) -> list[str]:
    return re.findall(r"^\d+\. (.*)$", text, re.MULTILINE)


def test_it_begins_with_the_doctor() -> None:
    assert next(RUNBOOK.commands()) == ["./fixtunnel", "doctor", "CLIENT"]


def test_each_alarm_has_its_entry() -> None:
    assert len(alarms()) >= 7
    assert sorted(alarms() - entries().keys()) == []


def test_each_state_has_its_entry() -> None:
    assert sorted(states() - entries().keys()) == []


def test_each_cause_has_its_entry() -> None:
    assert len(doctors_causes()) >= 50
    assert sorted((causes() | doctors_causes()) - entries().keys()) == []


def test_no_entry_is_of_a_word_that_is_none() -> None:
    """What was renamed or taken away leaves no entry behind. The others are layers, and messages."""
    assert sorted(word for word in entries().keys() - known() if not is_said(word)) == []


def test_each_entry_has_its_meaning_and_steps() -> None:
    for word, body in entries().items():
        meaning, _, rest = body.partition("\n\n")
        assert re.match(r"[A-Z`*].*[.]$", meaning, re.DOTALL), f"{word}: first what it means: {meaning!r}"
        assert steps(rest), f"{word} has no steps"


def test_each_step_says_whether_it_may_be_done_while_trading() -> None:
    assert [step for step in steps(RUNBOOK.bare) if not step.startswith(MARKS)] == []


def test_steps_are_numbered_in_order() -> None:
    for body in re.split(r"^#+ .*$", RUNBOOK.bare, flags=re.MULTILINE):
        numbers = [int(number) for number in re.findall(r"^(\d+)\. ", body, re.MULTILINE)]
        assert numbers == list(range(1, len(numbers) + 1)), body[:200]


def test_what_a_program_says_is_what_it_says() -> None:
    """What stands in code and is neither a command nor a line of a file; and what you should see."""
    spans = [one for one in re.findall("`([^`]+)`", RUNBOOK.bare) if " " in one]
    said = [one for one in spans if not re.match(r"(\./|aws |sudo |[a-z_]+: )", one)]
    seen = re.findall(r"[Yy]ou should see(?: [^.`]*)? `([^./`][^`]*)`", RUNBOOK.bare)
    assert len(said) > 15 and len(seen) > 15
    assert [one for one in {*said, *seen} if one not in known() and not is_said(one)] == []


def test_it_is_easy_to_read() -> None:
    rows = [line for line in RUNBOOK.text.splitlines() if line.startswith("|")]
    assert [cell for row in rows for cell in row.split("|") if len(cell.strip()) > CELL] == []
    assert RUNBOOK.banned() == []


def test_every_program_is_one_that_the_tests_know() -> None:
    assert {words[0] for words in RUNBOOK.commands()} <= {"./fixtunnel", "make", "aws"} | HERE | ON_GATEWAY


def test_each_unit_and_program_of_the_gateway_exists() -> None:
    shipped = {path.stem for folder in ("userdata/files", "userdata/start") for path in texts(folder)}
    named = set(re.findall(r"\bfixtunnel-(?:boot|watch|guard|agent|upgrade|status|start)\b", RUNBOOK.text))
    assert named and named <= shipped
    for words in [*RUNBOOK.of("systemctl"), *RUNBOOK.of("journalctl")]:
        units = {word.rpartition("=")[2].removesuffix(".service") for word in words if "fixtunnel-" in word}
        assert units <= shipped, words
