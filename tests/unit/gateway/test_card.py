"""The network card: which private address carries the Elastic IP, and how this host comes to own it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fixtunnel import card
from fixtunnel.card import Card
from fixtunnel.command import Failed
from fixtunnel.metadata import Metadata, NoAnswer
from tests.unit.gateway.conftest import Machine

OURS = Card(mac="02:00:00:00:00:01", interface="eni-0a1b2c3d", primary="10.64.0.8", secondary="10.64.0.9")
FOLDER = f"network/interfaces/macs/{OURS.mac}"
SAID = {
    "mac": OURS.mac,
    "local-ipv4": OURS.primary,
    f"{FOLDER}/local-ipv4s": f"{OURS.primary}\n{OURS.secondary}",
    f"{FOLDER}/interface-id": OURS.interface,
}


class Told(Metadata):
    """A metadata service that knows these paths; none where it is silent."""

    def __init__(self, said: dict[str, str] | None) -> None:
        self._said = said

    def get(self, path: str) -> str | None:
        if self._said is None:
            raise NoAnswer("metadata service: timed out")
        return self._said.get(path)


def test_the_secondary_address_is_the_one_that_is_not_primary(tmp_path: Path) -> None:
    assert card.load(Told(SAID), tmp_path / "card.json") == OURS
    turned = SAID | {f"{FOLDER}/local-ipv4s": f"{OURS.secondary}\n{OURS.primary}"}
    assert card.load(Told(turned), tmp_path / "card.json") == OURS


def test_another_secondary_address_that_comes_later_changes_nothing(tmp_path: Path) -> None:
    """Ours carries the address, whichever EC2 names first."""
    card.load(Told(SAID), tmp_path / "card.json")
    more = SAID | {f"{FOLDER}/local-ipv4s": f"{OURS.primary}\n10.64.0.77\n{OURS.secondary}"}
    assert card.load(Told(more), tmp_path / "card.json") == OURS


def test_a_full_disk_is_no_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_path: Path, _text: str) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    assert card.load(Told(SAID), tmp_path / "card.json") == OURS


def test_a_silent_service_leaves_what_was_known_over_a_reboot_too(tmp_path: Path) -> None:
    card.load(Told(SAID), tmp_path / "card.json")
    assert card.load(Told(None), tmp_path / "card.json") == OURS
    without = {path: value for path, value in SAID.items() if path != "mac"}
    assert card.load(Told(without), tmp_path / "card.json") == OURS


@pytest.mark.parametrize("content", [None, "", "{", "[]", '{"mac": "x"}'])
def test_what_was_never_known_is_a_failure(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "card.json").write_text(content)
    with pytest.raises(Failed, match="the network card is not known"):
        card.load(Told(None), tmp_path / "card.json")


def test_a_card_without_a_secondary_address_is_a_failure(tmp_path: Path) -> None:
    with pytest.raises(Failed, match="no secondary address"):
        card.load(Told(SAID | {f"{FOLDER}/local-ipv4s": OURS.primary}), tmp_path / "card.json")


def test_this_host_owns_the_secondary_address_once(machine: Machine) -> None:
    """cloud-init may have put it onto the card: on a second interface too the engine would listen twice."""
    card.own_secondary(OURS)
    assert machine.ran[-1] == "ip address replace 10.64.0.9/32 dev lo"
    links = [{"ifname": "ens5", "addr_info": [{"local": "10.64.0.8"}, {"local": "10.64.0.9"}]}]
    machine.answers["ip -json address show"] = json.dumps(links)
    machine.ran.clear()
    card.own_secondary(OURS)
    assert machine.ran == ["ip -json address show"]


def test_the_engine_is_told_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    card.write_left(OURS, tmp_path / "left.conf")
    assert "conn %default\n    left=10.64.0.9\n" in (tmp_path / "left.conf").read_text()
    monkeypatch.setattr(Path, "write_text", None)
    card.write_left(OURS, tmp_path / "left.conf")  # a later boot writes nothing: the disk may be full
