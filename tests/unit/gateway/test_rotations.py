"""A new PSK: tried, and put back if the venue does not answer to it."""

from __future__ import annotations

import stat
import time
from dataclasses import replace
from pathlib import Path

import pytest

from fixtunnel import psk
from fixtunnel.rotation import FOLDER, LONGEST_TRIAL_SECONDS, TRIAL_SECONDS, Rotation, Standing
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


def test_what_is_remembered_lies_where_a_reboot_leaves_it() -> None:
    assert str(FOLDER) == "/var/lib/fixtunnel"


def test_how_long_a_venue_has() -> None:
    """From its first word, and where it does not say one: four attempts, and a minute."""
    assert (TRIAL_SECONDS, LONGEST_TRIAL_SECONDS) == (16.0, 60.0)


def test_what_is_said_of_a_rotation_by_the_tunnels_name(rotating: Rotating) -> None:
    rotating.told("v2", NEW, may_load=False)
    assert len(rotating.said) == 1
    rotating.told("v2", NEW, may_load=False)
    assert rotating.said == ["LSE_Proquote: a new PSK waits for the restart window"], "once"
    rotating.told("v2", NEW)
    rotating.looked(up=True, now=TRIAL_SECONDS)
    assert rotating.said[1:] == [
        "LSE_Proquote: a new PSK is loaded and tried",
        "LSE_Proquote: the venue accepts the new PSK",
    ]
    assert rotating.known(up=True, may_load=False) == ["v2"], "nothing waits any more"
    standby = rotating.standing(up=False, wanted=False)
    rotating.rotation.take("v3", OLD, standing=standby, may_load=True)
    assert rotating.said[-1] == "LSE_Proquote: a new PSK is loaded, for when it is needed"


def test_a_refusal_is_told_once_while_nothing_works_and_again_where_it_cost_a_tunnel(rotating: Rotating) -> None:
    for up, times in ((False, 1), (False, 1), (True, 2)):
        rotating.told("v2", NEW, up=up)
        rotating.looked(up=False, now=TRIAL_SECONDS)
        assert sum("psk-refused" in text for text in rotating.said) == times


def test_what_was_refused_is_remembered_over_a_restart(rotating: Rotating) -> None:
    rotating.told("v2", NEW)
    rotating.looked(up=False, now=TRIAL_SECONDS)
    rotating.rotation = rotating.begin()
    assert (rotating.rotation.version, rotating.rotation.refused, rotating.rotation.state) == (
        "v1",
        "v2",
        "psk-refused",
    )
    assert rotating.known(up=True) == ["v1", "v2"]
    rotating.told("v3", NEW)
    rotating.looked(up=True, now=TRIAL_SECONDS)
    rotating.rotation = rotating.begin()
    assert (rotating.rotation.version, rotating.rotation.refused, rotating.rotation.state) == ("v3", "", "current")


def test_one_that_never_had_a_psk_knows_nothing(machine: Machine, seed: Settings, tmp_path: Path) -> None:
    fresh = Rotation(seed.tunnels[0], lambda _text: None, tmp_path)
    assert (fresh.version, fresh.refused, fresh.waiting, fresh.state) == ("", "", "", "current")
    assert fresh.known(Standing(True, False, 0, False), may_load=True) == []
    assert not fresh.is_on_trial


def test_the_first_psk_of_all_is_kept_where_the_venue_does_not_know_it(rotating: Rotating) -> None:
    """There is nothing to go back to; the venue may put it in later."""
    (rotating.folder / "LSE_Proquote.secrets").unlink()
    rotating.rotation = Rotation(rotating.tunnel, rotating.said.append, rotating.folder / "new")
    (rotating.folder / "new").mkdir()
    rotating.told("v5", NEW, up=False)
    rotating.looked(up=False, now=TRIAL_SECONDS)
    assert (rotating.loaded, rotating.rotation.state) == (NEW, "current")
    assert rotating.known(up=False) == ["v5"]
    assert Rotation(rotating.tunnel, rotating.said.append, rotating.folder / "new").version == "v5"
    assert rotating.machine.ran == AFRESH, "and it is not begun again for nothing"


