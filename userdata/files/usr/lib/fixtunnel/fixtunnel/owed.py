"""An answer that the peer owes: over IKEv2 it answers each request at once, or the IKE SA is dead."""

from collections.abc import Iterable

from fixtunnel.sight import Seen
from fixtunnel.silence import SILENT_SECONDS


class Owed:
    """What the peer was asked about one tunnel's child SAs, on an IKE SA that is there. Times are monotonic seconds."""

    def __init__(self) -> None:
        self._since: float | None = None
        self._progress = ""
        self._ending: frozenset[str] = frozenset()

    def note(self, seen: Seen, now: float) -> None:
        """One look: something half-made waits for an answer, and so does a child SA that was to end and is there yet."""
        self._ending &= seen.children.keys()
        if not (seen.is_asking or self._ending):
            self._since = None
        elif self._since is None or seen.progress != self._progress:
            self._since = now
        self._progress = seen.progress

    def end(self, children: Iterable[str]) -> None:
        """The engine asks the peer to end these."""
        self._ending = frozenset(children)

    @property
    def is_end(self) -> bool:
        """Whether it is the end of a child SA that the peer was asked for."""
        return bool(self._ending)

    def since(self, now: float) -> float | None:
        """Since when it is owed; None while that is not for long."""
        return self._since if self._since is not None and now - self._since >= SILENT_SECONDS else None
