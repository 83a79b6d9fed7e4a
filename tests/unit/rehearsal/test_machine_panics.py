"""A machine whose kernel panics: the emulator's doing is begun again, anything else ends the wait at once."""

from __future__ import annotations

from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pytest

from rehearsal.machine import Machine, MachineFailed
from rehearsal.machine.qemu import Card, Identity

TRIPPED = "[    1.632057] Oops: int3: 0000 [#2] PREEMPT SMP NOPTI\n[    1.632295] Kernel panic - not syncing: Fatal exception\n"
OURS = "[    9.632295] Kernel panic - not syncing: Attempted to kill init!\n"


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

    @property
    def is_on(self) -> bool:
        return True

    def power_on(self) -> None:
        self._shown_before = self.console.stat().st_size if self.console.exists() else 0
        with self.console.open("a") as console:
            console.write(self.boots.pop(0))

    def power_cut(self) -> None:
        """There is no process."""


def test_the_emulators_doing_is_begun_again(tmp_path: Path) -> None:
    machine = Panicking(tmp_path, TRIPPED, TRIPPED, "cloud-init has run\n")
    machine.wait_for(lambda one: "cloud-init" in one.last_words(), limit=5, what="cloud-init")
    assert not machine.boots


def test_not_for_ever(tmp_path: Path) -> None:
    with pytest.raises(MachineFailed, match="panicked while waiting for a word"):
        Panicking(tmp_path, *[TRIPPED] * 9).wait_for(lambda _one: None, limit=5, what="a word")


@pytest.mark.parametrize("shown", [OURS, "fixtunnel: guard\n" + TRIPPED])
def test_any_other_ends_the_wait_with_its_words(tmp_path: Path, shown: str) -> None:
    with pytest.raises(MachineFailed, match="Kernel panic - not syncing"):
        Panicking(tmp_path, shown).wait_for(lambda _one: None, limit=5, what="a word")