def test_a_trial_asks_for_no_other_value_meanwhile(rotating: Rotating) -> None:
    rotating.told("v2", NEW)
    assert rotating.known(up=True) == ["v1", "v2"]
    rotating.told("v3", OLD)
    rotating.told("", OLD)
    assert (rotating.loaded, rotating.machine.ran) == (NEW, AFRESH)


@pytest.mark.parametrize(("version", "value"), [("v2", None), ("", NEW)])
def test_where_nothing_new_is_said_nothing_is_done(rotating: Rotating, version: str, value: bytes | None) -> None:
    rotating.told(version, value)
    assert (rotating.loaded, rotating.machine.ran, rotating.rotation.state) == (OLD, [], "current")


def test_after_a_power_cut_the_engine_reads_it_and_the_old_tunnel_proves_nothing(rotating: Rotating) -> None:
    rotating.told("v2", NEW)
    rotating.machine.ran.clear()
    rotating.rotation = rotating.begin()
    rotating.told("v2", NEW)
    assert rotating.machine.ran == AFRESH[:1]
    rotating.looked(up=True, now=TRIAL_SECONDS, child_since=BEFORE)
    assert (rotating.loaded, rotating.rotation.state, rotating.rotation.refused) == (OLD, "psk-refused", "v2")
    assert sum("psk-refused" in text for text in rotating.said) == 1


def test_tunnels_that_share_a_psk_fall_together(machine: Machine, seed: Settings, rotating: Rotating) -> None:
    """The venue sees the new one when all that share the IKE SA authenticate."""
    other = replace(seed.tunnels[0], name="LSE_Test", psk_of="LSE_Proquote")
    rotation = Rotation(rotating.tunnel, rotating.said.append, rotating.folder, others=[other])
    rotation.take("v2", NEW, rotating.standing(up=True), may_load=True)
    assert machine.ran == [AFRESH[0], "whack --name LSE_Test --terminate", *AFRESH[1:]]


def test_a_value_that_is_no_psk_changes_nothing_and_is_said_once(rotating: Rotating) -> None:
    for _ in range(2):
        rotating.rotation.note("v2", "key-missing")
    assert rotating.rotation.state == "key-missing"
    assert len(rotating.said) == 1
    assert rotating.said[0].startswith("LSE_Proquote: key-missing: ")
    assert rotating.known(up=True) == ["v1", "v2"], "it is not asked for again"
    rotating.rotation.note("v2", "")
    assert rotating.rotation.state == "key-missing", "the same version, not looked into again"
    rotating.rotation.note("v3", "not-an-object")
    assert (rotating.rotation.state, len(rotating.said)) == ("not-an-object", 2)
    rotating.rotation.note("", "")
    assert rotating.rotation.state == "not-an-object", "AWS did not answer"
    rotating.rotation.note("v4", "")
    assert (rotating.rotation.state, rotating.known(up=True)) == ("current", ["v1"])
    rotating.rotation.note("v4", "a word of a later version")
    assert rotating.rotation.state == "current"


def test_a_look_right_after_the_beginning_may_show_what_was_before(rotating: Rotating) -> None:
    """The venue's word counts from the third second on, and the sixteen seconds from that word."""
    rotating.told("v2", NEW)
    for at in (0.0, 2.9, 3.0, 18.9):
        rotating.rotation.look(rotating.standing(up=False), at)
        assert rotating.rotation.state == "on-trial", at
    rotating.rotation.look(rotating.standing(up=False), 19.0)
    assert rotating.rotation.state == "psk-refused"


def test_no_value_is_in_what_is_said_or_run_or_left_readable(rotating: Rotating) -> None:
    rotating.told("v2", NEW)
    rotating.looked(up=False, now=TRIAL_SECONDS)
    assert not any("one" in text.split() for text in (*rotating.said, *rotating.machine.ran) if "new one" in text)
    for path in rotating.folder.glob("LSE_Proquote.*"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert "one" not in (rotating.folder / "psk-LSE_Proquote.json").read_text()
