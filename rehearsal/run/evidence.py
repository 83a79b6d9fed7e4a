"""What there is to say about a step that failed: by the venue, by the gateway's engine and program, by their ports."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rehearsal.fix.trading import PortClosed
from rehearsal.run.timeline import StepFailed
from rehearsal.world.machine import AgentSilent
from rehearsal.world.stage import Stage
from rehearsal.world.venue import Fault
from userdata import contract

_TELLING = re.compile(
    r"NO_PROPOSAL|AUTHENTICATION_FAILED|INVALID_ID|INVALID_HASH|TS_UNACCEPTABLE|mismatch|no response|retransmi"
    r"|FATAL|syntax error|cannot load config|unrecognized keyword"
)
_REFUSES = re.compile(r"FATAL|syntax error|cannot load config|unrecognized keyword")
_MOST_WORDS = 8
_BOOT_WORDS = re.compile(
    r"fixtunnel: .*(fail|;|:)|^E: |Err:|Failed to|Could not|Unable to|AccessDenied|not authorized|again in"
    r"|Received FAILURE|Traceback|^\w*(Error|Exception)"
)
_CONSOLE_PREFIX = re.compile(r"^(\[ *[0-9.]+\] )?([\w-]+\[\d+\]: )?")
_ASK_LIMIT = 30.0


class Unclean(Exception):
    """All of it ran, and something was seen that must not be: which figures."""


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """What was seen.

    Args:
        error: the words of the exception that ended the step.
        fault: what the venue's engine complained of, with `venue`, its words.
        engine: the words of the gateway's engine since the step began.
        boot: the words of the gateway's boot that tell of trouble.
        state: the gateway's own account of itself (/run/fixtunnel/state.json); empty before there is one.
        tunnels_up: whether a tunnel to every venue is up, as the venue sees it.
        port_closed: whether the venue's FIX port gave no answer.
        unclean: whether everything ran and the figures are not what they must be.
    """

    error: str
    fault: Fault | None = None
    venue: tuple[str, ...] = ()
    engine: tuple[str, ...] = ()
    boot: tuple[str, ...] = ()
    state: Mapping[str, Any] = field(default_factory=dict)
    tunnels_up: bool = False
    port_closed: bool = False
    unclean: bool = False

    @property
    def booted(self) -> bool:
        """Whether the gateway's program has done its boot: only then does it speak to a venue."""
        return self.state.get("state") in ("holding", "waiting-for-address")

    @property
    def engine_refuses(self) -> bool:
        """Whether the gateway's engine said that it does not take its configuration."""
        return any(_REFUSES.search(line) for line in self.engine)

    @property
    def waits_for_psk(self) -> bool:
        """Whether a tunnel of the gateway has no PSK yet."""
        return any(tunnel.get("state") == "waiting-for-psk" for tunnel in self.state.get("tunnels", {}).values())

    @property
    def words(self) -> tuple[str, ...]:
        """All that was said, each line with who said it."""
        telling = tuple(dict.fromkeys(line for line in self.engine if _TELLING.search(line)))[-_MOST_WORDS:]
        said = [("venue", self.venue), ("gateway", telling), ("boot", () if self.booted else self.boot)]
        lines = tuple(f"{who}: {line}" for who, lines in said for line in lines)
        return lines or tuple(self.error.splitlines()[-8:])


def gather(failed: StepFailed, stage: Stage) -> Evidence:
    """Ask everybody who can be asked; who cannot, says nothing."""
    state = _state(stage)
    fault, venue = _venues_words(stage)
    # Of a venue's tunnels any may be the one in use: a standby is rehearsed while the active one is silent.
    up = bool(stage.venues) and all(
        any(stage.venue_gateway(one.name).is_up for one in group) for group in stage.deployment.groups.values()
    )
    engine = _engines_words(stage, since=failed.since)
    return Evidence(
        error=str(failed.__cause__ or failed),
        fault=None if up else fault,
        venue=() if up else venue,
        engine=tuple(line for line in engine if not up or _REFUSES.search(line)),
        boot=_boots_words(stage),
        state=state,
        tunnels_up=up,
        port_closed=isinstance(failed.__cause__, PortClosed),
        unclean=isinstance(failed.__cause__, Unclean),
    )


def _state(stage: Stage) -> dict[str, Any]:
    try:
        state: dict[str, Any] = json.loads(_told(stage, "/usr/bin/cat", contract.STATE_FILE) or "{}")
    except ValueError:
        return {}
    return state


def _venues_words(stage: Stage) -> tuple[Fault | None, tuple[str, ...]]:
    for side in stage.venues.values():
        for gateway in side.gateways.values():
            if complaint := gateway.what_went_wrong():
                return complaint.fault, complaint.words
    return None, ()


def _engines_words(stage: Stage, *, since: float) -> tuple[str, ...]:
    """Our engine's, of its unit or, for OpenSwan, which has none, of pluto itself. `since` is Unix time here."""
    begin = int(since - _behind(stage))
    argv = ("/usr/bin/journalctl", f"--since=@{begin}", "--no-pager", "--output=cat", "--lines=600")
    lines = _told(stage, *argv, "_SYSTEMD_UNIT=ipsec.service", "+", "_COMM=pluto").splitlines()
    return tuple(line.strip() for line in lines if line.strip() and not line.startswith("-- "))


def _behind(stage: Stage) -> float:
    """Seconds by which the gateway's clock is behind ours: its journal is dated by it, and an emulated one loses time."""
    asked = time.time()
    told = _told(stage, "/usr/bin/date", "+%s").strip()
    return max(0.0, asked - int(told)) if told.isdigit() else 0.0


def _boots_words(stage: Stage) -> tuple[str, ...]:
    """From the console, which is there even where the gateway cannot be asked."""
    if not hasattr(stage, "machine"):
        return ()
    lines = (_CONSOLE_PREFIX.sub("", line.strip()) for line in stage.machine.last_words(400).splitlines())
    return tuple(dict.fromkeys(line for line in lines if _BOOT_WORDS.search(line)))[-8:]


def _told(stage: Stage, *argv: str) -> str:
    """What a command on the gateway prints; nothing where it cannot be asked."""
    if not hasattr(stage, "machine"):
        return ""
    try:
        return stage.machine.run(argv, limit=_ASK_LIMIT).stdout
    except AgentSilent:
        return ""
