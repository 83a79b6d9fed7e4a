"""What there is to say about a step that failed, by the part that saw it, and what it means: from the evidence to its cause.

The causes are the doctor's (model.diagnosis), and those that only who sees both sides can name.
"""

from __future__ import annotations

import json
import re
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from localaws.program import RehearsalFailed
from model.diagnosis import (
    AUTHENTICATION_REFUSED,
    ENGINE_REFUSES,
    NO_ANSWER,
    NO_PROPOSAL_1,
    NO_PROPOSAL_2,
    SELECTORS,
    WRONG_PSK,
    Cause,
    diagnose,
    diagnose_boot,
)
from rehearsal.fix.trading import PortClosed
from rehearsal.report import Failure
from rehearsal.run.timeline import StepFailed
from rehearsal.world.machine import AgentSilent
from rehearsal.world.stage import Stage
from rehearsal.world.venue import ComplaintKind
from userdata import contract

# The engine's own words (libreswan's and OpenSwan's pluto): nothing of ours can be asked in their place.
_TELLING = re.compile(
    r"NO_PROPOSAL|AUTHENTICATION_FAILED|INVALID_ID|INVALID_HASH|TS_UNACCEPTABLE|mismatch|no response|retransmi"
    r"|FATAL|syntax error|cannot load config|unrecognized keyword"
)
_REFUSES = re.compile(r"FATAL|syntax error|cannot load config|unrecognized keyword")
_MOST_WORDS = 8
# What others say on the console in a boot: apt, dpkg, systemd, boto3, CloudFormation's signal, Python. Of our own program
# whatever is no step of the contract tells of trouble.
_OTHERS_TROUBLE = re.compile(
    r"^E: |Err:|Failed to|Could not|Unable to|AccessDenied|not authorized|Received FAILURE|Traceback"
    r"|^\w*(Error|Exception)"
)
_CONSOLE_PREFIX = re.compile(r"^(\[ *[0-9.]+\] )?([\w-]+\[\d+\]: )?")
_ASK_LIMIT = 30.0
_BOOTED: tuple[contract.GatewayState, ...] = ("holding", "waiting-for-address")
_NO_PSK: contract.TunnelState = "waiting-for-psk"


