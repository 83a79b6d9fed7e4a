"""A machine whose kernel panics: the emulator's doing is begun again, anything else ends the wait at once."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pytest

from rehearsal.world.machine import Machine, MachineFailed
from rehearsal.world.machine.qemu import Card, Identity

TRIPPED = "[    1.632057] Oops: int3: 0000 [#2] PREEMPT SMP NOPTI\n[    1.632295] Kernel panic - not syncing: Fatal exception\n"
OURS = "[    9.632295] Kernel panic - not syncing: Attempted to kill init!\n"


class Standing:
    """A process in the place of QEMU's, that runs until it is killed."""

    def __init__(self) -> None:
        self.killed = False

    def poll(self) -> int | None:
        return -9 if self.killed else None

    def kill(self) -> None:
        self.killed = True

    def wait(self, timeout: float) -> None:
        """It has ended by then."""


class Panicking(Machine):
    """Shows on its console what the test says, one text for each power-on."""

    def __init__(self, folder: Path, *boots: str) -> None:
        card = Card(tap="tap0", mac="02:00:00:00:00:01")
        who = Identity(instance_id="i-0123456789abcdef0", private_address=IPv4Address("10.64.0.4"))
        nowhere: Any = None
        super().__init__(image=nowhere, namespace=nowhere, card=card, identity=who, run_dir=folder)
        self.boots = list(boots)
        self.console.parent.mkdir()
        self.power_on()

    def _start(self) -> Any:
        with self.console.open("a") as console:
            console.write(self.boots.pop(0))
        return Standing()


Begin = Callable[..., Panicking]


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[Begin]:
    """Gives a machine power; at the end it has none, so that nothing minds it any more."""
    with ExitStack() as ends:

        def machine(*boots: str) -> Panicking:
            begun = Panicking(tmp_path, *boots)
            ends.callback(begun.power_cut)
            return begun

        yield machine


def test_a_trip_is_minded_whatever_is_waited_for(begin: Begin) -> None:
    """The wait that failed in CI looked at the console alone: it saw the panic, and waited for a quarter of an hour."""
    machine = begin(TRIPPED, "cloud-init has run\n")
    end = time.monotonic() + 20
    while "cloud-init" not in machine.last_words():
        assert time.monotonic() < end
        time.sleep(0.05)
    assert machine.is_on


def test_a_machine_without_power_is_left_alone(begin: Begin) -> None:
    machine = begin("[    0.000000] Linux version 6.12\n", "cloud-init has run\n")
    machine.power_cut()
    with machine.console.open("a") as console:
        console.write(TRIPPED)
    time.sleep(0.6)
    assert machine.boots
    assert not machine.is_on


def test_the_emulators_doing_is_begun_again(begin: Begin) -> None:
    machine = begin(TRIPPED, TRIPPED, "cloud-init has run\n")
    machine.wait_for(lambda one: "cloud-init" in one.last_words(), limit=5, what="cloud-init")
    assert not machine.boots


def test_a_kernel_that_stands_still_is_begun_again(begin: Begin, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rehearsal.world.machine.machine._SILENT_S", 0.5)
    machine = begin("[    0.9] registered taskstats version 1\n", "cloud-init has run\n")
    machine.wait_for(lambda one: "cloud-init" in one.last_words(), limit=5, what="cloud-init")
    time.sleep(1)
    assert (machine.begun_again, machine.boots) == (1, [])


@pytest.mark.parametrize("shown", [OURS, "\x1b[!p\x1b]104"], ids=["panicked", "systemd has spoken"])
def test_what_does_not_stand_still_is_left_alone(begin: Begin, monkeypatch: pytest.MonkeyPatch, shown: str) -> None:
    monkeypatch.setattr("rehearsal.world.machine.machine._SILENT_S", 0.1)
    machine = begin(shown, "cloud-init has run\n")
    time.sleep(0.8)
    assert machine.begun_again == 0


def test_not_for_ever(begin: Begin) -> None:
    with pytest.raises(MachineFailed, match="panicked while waiting for a word"):
        begin(*[TRIPPED] * 9).wait_for(lambda _one: None, limit=5, what="a word")


def test_also_in_the_middle_of_a_boot_as_after_a_power_cut(begin: Begin) -> None:
    """A deploy hung for a quarter of an hour in CI: nobody looked at the kernel once anything else had spoken."""
    machine = begin("fixtunnel: install\n" + TRIPPED, "fixtunnel: load tunnels\n")
    machine.wait_for(lambda one: "load tunnels" in one.last_words(), limit=5, what="the tunnels")
    assert (machine.begun_again, machine.boots) == (1, [])


@pytest.mark.parametrize("shown", [OURS, "fixtunnel: load tunnels\n" + TRIPPED])
def test_any_other_ends_the_wait_with_its_words(begin: Begin, shown: str) -> None:
    with pytest.raises(MachineFailed, match="Kernel panic - not syncing"):
        begin(shown).wait_for(lambda _one: None, limit=5, what="a word")
