"""A new version of a PSK in Secrets Manager: loaded, tried with the venue, and put back if the venue refuses it.

Both sides change it by hand, and hardly at one moment. So while a tunnel is down and there are two, each has its turn.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from fixtunnel import engine, psk
from fixtunnel.settings import Tunnel

FOLDER = Path("/var/lib/fixtunnel")
TRIAL_SECONDS = 20.0
"""Time for four attempts. A venue that refuses says nothing that can be trusted before authentication (RFC 2409)."""


@dataclass(frozen=True)
class Trial:
    """A new PSK in use that the venue has not accepted yet: since when (monotonic), and how the tunnel was before.

    `child_before` is when its child SA was made (Unix time): one that was there before proves nothing.
    """

    version: str
    since: float
    was_up: bool
    child_before: int


class Rotation:
    """One tunnel's PSK. `note` says in words what is unfinished about it; empty where nothing is."""

    def __init__(self, tunnel: Tunnel, tell: Callable[[str], None], folder: Path = FOLDER) -> None:
        self._tunnel = tunnel
        self._tell = tell
        self._file = folder / f"psk-{tunnel.name}.json"
        self._trial: Trial | None = None
        self.waiting = ""
        self.version, self.refused = self._remembered()

    @property
    def is_on_trial(self) -> bool:
        """Whether a new PSK is in use that the venue has not accepted yet."""
        return self._trial is not None

    @property
    def state(self) -> str:
        """`current`, `on-trial`, `waiting-for-window` or `psk-refused`."""
        if self._trial:
            return "on-trial"
        return "psk-refused" if self.refused else "waiting-for-window" if self.waiting else "current"

    def known(self, *, up: bool, may_load: bool) -> list[str]:
        """The versions whose value is not needed now: a refused one is tried again only while nothing works."""
        kept = [self.version, self.refused if up else "", self.waiting if up and not may_load else ""]
        return [*filter(None, kept), *([self._trial.version] if self._trial else [])]

    def take(
        self, version: str, value: bytes | None, *, up: bool, child_since: int, may_load: bool, now: float
    ) -> None:
        """What Secrets Manager says: its current version, and the value where we asked for it.

        Args:
            up: whether the tunnel is up with the PSK that is loaded.
            child_since: when its youngest child SA was made (Unix time), 0 without one.
            may_load: whether a working tunnel may be authenticated again now.
        """
        if value is None or not version or self._trial:
            return
        if psk.holds(self._tunnel, value):
            # With a former one beside it, a trial was cut short.
            if psk.has_former(self._tunnel):
                is_younger = child_since > psk.former_since(self._tunnel)
                self._trial = Trial(version, now, up, child_before=0 if is_younger else child_since)
            else:
                self._accept(version)
        elif up and not may_load:
            if self.waiting != version:
                self._tell(f"{self._tunnel.name}: a new PSK waits for the restart window")
            self.waiting = version
        else:
            self._try(value, Trial(version, now, up, child_since))

    def look(self, *, up: bool, child_since: int, now: float) -> None:
        """See how the trial of a new PSK goes: only a child SA that was made after it began shows that the venue agrees."""
        trial = self._trial
        if trial is None:
            return
        if up and child_since != trial.child_before:
            self._accept(trial.version)
            self._tell(f"{self._tunnel.name}: the venue accepts the new PSK")
        elif now - trial.since >= TRIAL_SECONDS:
            self._refuse(trial.version, trial.was_up)

    def _try(self, value: bytes, trial: Trial) -> None:
        psk.keep_former(self._tunnel)
        psk.write(self._tunnel, value)
        engine.read_secrets()
        engine.begin_afresh(self._tunnel.name)
        self._trial, self.waiting = trial, ""
        self._tell(f"{self._tunnel.name}: a new PSK is loaded and tried")

    def _accept(self, version: str) -> None:
        self._trial, self.waiting = None, ""
        psk.forget_former(self._tunnel)
        self._save(version, "")

    def _refuse(self, version: str, was_up: bool) -> None:
        self._trial = None
        if not psk.put_back(self._tunnel):
            self._save(version, "")  # the first one ever: there is nothing to go back to
            return
        engine.read_secrets()
        engine.begin_afresh(self._tunnel.name)
        if was_up or not self.refused:
            self._tell(
                f"{self._tunnel.name}: psk-refused: the venue does not answer to the new PSK; the old one is back"
            )
        self._save(self.version, version)

    def _save(self, version: str, refused: str) -> None:
        self.version, self.refused = version, refused
        new = self._file.with_suffix(".new")
        new.write_text(json.dumps({"version": version, "refused": refused}))
        new.replace(self._file)

    def _remembered(self) -> tuple[str, str]:
        # Versions only. After a power cut within a trial the value on disk counts, whichever it is.
        try:
            kept = json.loads(self._file.read_text())
            return str(kept["version"]), str(kept["refused"])
        except (OSError, ValueError, KeyError, TypeError):
            return "", ""