class Unclean(RehearsalFailed):
    """All of it ran, and something was seen that must not be: which figures."""


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """What was seen.

    Args:
        error: the words of the exception that ended the step.
        complaint: what the venue's engine complained of, with `venue`, its words.
        engine: the words of the gateway's engine since the step began.
        boot: the words of the gateway's boot that tell of trouble.
        state: the gateway's own account of itself (/run/fixtunnel/state.json); empty before there is one.
        tunnels_up: whether a tunnel to every venue is up, as the venue sees it.
        port_closed: whether the venue's FIX port gave no answer.
        unclean: whether everything ran and the figures are not what they must be.
    """

    error: str
    complaint: ComplaintKind | None = None
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
        return self.state.get("state") in _BOOTED

    @property
    def engine_refuses(self) -> bool:
        """Whether the gateway's engine said that it does not take its configuration."""
        return any(_REFUSES.search(line) for line in self.engine)

    @property
    def waits_for_psk(self) -> bool:
        """Whether a tunnel of the gateway has no PSK yet."""
        return any(tunnel.get("state") == _NO_PSK for tunnel in self.state.get("tunnels", {}).values())

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
    kind, venue = _venues_words(stage)
    # Of a venue's tunnels any may be the one in use: a standby is rehearsed while the active one is silent.
    up = bool(stage.venues) and all(
        any(stage.venue_gateway(one.name).is_up for one in group) for group in stage.deployment.groups.values()
    )
    engine = _engines_words(stage, since=failed.since)
    return Evidence(
        error=str(failed.__cause__ or failed),
        complaint=None if up else kind,
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


def _venues_words(stage: Stage) -> tuple[ComplaintKind | None, tuple[str, ...]]:
    for side in stage.venues.values():
        for gateway in side.gateways.values():
            if complaint := gateway.what_went_wrong():
                return complaint.kind, complaint.words
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
    if not stage.has_machine:
        return ()
    lines = (_CONSOLE_PREFIX.sub("", line.strip()) for line in stage.machine.last_words(400).splitlines())
    return tuple(dict.fromkeys(filter(tells_of_trouble, lines)))[-8:]


def tells_of_trouble(line: str) -> bool:
    """Whether a line of the console, without its prefix, says why a boot does not go on."""
    if line.startswith(contract.said("")):
        return line not in contract.STEP_LINES
    return bool(_OTHERS_TROUBLE.search(line))


def _told(stage: Stage, *argv: str) -> str:
    """What a command on the gateway prints; nothing where it cannot be asked."""
    if not stage.has_machine:
        return ""
    try:
        return stage.machine.run(argv, limit=_ASK_LIMIT).stdout
    except AgentSilent:
        return ""


ID_MISMATCH = Cause(
    name="id-mismatch",
    side="either",
    meaning="An identity is not the one that the other side expects.",
    advice="Compare our public address and the peer's id in the venue file with the venue's form.",
)
UNKNOWN_PEER = Cause(
    name="unknown-peer",
    side="venue",
    meaning="The venue has no connection for our address with this IKE version.",
    advice="Ask the venue whether our Elastic IP is entered, and for which IKE version.",
)
SECRET_EMPTY = Cause(
    name="secret-empty",
    side="us",
    meaning="The tunnel waits: there is no PSK in its secret yet.",
    advice="Put the PSK into the secret (`./fixtunnel secret set`); the tunnel comes up within half a minute. "
    "In a JSON object it is under the key that secret.key names.",
)
NO_ADDRESS = Cause(
    name="address-not-here",
    side="us",
    meaning="The gateway waits for its Elastic IP, and is silent towards the venue until it has it.",
    advice="Look whether the address is associated with this instance; the gateway claims it as the last step of its boot.",
)
PORT_CLOSED = Cause(
    name="venue-port-closed",
    side="venue",
    meaning="The tunnel is up, but the venue's FIX port does not answer.",
    advice="Check host and port in the venue file; ask the venue whether the acceptor is up and admits our address.",
)
SESSION = Cause(
    name="fix-session",
    side="either",
    meaning="The tunnel is up and the FIX port answers, but the session did not do what it should.",
    advice="Compare BeginString, SenderCompID and TargetCompID with the venue's; see the engines' logs.",
)
UNCLEAN = Cause(
    name="unclean",
    side="us",
    meaning="Everything ran, and yet it is not as it must be.",
    advice="Do not go live with it: read which figures are wrong, and look into both engines' ledgers and the captures.",
)
UNKNOWN = Cause(
    name="unknown",
    side="either",
    meaning="The step did not end as it should.",
    advice="Read the words above and the logs; `--keep` leaves everything up to look inside.",
)
_BY_VENUE = {
    "psk": WRONG_PSK,
    "authentication": AUTHENTICATION_REFUSED,
    "selectors": SELECTORS,
    "identity": ID_MISMATCH,
    "unknown-peer": UNKNOWN_PEER,
    "no-answer": NO_ANSWER,
}


def advise(seen: Evidence) -> Cause:
    """The first thing that is wrong on the way from boot to FIX session: what comes after it only follows from it."""
    if seen.unclean:
        return UNCLEAN
    if seen.booted and seen.engine_refuses:
        return ENGINE_REFUSES  # whatever the venue says: it may not know yet that our engine is gone
    if seen.tunnels_up:
        return PORT_CLOSED if seen.port_closed else SESSION
    if seen.waits_for_psk:
        return SECRET_EMPTY
    return _of_tunnel(seen) if seen.booted else _of_boot(seen)


def _of_boot(seen: Evidence) -> Cause:
    return diagnose_boot([*seen.error.splitlines(), *seen.boot]) or UNKNOWN


def _of_tunnel(seen: Evidence) -> Cause:
    """By the venue's words, which tell more; else by our engine's."""
    if seen.complaint == "proposal":
        return NO_PROPOSAL_2 if any("ESP:" in word for word in seen.venue) else NO_PROPOSAL_1
    if seen.complaint:
        return _BY_VENUE[seen.complaint]
    if seen.state.get("state") == "waiting-for-address":
        return NO_ADDRESS
    found = diagnose(seen.engine)
    return found.cause if found else UNKNOWN


def explain(failed: StepFailed, stage: Stage, *, keep_logs: Path) -> Failure:
    """Why a step failed: the words of both sides, what they mean, what to do; the logs are kept."""
    seen = gather(failed, stage)
    cause = advise(seen)
    return Failure(
        step=failed.step,
        cause=cause.name,
        words=seen.words[-12:],
        meaning=cause.meaning,
        advice=cause.advice,
        logs=str(_keep(stage, keep_logs)),
    )


def _keep(stage: Stage, folder: Path) -> Path:
    """Copy the logs out of the run's folder, which goes with the run. No file of secrets is a log."""
    shutil.rmtree(folder, ignore_errors=True)
    for path in sorted(stage.run_dir.rglob("*")):
        if path.is_file() and path.suffix in (".log", ".jsonl", ".pcap"):
            target = folder / path.relative_to(stage.run_dir)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, target)
    return folder
