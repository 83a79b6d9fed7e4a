"""A new version of a PSK in Secrets Manager: loaded, tried with the venue, and put back if the venue refuses it.

Both sides change it by hand, and hardly at one moment. So while a tunnel is down and there are two, each has its turn.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from fixtunnel import engine, psk
from fixtunnel.contract import PskState
from fixtunnel.keyed import WORDS, Word
from fixtunnel.settings import Tunnel

FOLDER = Path("/var/lib/fixtunnel")
TRIAL_SECONDS = 16.0
"""Time for four attempts, from the venue's first word. One that refuses says nothing that can be trusted before
authentication (RFC 2409)."""
LONGEST_TRIAL_SECONDS = 60.0
"""…and so long for a venue that does not say a word, which has nothing to do with the PSK."""
_BEGIN_SECONDS = 3.0
"""A look right after the beginning may still show what was before."""


@dataclass(frozen=True)
class Standing:
    """How a tunnel is: whether it is the one of its group that shall be up, whether it is up, when its youngest child SA
    was made (Unix time, 0 without one), and whether the venue answers the present negotiation."""

    wanted: bool
    up: bool
    child_since: int
    answered: bool


@dataclass(frozen=True)
class Trial:
    """A new PSK in use that the venue has not accepted yet.

    `child_before` is when the child SA of before was made: that proves nothing. Times are monotonic, None where the tunnel
    was not wanted yet, or the venue has not said a word.
    """

    version: str
    was_up: bool
    child_before: int
    begun: float | None = None
    answered: float | None = None

    def seen(self, standing: Standing, now: float) -> "Trial":
        """The trial after another look."""
        begun = now if self.begun is None else self.begun
        heard = standing.answered and now - begun >= _BEGIN_SECONDS
        return replace(self, begun=begun, answered=now if self.answered is None and heard else self.answered)

    def is_over(self, now: float) -> bool:
        """Whether the venue has had its time."""
        answered = self.answered is not None and now - self.answered >= TRIAL_SECONDS
        return answered or (self.begun is not None and now - self.begun >= LONGEST_TRIAL_SECONDS)


class Rotation:
    """One tunnel's PSK, which is also that of `others`: a venue sees the new one when all that share it authenticate.

    `waiting` is the version that waits for the restart window; empty where none does."""

    def __init__(
        self, tunnel: Tunnel, tell: Callable[[str], None], folder: Path = FOLDER, *, others: Sequence[Tunnel] = ()
    ) -> None:
        self._tunnel = tunnel
        self._others = others
        self._tell = tell
        self._file = folder / f"psk-{tunnel.name}.json"
        self._trial: Trial | None = None
        self._without: tuple[str, Word | None] = ("", None)
        self.waiting = ""
        self.version, self.refused = self._remembered()

    @property
    def is_on_trial(self) -> bool:
        """Whether a new PSK is being tried that the venue has not accepted yet."""
        return self._trial is not None and self._trial.begun is not None

    @property
    def state(self) -> PskState:
        """`current`, `on-trial`, `untried`, `waiting-for-window`, `psk-refused`, or why the newest value is no PSK."""
        if without := self._without[1]:
            return without
        if self._trial:
            return "on-trial" if self.is_on_trial else "untried"
        return "psk-refused" if self.refused else "waiting-for-window" if self.waiting else "current"

    def known(self, standing: Standing, *, may_load: bool) -> list[str]:
        """The versions whose value is not needed now: a refused one is tried again only while nothing works."""
        works = standing.up or not standing.wanted
        versions = [self.version, self.refused if works else "", self.waiting if standing.up and not may_load else ""]
        return [*filter(None, [*versions, self._without[0]]), *([self._trial.version] if self._trial else [])]

    def note(self, version: str, without: str) -> None:
        """What Secrets Manager's current version is, and, where it was looked into, why there is no PSK in it.

        The tunnel keeps the PSK that it has; without one it waits.
        """
        word = next((known for known in WORDS if known == without), None)
        if word and self._without != (version, word):
            self._without = (version, word)
            self._tell(f"{self._tunnel.name}: {word}: {WORDS[word]}")
        elif not word and version and version != self._without[0]:
            self._without = ("", None)

    def take(self, version: str, value: bytes | None, standing: Standing, *, may_load: bool) -> None:
        """What Secrets Manager says: its current version, and the value where we asked for it.

        Args:
            may_load: whether a working tunnel may be authenticated again now.
        """
        if value is None or not version or self._trial:
            return
        if psk.holds(self._tunnel, value):
            self._take_up(version, standing)
        elif standing.up and not may_load:
            if self.waiting != version:
                self._tell(f"{self._tunnel.name}: a new PSK waits for the restart window")
            self.waiting = version
        else:
            self._try(value, Trial(version, standing.up, standing.child_since), begin=standing.wanted)

    def _take_up(self, version: str, standing: Standing) -> None:
        """It is in the file already. With a former one beside it its trial was cut short, or comes with a new gateway."""
        if not psk.has_former(self._tunnel):
            self._accept(version)
            return
        engine.read_secrets()
        is_younger = standing.child_since > psk.former_since(self._tunnel)
        self._trial = Trial(version, standing.up, child_before=0 if is_younger else standing.child_since)

    def look(self, standing: Standing, now: float) -> None:
        """See how the trial of a new PSK goes: only a child SA that was made after it began shows that the venue agrees.

        A standby's begins when the standby is needed.
        """
        if self._trial is None or not standing.wanted:
            return
        trial = self._trial = self._trial.seen(standing, now)
        if standing.up and standing.child_since != trial.child_before:
            self._accept(trial.version)
            self._tell(f"{self._tunnel.name}: the venue accepts the new PSK")
        elif trial.is_over(now):
            self._refuse(trial)

    def _try(self, value: bytes, trial: Trial, *, begin: bool) -> None:
        psk.keep_former(self._tunnel)
        psk.write(self._tunnel, value)
        engine.read_secrets()
        if begin:
            self._authenticate()
        self._trial, self.waiting = trial, ""
        self._tell(f"{self._tunnel.name}: a new PSK is loaded" + (" and tried" if begin else ", for when it is needed"))

    def _authenticate(self) -> None:
        for other in self._others:
            engine.bring_down(other)
        engine.begin_afresh(self._tunnel)

    def _accept(self, version: str) -> None:
        self._trial, self.waiting = None, ""
        psk.forget_former(self._tunnel)
        self._save(version, "")

    def _refuse(self, trial: Trial) -> None:
        self._trial = None
        if not psk.put_back(self._tunnel):
            self._save(trial.version, "")  # the first one ever: there is nothing to go back to
            return
        engine.read_secrets()
        self._authenticate()
        if trial.was_up or not self.refused:
            self._tell(
                f"{self._tunnel.name}: psk-refused: the venue does not answer to the new PSK; the old one is back"
            )
        self._save(self.version, trial.version)

    def _save(self, version: str, refused: str) -> None:
        self.version, self.refused = version, refused
        new = self._file.with_suffix(".new")
        new.write_text(json.dumps({"version": version, "refused": refused}))
        new.replace(self._file)

    def _remembered(self) -> tuple[str, str]:
        # Versions only. After a power cut within a trial the value on disk counts, whichever it is.
        try:
            saved = json.loads(self._file.read_text())
            return str(saved["version"]), str(saved["refused"])
        except (OSError, ValueError, KeyError, TypeError):
            return "", ""
