"""A drill's account of a play that goes wrong, without a machine."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import MagicMock, PropertyMock

import pytest

from rehearsal.faults.drill import Drill
from rehearsal.faults.fault import Fault, fault
from rehearsal.faults.replacement import address_moved
from rehearsal.faults.scene import Scene, SceneFailed
from rehearsal.fix.channel import FixError
from rehearsal.world.venue import VenueError

happened: list[str] = []


@fault(1, "venue-killed", "venue's daemon killed")
def killed(_scene: Scene) -> Iterator[None]:
    happened.append("killed")
    yield


@fault(2, "cannot-be-played", "a scene that cannot be set")
def cannot_be_played(_scene: Scene) -> Iterator[None]:
    raise SceneFailed("the venue refused the scene")
    yield


@pytest.fixture
def scene(monkeypatch: pytest.MonkeyPatch) -> MagicMock:
    """Everything is well, and the desk trades."""
    made = MagicMock()
    account = SimpleNamespace(sent=10, duplicated=0, late=(), held=0, lost=(), unexecuted=())
    made.desk.reconciled.return_value, made.desk.logons, made.desk.silence = account, 1, 0.2
    made.desk.steady.return_value = 0.1
    made.edge.counters.leaked = 0
    witness = MagicMock()
    witness.return_value.sayings.return_value = []
    monkeypatch.setattr("rehearsal.faults.drill.Witness", witness)
    happened.clear()
    return made


def play(scene: MagicMock, what: Fault, folder: Path) -> str:
    """What went wrong with it."""
    capture = folder / "capture.pcap"
    capture.write_bytes(bytes(24))
    return Drill(scene=scene, capture=capture).play(what).failure


def test_a_fault_befalls_the_gateway_that_carries_the_session(scene: MagicMock, tmp_path: Path) -> None:
    assert play(scene, killed, tmp_path) == ""
    assert happened == ["killed"]


def test_the_trouble_of_a_gateway_that_carries_nothing_is_not_played(scene: MagicMock, tmp_path: Path) -> None:
    """Its standby had its place, and the row said that the session had not noticed anything."""
    scene.venue.wait_until_up.side_effect = VenueError("A waited 60 s for a child SA")
    assert play(scene, killed, tmp_path) == "VenueError: A waited 60 s for a child SA"
    assert happened == []


def test_what_went_wrong_first_stands_first(scene: MagicMock, tmp_path: Path) -> None:
    """The engine's restart failed too, and its words hid the cause."""
    scene.desk.relaunch.side_effect = FixError("the initiator gave no `ready`")
    told = play(scene, cannot_be_played, tmp_path)
    assert told == "SceneFailed: the venue refused the scene; then FixError: the initiator gave no `ready`"


@fault(20, "proposal-refused", "the venue refuses the proposal", holds=40, doctor=("no-proposal-phase-1", "either"))
def refused(_scene: Scene) -> Iterator[None]:
    yield
    happened.append("lifted")


def test_the_doctor_is_asked_within_the_time_that_a_fault_holds(
    scene: MagicMock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asked after it, a slow doctor made 40 s of silence 70 or more, and TCP's next attempt came a minute later."""
    now = [0.0]
    monkeypatch.setattr("rehearsal.faults.drill.time.monotonic", lambda: now[0])

    def named(*_what: object, **_limits: object) -> str:
        happened.append("asked")
        now[0] += 28
        return "no-proposal-phase-1 (either)"

    monkeypatch.setattr("rehearsal.faults.drill.doctor.named", named)
    scene.hold.side_effect = lambda seconds: happened.append(f"held for {seconds:g} s")
    assert play(scene, refused, tmp_path) == ""
    assert happened == ["asked", "held for 12 s", "lifted"]


ELASTIC, OTHERS = "203.0.113.1", {"10.64.0.8": "54.214.1.1"}
OLD, MOVED = OTHERS | {"10.64.0.9": ELASTIC}, OTHERS | {"10.64.0.10": ELASTIC}


def test_the_address_has_moved_when_the_edge_has_followed(scene: MagicMock) -> None:
    """It follows 3 s after EC2's answer: until then the old gateway's session is no proof of a recovery."""
    scene.stage.elastic_ip = ELASTIC
    another_public = OLD | {"10.64.0.11": "54.214.1.2"}
    seen = PropertyMock(side_effect=[OLD, OLD, another_public, MOVED])
    type(scene.stage.edge).associations = seen
    with address_moved.happen(scene):
        assert seen.call_count == 4


def test_an_address_that_does_not_move_is_said(scene: MagicMock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rehearsal.faults.replacement._MOVE_LIMIT", 0.0)
    scene.stage.elastic_ip = ELASTIC
    type(scene.stage.edge).associations = PropertyMock(return_value=OLD)
    with pytest.raises(SceneFailed, match="the edge still has"), address_moved.happen(scene):
        pass
