"""`fixtunnel.toml`: the nearest one, every fault at once, and what counts more."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from model import configuration, folders
from model.faults import InvalidInput
from model.givers import givers
from stacks.parameters import read_context

WHOLE = """\
clients = "ours"
profile = "desk"
region = "eu-west-2"
[new]
account = "123456789012"
"""


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "fixtunnel.toml").write_text(WHOLE)
    (tmp_path / "below").mkdir()
    monkeypatch.chdir(tmp_path / "below")
    for name in [*configuration._CREDENTIALS, *folders.VARIABLES.values()]:
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def test_the_nearest_upwards_is_heard(desk: Path) -> None:
    found = configuration.find()
    assert found and found.path == desk / "fixtunnel.toml"
    assert found.folders == {"clients_dir": str(desk / "ours"), "venues_dir": str(desk / "venues")}
    assert configuration.home() == desk


def test_without_one_the_clone_is_home() -> None:
    assert configuration.find(Path("/")) is None
    assert configuration.home() == configuration.PROJECT


@pytest.mark.usefixtures("desk")
def test_who_is_named_in_the_environment_counts_more(monkeypatch: pytest.MonkeyPatch) -> None:
    assert configuration.profile() == "desk"
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
    assert configuration.profile() is None


def test_the_cdk_app_hears_it_too_and_its_errors_name_it(desk: Path) -> None:
    heard = read_context({}, Path("/project"), {})
    assert (heard.clients, heard.venues) == (desk / "ours", desk / "venues")
    assert read_context({}, Path("/project"), {"FIXTUNNEL_CLIENTS_DIR": "/else"}).clients == Path("/else")
    assert read_context({"clients_dir": "/said"}, Path("/project"), {}).clients == Path("/said")
    assert givers({}, {})["clients_dir"] == "fixtunnel.toml"
    assert givers({}, {"FIXTUNNEL_CLIENTS_DIR": "/else"})["clients_dir"] == "FIXTUNNEL_CLIENTS_DIR"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("clint = 'x'\nregion = 1\n", ["clint: ", "did you mean 'clients'?", "region: "]),
        ("[new]\nacount = 'x'\n", ["new.acount: ", "did you mean 'account'?"]),
        ("clients = [\n", ["is not TOML"]),
        ("clients = ''\n", ["clients: "]),
    ],
)
def test_every_fault_is_named_at_once(desk: Path, text: str, words: list[str]) -> None:
    (desk / "fixtunnel.toml").write_text(text)
    os.utime(desk / "fixtunnel.toml", ns=(1, 1))
    with pytest.raises(InvalidInput) as raised:
        configuration.find()
    assert [word for word in words if word not in str(raised.value)] == []
    assert str(raised.value).count("fixtunnel.toml") >= 1


def test_a_strangers_file_is_not_believed(desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What lies beside it runs as whoever calls: a neighbour's in /tmp would have had the credentials."""
    mine = os.geteuid()
    monkeypatch.setattr("os.geteuid", lambda: mine + 1)
    stated = Path.stat

    def of_a_neighbour(path: Path, **how: Any) -> os.stat_result:
        found = list(stated(path, **how))
        found[4] = mine + 4711  # st_uid
        return os.stat_result(found)

    monkeypatch.setattr(Path, "stat", of_a_neighbour)
    with pytest.raises(InvalidInput, match=f"belongs to user {mine + 4711}, and you are {mine + 1}"):
        configuration.find()


@pytest.mark.parametrize("which", ["fixtunnel.toml", "."])
def test_what_everybody_may_write_is_not_believed(desk: Path, which: str) -> None:
    (desk / which).chmod(0o777 if which == "." else 0o666)
    with pytest.raises(InvalidInput, match="everybody may write"):
        configuration.find()
    if which == ".":
        (desk / which).chmod(0o1777)
        assert configuration.find(), "as /tmp is: who wrote the file counts"
