"""A peer that ends each SA as soon as it is there: the engine begins again at once, twenty times a second, and for nothing."""

from collections import deque
from collections.abc import Iterable

LOOKS, BUSY_LOOKS = 10, 6
BEGUN_AT_LEAST = 25
"""In six of ten looks something was begun, 25 times in all, and no child SA was there for two looks."""
PAUSE_FIRST, PAUSE_LONGEST = 15.0, 240.0


class Storm:
    """The memory of one tunnel's storms. Times are monotonic seconds."""

    def __init__(self) -> None:
        self._newest = 0
        self._children: frozenset[str] = frozenset()
        self._begun: deque[int] = deque(maxlen=LOOKS)
        self._pause = PAUSE_FIRST
        self._until = float("-inf")

    def note(self, newest: int, children: Iterable[str]) -> None:
        """One look: the number of the youngest SA that the engine has of this tunnel (it counts through), and its child SAs."""
        before, self._children = self._children, frozenset(children)
        lasts = bool(before & self._children)
        self._begun.append(max(0, newest - self._newest) if self._newest and not lasts else 0)
        self._newest = max(newest, self._newest)

    @property
    def rages(self) -> bool:
        """Whether one SA follows the other."""
        return sum(begun > 0 for begun in self._begun) >= BUSY_LOOKS and sum(self._begun) >= BEGUN_AT_LEAST

    def hold_back(self, now: float) -> float:
        """Wait, for twice as long where the last wait was for nothing. Seconds until the next attempt."""
        again = now - self._until < 2 * LOOKS + self._pause
        self._pause = min(2 * self._pause, PAUSE_LONGEST) if again else PAUSE_FIRST
        self._until = now + self._pause
        self._begun.clear()
        return self._pause

    def holds_back(self, now: float) -> bool:
        """Whether nothing is tried yet."""
        return now < self._until
