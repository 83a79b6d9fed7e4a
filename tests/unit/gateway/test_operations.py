"""What may change while the gateway stays."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fixtunnel import operations
from fixtunnel.operations import Endpoint, Operations, Window
from tests.literal import example
from userdata.operations import render_operations

LONDON = {"start": "06:00", "end": "08:00", "timezone": "Europe/London"}
FORMER = {
    "restart_window": {"days": ["sat"], **LONDON},
    "psk_rotation": "at-once",
    "fix": {"lse": ["192.0.2.20", 5001]},
}
"""As versions wrote it that knew one endpoint of each venue."""
TOLD = FORMER | {"endpoints": {"lse": [["orders", "192.0.2.20", 5001], ["dropcopy", "192.0.2.30", 5002]]}}


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("window", "when", "is_open"),
    [
        (Window(("sat",), **LONDON), "2026-11-21 06:00", True),
        (Window(("sat",), **LONDON), "2026-11-21 07:59", True),
        (Window(("sat",), **LONDON), "2026-11-21 08:00", False),
        (Window(("sat",), **LONDON), "2026-11-20 07:00", False),
        (Window(("sat",), **LONDON), "2026-07-18 05:30", True),  # summer time
        (Window(("sat",), **LONDON), "2026-07-18 07:30", False),
        (Window(("fri",), "23:00", "01:00", "UTC"), "2026-11-20 23:30", True),
        (Window(("fri",), "23:00", "01:00", "UTC"), "2026-11-21 00:59", True),
        (Window(("fri",), "23:00", "01:00", "UTC"), "2026-11-21 01:00", False),
        (Window(("fri",), "23:00", "01:00", "UTC"), "2026-11-20 00:30", False),
        (
            Window(("sat",), "06:00", "08:00", "Mars/Olympus"),
            "2026-11-21 06:30",
            False,
        ),  # nobody here knows when that is
    ],
)
def test_window(window: Window, when: str, is_open: bool) -> None:
    assert window.is_open(at(when)) is is_open


def test_remembered(tmp_path: Path) -> None:
    file = tmp_path / "operations.json"
    assert operations.remembered(file) == Operations()
    operations.remember(json.dumps(TOLD), file)
    known = operations.remembered(file)
    assert known.endpoints_of("lse") == (
        Endpoint("orders", "192.0.2.20", 5001),
        Endpoint("dropcopy", "192.0.2.30", 5002),
    )
    assert known.endpoints_of("other") == ()
    assert known.may_restart(at("2026-11-21 06:30"))


def test_without_an_answer_nothing_is_ever_restarted() -> None:
    assert not Operations().may_restart(at("2026-11-21 06:30"))


@pytest.mark.parametrize("text", ["", "{", "{}", "[]", '{"restart_window": 1}'])
def test_nonsense_keeps_the_last(tmp_path: Path, text: str) -> None:
    file = tmp_path / "operations.json"
    operations.remember(json.dumps(TOLD), file)
    with pytest.raises((ValueError, KeyError, TypeError)):
        operations.remember(text, file)
    assert operations.remembered(file).endpoints_of("lse")


def test_a_text_of_an_earlier_version_is_read(tmp_path: Path) -> None:
    """A stack that rolls back may have put it there."""
    (endpoint,) = operations.parsed(json.dumps(FORMER)).endpoints_of("lse")
    assert endpoint.place == ("192.0.2.20", 5001)


def test_what_is_rendered_is_what_is_read_and_an_earlier_gateway_can_read_it_too() -> None:
    text = render_operations(example("acme-capital"))
    assert [one.name for one in operations.parsed(text).endpoints_of("northbridge")] == ["primary", "secondary"]
    former = json.loads(text)["fix"]  # a gateway of before unpacks two values, and fails where there are more
    assert former == {"northbridge": ["10.210.0.20", 9001], "harbour": ["10.220.4.10", 7010]}
