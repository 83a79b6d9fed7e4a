"""A log group of the firm's own, which clients may share."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from model.faults import InvalidInput
from tests.stacks.edits import KEY
from tests.stacks.test_account import of
from tests.stacks.test_role import statements

GROUP = {"log_group": "/acme/fix"}
STREAMS = ["fixtunnel/acme/gateway", "fixtunnel/acme/state"]


def test_the_stack_makes_none_and_the_gateway_writes_into_its_two_streams_alone(tmp_path: Path) -> None:
    stack = of(tmp_path, GROUP)
    assert not stack.all("Logs::LogGroup") and not stack.all("Logs::LogStream")
    writing, making = statements(stack)["Log"]
    assert writing["Action"] == "logs:PutLogEvents"
    assert [json.dumps(one).split("log-group:")[1].strip('"]}') for one in writing["Resource"]] == [
        f"/acme/fix:log-stream:{name}" for name in STREAMS
    ]
    assert making["Action"] == "logs:CreateLogStream"
    assert ":log-group:/acme/fix:*" in json.dumps(making["Resource"])


def test_the_dashboard_shows_our_own_words_among_others(tmp_path: Path) -> None:
    (dashboard,) = of(tmp_path, GROUP).all("CloudWatch::Dashboard").values()
    assert "SOURCE '/acme/fix'" in json.dumps(dashboard)
    assert "@logStream = 'fixtunnel/acme/gateway'" in json.dumps(dashboard)


def test_a_key_for_it_is_not_ours_to_give(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"keys.log: .*log_group names /acme/fix; remove one of them"):
        of(tmp_path, {**GROUP, "keys": f"{{log: '{KEY}'}}"})


@pytest.mark.parametrize("place", ["log_group", "sessions.log_group"])
def test_the_group_of_another_clients_stack_is_not_to_be_shared(tmp_path: Path, place: str) -> None:
    """`destroy` of that client may delete it, with the streams of this one."""
    other = {place: "/fixtunnel/other"} if place == "log_group" else {"sessions": "{log_group: /fixtunnel/other}"}
    with pytest.raises(InvalidInput, match=rf"{place}: .*the stack of the client other makes this one"):
        of(tmp_path, other)


def test_a_group_below_ours_and_the_clients_own_may_be_named(tmp_path: Path) -> None:
    for group in ("/fixtunnel/desk/shared", "/fixtunnel/acme"):
        assert not of(tmp_path, {"log_group": group}).all("Logs::LogGroup")
