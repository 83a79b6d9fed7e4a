"""The keys of AWS's agent: what the gateway gets, and when somebody must look for the next one."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from userdata.agent_keys import FILE, WARNING_DAYS, AgentKey, agent_keys, ends_soon, render_agent_keys
from userdata.operations import MAX_CHARACTERS

NOW = datetime(2027, 1, 1, tzinfo=UTC)


def key(days: int | None) -> AgentKey:
    """A key that ends so many days after `NOW`."""
    return AgentKey(block=b"", fingerprint="", ends=None if days is None else NOW + timedelta(days=days))


def test_the_newest_key_lasts() -> None:
    """Fails 60 days before it ends: AWS has published the next one by then, or will soon."""
    assert ends_soon(datetime.now(UTC)) == "", f"put AWS's next key into {FILE.name}"


def test_no_key_of_the_file_has_ended() -> None:
    now = datetime.now(UTC)
    assert [one.fingerprint for one in agent_keys() if one.ends and one.ends < now] == []


def test_each_key_is_the_one_that_the_file_names_and_ends_when_it_says(tmp_path: Path) -> None:
    """The words above each block are for people: they must be true."""
    prose = FILE.read_text()
    for one in agent_keys():
        groups = [one.fingerprint[n : n + 4] for n in range(0, 40, 4)]
        assert f"{' '.join(groups[:5])}  {' '.join(groups[5:])}, from" in prose
        assert one.ends is not None
        assert f"to {one.ends:%Y-%m-%d}" in prose
    first = agent_keys()[0]
    assert first.fingerprint == "1C5B395CBE5E74E2F1CA21592784DBF388D19D46"
    assert first.ends == datetime(2027, 11, 25, 13, 58, 7, tzinfo=UTC), "as gpg --show-keys says"


def test_two_keys_fit_into_a_parameter() -> None:
    """For the weeks in which AWS's next key is known and the present one still signs."""
    present = agent_keys()[0]
    assert len(render_agent_keys((present, present))) <= MAX_CHARACTERS
    assert len(render_agent_keys()) <= MAX_CHARACTERS


def test_what_the_gateway_gets_is_the_keys() -> None:
    text = render_agent_keys()
    assert [base64.b64decode(line) for line in text.split()] == [one.block for one in agent_keys()]


@pytest.mark.parametrize(
    ("days", "said"),
    [
        ([WARNING_DAYS + 1], ""),
        ([WARNING_DAYS - 1], "ends on"),
        ([-400, WARNING_DAYS + 1], ""),
        ([-1], "ended on"),
        ([5, None], ""),
    ],
)
def test_a_warning_comes_in_time(days: list[int | None], said: str) -> None:
    warning = ends_soon(NOW, tuple(map(key, days)))
    assert said in warning if said else warning == ""
