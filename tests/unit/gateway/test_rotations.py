"""A new PSK: tried, and put back if the venue does not answer to it."""

from __future__ import annotations

import stat
import time
from pathlib import Path

import pytest

from fixtunnel import psk
from fixtunnel.rotation import LONGEST_TRIAL_SECONDS, TRIAL_SECONDS, Rotation, Standing
from fixtunnel.settings import Settings, Tunnel
from tests.unit.gateway.conftest import Machine

OLD, NEW = b"the old one", b"the new one"
BEFORE, AFTER = 1_700_000_000, 1_700_000_009
AFRESH = [
    "whack --rereadsecrets",
    "whack --name LSE_Proquote --terminate",
    "whack --name LSE_Proquote --asynchronous --initiate",
]


class Rotating:
    """One tunnel's rotation, with its files in a folder."""

    def __init__(self, machine: Machine, tunnel: Tunnel, folder: Path) -> None:
        self.machine, self.tunnel, self.folder = machine, tunnel, folder
        self.said: list[str] = []
        psk.write(tunnel, OLD)
        self.rotation = self.begin()

    def begin(self) -> Rotation:
        return Rotation(self.tunnel, self.said.append, self.folder)

    def told(
        self, version: str, value: bytes | None, *, up: bool = True, may_load: bool = True, now: float = 0
    ) -> None:
        del now
        self.rotation.take(version, value, self.standing(up=up, child_since=BEFORE), may_load=may_load)

    def looked(self, *, up: bool, now: float, child_since: int = AFTER) -> None:
        """Look, after the trial had begun a while before with a venue that answers."""
        for at in (now - TRIAL_SECONDS - 5, now - TRIAL_SECONDS, now):
            self.rotation.look(self.standing(up=up and at == now, child_since=child_since), at)

    def standing(self, *, up: bool, child_since: int = AFTER, wanted: bool = True, answered: bool = True) -> Standing:
        return Standing(wanted, up, child_since, answered)

    def known(self, *, up: bool, may_load: bool = True) -> list[str]:
        return self.rotation.known(self.standing(up=up), may_load=may_load)

    @property
    def loaded(self) -> bytes:
        return next(value for value in (OLD, NEW) if psk.holds(self.tunnel, value))


