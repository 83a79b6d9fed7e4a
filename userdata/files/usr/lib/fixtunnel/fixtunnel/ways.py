"""The trading hosts' routes, which follow the address: by a child that knows them already when they have to move."""

from dataclasses import asdict

from fixtunnel.caller import Caller
from fixtunnel.card import Card
from fixtunnel.command import Failed
from fixtunnel.contract import said
from fixtunnel.pair import NEVER
from fixtunnel.resident import Resident

PERIOD_SECONDS = 45.0
"""One that stands by looks so often where they lead: then the child has seen whose they are, and EC2 keeps its connection."""


class Ways:
    """Has them lead here once, beside everything else, as soon as that is wanted."""

    def __init__(self, own: Card, calls: Resident) -> None:
        self._own = own
        self._calls = calls
        self._caller: Caller[list[str]] = Caller()
        self._are_wanted = False
        self._look_at = NEVER

    def want(self) -> None:
        """They are to lead here."""
        self._are_wanted = True
        self._begin()

    def look(self, now: float, *, stands_by: bool) -> None:
        """Go on with it."""
        self._caller.answer()
        if stands_by and now >= self._look_at and not (self._caller.is_busy or self._are_wanted):
            self._look_at = now + PERIOD_SECONDS
            self._caller.begin(lambda: self._ask(moves=False))
        self._begin()

    def _begin(self) -> None:
        if self._are_wanted and not self._caller.is_busy:
            self._are_wanted = False
            self._caller.begin(lambda: self._ask(moves=True))

    def _ask(self, *, moves: bool) -> list[str]:
        try:
            moved: list[str] = self._calls.ask({"part": "routes", "given": {"card": asdict(self._own), "moves": moves}})
        except Failed as failure:
            if moves:
                print(said(f"the routes do not follow yet: {failure}"), flush=True)  # the watch leads them as well
            return []
        return moved
