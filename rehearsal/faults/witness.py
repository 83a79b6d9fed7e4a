"""What the gateway itself saw of a fault, and what it did: from its journal, on the host's clock."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass

from rehearsal.world.machine import AgentSilent, Machine
from userdata.contract import BOOT_UNIT, PAIR_UNIT, WATCH_UNIT, said

_UNITS = (WATCH_UNIT, BOOT_UNIT, PAIR_UNIT, "ipsec.service")
_OURS = said("")
# The engine's own words (libreswan's and OpenSwan's pluto), in its own journal: a rehearsal that measures when something was
# noticed needs the moment, and pluto keeps it nowhere else.
_ENGINES = re.compile(
    r"DPD|liveness|initiating (IKEv1|IKEv2|Main|Quick)|established|ESTABLISHED|no response|retransmission; will|"
    r"Delete SA|Deleting|deleting (other )?state|AUTHENTICATION_FAILED|NO_PROPOSAL_CHOSEN|shutting down|Starting Pluto"
)
_TROUBLE = re.compile(
    r"DPD action|DPD: .*(timeout|restart|no response)|liveness action|no response|received Delete|retransmission; will"
)
_LINE = re.compile(r"^(\d+\.\d+) \S+ ([\w./-]+?)(?:\[\d+\])?: (.*)$")


@dataclass(frozen=True)
class Saying:
    """A line that matters. `at` is in seconds from the injection; `ours` says whether our program wrote it."""

    at: float
    text: str
    ours: bool

    def __str__(self) -> str:
        return f"+{self.at:.1f} s {'' if self.ours else 'engine: '}{self.text}"


class Witness:
    """Asks a gateway before and after a fault."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._ahead = 0.0

    def begin(self) -> None:
        """Compare the clocks, the gateway's against ours, to the accuracy of one question; the fault comes now."""
        before = time.time()
        theirs = float(self._machine.run(["/usr/bin/date", "+%s.%N"]).stdout)
        self._ahead = theirs - (before + time.time()) / 2
        self._began = time.time()

    def sayings(self) -> tuple[Saying, ...]:
        """What was said since the injection; nothing from a gateway that cannot be asked."""
        since = f"--since=@{self._began + self._ahead - 1:.0f}"
        units = [f"--unit={unit}" for unit in _UNITS]
        argv = ["/usr/bin/journalctl", "--no-pager", "--quiet", "--output=short-unix", since, *units]
        try:
            told = self._machine.run(argv, limit=90).stdout
        except AgentSilent:
            return ()
        return tuple(one for line in told.splitlines() if (one := self._read(line)) and one.at >= 0)

    def _read(self, line: str) -> Saying | None:
        found = _LINE.match(line)
        if not found:
            return None
        at = round(float(found[1]) - self._ahead - self._began, 2)
        if found[3].startswith(_OURS):
            return Saying(at, found[3].removeprefix(_OURS), ours=True)
        return Saying(at, found[3], ours=False) if _ENGINES.search(found[3]) else None


def detected_seconds(sayings: Sequence[Saying]) -> float | None:
    """When the gateway first showed that it had noticed: a word of our program's, or the engine's of trouble."""
    return next((one.at for one in sayings if one.ours or _TROUBLE.search(one.text)), None)