@pytest.fixture
def rotating(machine: Machine, seed: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Rotating:
    for function in (
        psk.write,
        psk.holds,
        psk.keep_former,
        psk.put_back,
        psk.forget_former,
        psk.has_former,
        psk.former_since,
    ):
        defaults = function.__defaults__ or ()
        monkeypatch.setattr(function, "__defaults__", (*defaults[:-1], tmp_path))
    made = Rotating(machine, seed.tunnels[0], tmp_path)
    made.told("v1", OLD)
    return made


def test_the_one_that_is_loaded_is_only_noted(rotating: Rotating) -> None:
    assert rotating.machine.ran == []
    assert rotating.known(up=True, may_load=True) == ["v1"]
    assert rotating.begin().version == "v1"


def test_a_new_one_is_tried_at_once(rotating: Rotating) -> None:
    rotating.told("v2", NEW)
    rotating.rotation.look(rotating.standing(up=True, child_since=BEFORE), 0.0)
    assert rotating.machine.ran == AFRESH
    assert (rotating.loaded, rotating.rotation.state) == (NEW, "on-trial")


def test_accepted(rotating: Rotating) -> None:
    rotating.told("v2", NEW)
    rotating.looked(up=True, now=3.0)
    assert (rotating.rotation.state, rotating.rotation.version) == ("current", "v2")
    assert not psk.has_former(rotating.tunnel)


def test_the_tunnel_that_was_up_before_proves_nothing(rotating: Rotating) -> None:
    """In the rehearsal the look that began the trial took the old tunnel for the venue's consent: trading never came back."""
    rotating.told("v2", NEW)
    rotating.rotation.look(rotating.standing(up=True, child_since=BEFORE), 0.0)
    assert rotating.rotation.state == "on-trial"
    rotating.looked(up=False, now=100.0)
    assert (rotating.loaded, rotating.rotation.state) == (OLD, "psk-refused")


def test_refused(rotating: Rotating) -> None:
    rotating.told("v2", NEW)
    rotating.looked(up=False, now=TRIAL_SECONDS)
    assert rotating.machine.ran == AFRESH * 2
    assert (rotating.loaded, rotating.rotation.state) == (OLD, "psk-refused")
    assert any("psk-refused" in text for text in rotating.said)
    assert rotating.known(up=True, may_load=True) == ["v1", "v2"]


def test_a_refused_one_is_tried_again_while_nothing_works(rotating: Rotating) -> None:
    """We were first, and now the venue has it too: the old one no longer works."""
    rotating.told("v2", NEW)
    rotating.looked(up=False, now=TRIAL_SECONDS)
    assert "v2" not in rotating.known(up=False, may_load=True)
    rotating.told("v2", NEW, up=False, now=100.0)
    rotating.looked(up=True, now=102.0)
    assert (rotating.loaded, rotating.rotation.state) == (NEW, "current")


def test_in_the_window(rotating: Rotating) -> None:
    rotating.told("v2", NEW, may_load=False)
    assert (rotating.loaded, rotating.rotation.state) == (OLD, "waiting-for-window")
    assert rotating.machine.ran == []
    assert "v2" in rotating.known(up=True, may_load=False)
    assert "v2" not in rotating.known(up=True, may_load=True)
    rotating.told("v2", NEW)
    assert rotating.loaded == NEW


def test_a_tunnel_that_is_down_does_not_wait_for_the_window(rotating: Rotating) -> None:
    rotating.told("v2", NEW, up=False, may_load=False)
    assert rotating.loaded == NEW


def test_a_power_cut_within_a_trial(rotating: Rotating) -> None:
    rotating.told("v2", NEW)
    rotating.rotation = rotating.begin()
    rotating.told("v2", NEW, up=False)
    rotating.looked(up=False, now=TRIAL_SECONDS)
    assert rotating.loaded == OLD


def test_the_watch_dies_within_a_trial_that_the_venue_has_accepted(rotating: Rotating) -> None:
    rotating.told("v2", NEW)
    rotating.rotation = rotating.begin()
    made = int(time.time()) + 2
    rotating.rotation.take("v2", NEW, rotating.standing(up=True, child_since=made), may_load=True)
    rotating.looked(up=True, now=5.0, child_since=made)
    assert (rotating.loaded, rotating.rotation.state) == (NEW, "current")


def test_a_standbys_is_loaded_and_tried_when_it_is_needed(rotating: Rotating) -> None:
    """Negotiating it would take the policies of the tunnel that carries."""
    rotating.rotation.take("v2", NEW, rotating.standing(up=False, wanted=False), may_load=True)
    rotating.rotation.look(rotating.standing(up=False, wanted=False), 1000.0)
    assert rotating.machine.ran == AFRESH[:1]
    assert (rotating.loaded, rotating.rotation.state, rotating.rotation.is_on_trial) == (NEW, "untried", False)
    rotating.looked(up=False, now=2000.0)
    assert (rotating.loaded, rotating.rotation.state) == (OLD, "psk-refused")
    assert "v2" in rotating.rotation.known(rotating.standing(up=False, wanted=False), may_load=True)


def test_a_venue_that_says_nothing_does_not_refuse(rotating: Rotating) -> None:
    rotating.told("v2", NEW)
    for at in range(0, int(LONGEST_TRIAL_SECONDS), 5):
        rotating.rotation.look(rotating.standing(up=False, answered=False), float(at))
    assert rotating.rotation.state == "on-trial"
    rotating.rotation.look(rotating.standing(up=False, answered=False), LONGEST_TRIAL_SECONDS)
    assert rotating.loaded == OLD


def test_no_value_is_in_what_is_said_or_run_or_left_readable(rotating: Rotating) -> None:
    rotating.told("v2", NEW)
    rotating.looked(up=False, now=TRIAL_SECONDS)
    assert not any("one" in text.split() for text in (*rotating.said, *rotating.machine.ran) if "new one" in text)
    for path in rotating.folder.glob("LSE_Proquote.*"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert "one" not in (rotating.folder / "psk-LSE_Proquote.json").read_text()
