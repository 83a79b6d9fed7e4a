"""Which venues trade just now, and for how long their dates are known."""

from collections.abc import Callable

from fixtunnel import hours
from fixtunnel.contract import VenueSession
from fixtunnel.operations import Operations

_TELLS_EVERY_DAYS = 10


class Sessions:
    """Of those venues whose hours are known."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self._operations = Operations()
        self._until: dict[str, float] = {}
        self._left: dict[str, int] = {}
        self.told: dict[str, VenueSession] = {}

    @property
    def are_dates_known(self) -> bool | None:
        """Whether the dates of all are known for long enough; None where no venue has dates."""
        return all(days > hours.WARNS_DAYS for days in self._left.values()) if self._left else None

    def look(self, operations: Operations, at: float) -> dict[str, VenueSession]:
        """How they are at a Unix time, by what was read."""
        if operations != self._operations:
            self._operations, self._until, self._left, self.told = operations, {}, {}, {}
            for venue, one in operations.hours.items():
                if one.zone is None:
                    self._tell(f"no time zone {one.week.timezone} here: {venue} counts as trading at all times")
        for venue, one in operations.hours.items():
            # Until it changes it stays as it is: what is asked each second looks ahead but once.
            if venue not in self.told or at >= self._until[venue]:
                self._note(venue, one, at)
            if (days := one.days_known(at)) is not None and days != self._left.get(venue):
                self._warn(venue, one, days)
        return self.told

    def _note(self, venue: str, one: hours.Hours, at: float) -> None:
        change = one.next_change(at)
        self._until[venue] = at + hours.DAY * 60 if change is None else change
        self.told[venue] = {
            "open": one.is_open(at),
            "changes": None if change is None else int(change),
            "dates_until": one.until.isoformat() if one.until else None,
        }

    def _warn(self, venue: str, one: hours.Hours, days: int) -> None:
        is_first, self._left[venue] = venue not in self._left, days
        if days <= hours.WARNS_DAYS and (is_first or days % _TELLS_EVERY_DAYS == 0):
            when = f"end on {one.until}" if days >= 0 else f"ended on {one.until}"
            self._tell(f"the dates of {venue} {when}: write the next ones into its file, and deploy")
