"""The pairs of networks of one tunnel, each with a child SA of its own: which one is not there, and which one is not answered.

Whatever ends more than that child SA would take those that work with it.
"""

from collections.abc import Iterable, Mapping

from fixtunnel.contract import Pair
from fixtunnel.repair import REVIVAL_SECONDS
from fixtunnel.settings import Tunnel

_PACES = ((60.0, 4.0), (600.0, 60.0), (7200.0, 600.0), (float("inf"), 1800.0))
"""A pair that is missing for less than (seconds) is asked for every so many: some thirty times in the first two hours, then
twice an hour. A venue that refuses one of several logs each refusal, and may block who is refused too often."""
_TOLD_AFTER = 30.0
MOST_TOLD = 5
"""Of each tunnel: the state file must fit into what SSM returns (24,000 characters)."""
_REPLACED_EVERY, _CARRIED_FIRST = 1800.0, 120.0
"""Of a silent pair a host may be what is silent: to replace it is rare, unless the last time was of use."""


class Pairs:
    """The memory of one tunnel's. Times are monotonic seconds; a pair goes by the engine's suffix (`/2x1`)."""

    def __init__(self, tunnel: Tunnel) -> None:
        ours = tunnel.local or (tunnel.own,)
        self._ends = {
            f"/{at}x{to}": (local, remote)
            for at, local in enumerate(ours, 1)
            for to, remote in enumerate(tunnel.remote, 1)
        }
        self._missing: dict[str, float] = {}
        self._asked_at: dict[str, float] = {}
        self._told: set[str] = set()
        self._replaced_at: dict[str, float] = {}
        self._silent: Mapping[str, frozenset[str]] = {}

    def rest(self) -> None:
        """The tunnel is not up: what it lacked then says nothing of what it will lack."""
        self._missing, self._asked_at, self._silent = {}, {}, {}

    def note(self, missing: Iterable[str], silent: Mapping[str, frozenset[str]], now: float) -> None:
        """One look, of a tunnel of which something is up: what has no child SA, and the hosts of each that is not answered."""
        self._missing = {pair: self._missing.get(pair, now) for pair in missing if pair in self._ends}
        self._asked_at = {pair: at for pair, at in self._asked_at.items() if pair in self._missing}
        self._told &= self._missing.keys()
        self._silent = {pair: hosts for pair, hosts in silent.items() if pair in self._ends}

    def to_ask_for(self, idle: Iterable[str], now: float) -> list[str]:
        """What it is time to ask the venue for, of those about which nothing is under way.

        The engine begins again by itself when one falls: that goes first.
        """
        due = [one for one in idle if one in self._missing and self._is_due(one, now - self._missing[one], now)]
        self._asked_at.update(dict.fromkeys(due, now))
        return due

    def _is_due(self, pair: str, lasted: float, now: float) -> bool:
        pace = next(pace for limit, pace in _PACES if lasted < limit)
        return lasted >= REVIVAL_SECONDS and now - self._asked_at.get(pair, float("-inf")) >= pace

    def to_tell(self, now: float) -> list[str]:
        """What is missing for some time, once."""
        new = [pair for pair, since in self._missing.items() if now - since >= _TOLD_AFTER and pair not in self._told]
        self._told.update(new)
        return new

    def to_replace(self, carried: frozenset[str], now: float) -> list[str]:
        """Which silent ones it is time to replace.

        Args:
            carried: those through which something came since they were replaced.
        """
        due = []
        for pair in self._silent:
            pause = _CARRIED_FIRST if pair in carried else _REPLACED_EVERY
            if now - self._replaced_at.get(pair, float("-inf")) >= pause:
                due.append(pair)
        self._replaced_at.update(dict.fromkeys(due, now))
        return due

    def told(self) -> list[Pair]:
        """What is not as it should be, for the state file; not more than fit into it."""
        found = [self._pair(pair, "down", frozenset()) for pair in self._missing]
        found += [self._pair(pair, "unanswered", hosts) for pair, hosts in self._silent.items()]
        return found[:MOST_TOLD]

    def _pair(self, pair: str, state: str, hosts: frozenset[str]) -> Pair:
        ours, theirs = self._ends[pair]
        return {"ours": ours, "theirs": theirs, "state": state, "hosts": sorted(hosts)[:MOST_TOLD]}

    def words(self, pair: str) -> str:
        """For a sentence."""
        return "between {} and {}".format(*self._ends[pair])
