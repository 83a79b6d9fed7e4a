"""What the watch asks of EC2: to have the address again while no one has it, and to lead the trading hosts' routes here.

By errands: the watch waits for none. The routes follow the address in the same errand. They are looked after closely for a
while after it came, since CloudFormation may still be at work on them: it makes a new one lead nowhere, and knows nothing
of where it leads by now.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any, Protocol

from fixtunnel.card import Card
from fixtunnel.child import Child
from fixtunnel.command import Failed

FREE_PERIOD_SECONDS = 10.0
CLOSE_PERIOD_SECONDS, CLOSE_SECONDS = 5.0, 900.0
ROUTES_PERIOD_SECONDS = 60.0
PAIR_SECONDS = 20.0
"""So long one of a pair leaves the routes to its pair's program: hosts wait, and an errand computes for seconds."""


class Held(Protocol):
    """Who has the address, as far as it is known (`address.Address`)."""

    @property
    def is_doubted(self) -> bool:
        """Whether EC2 should be asked again."""

    def claimed(self) -> None:
        """EC2 says that it is ours."""

    def is_elsewhere(self) -> None:
        """EC2 says that it is not."""


class Reclaim:
    """Sends one errand at a time. `tell` says what happened; `held` learns who has the address by EC2's answers.

    `astray` are the routes that should lead here and do not, `failing` what EC2 does not take or give, and why. One of a pair
    takes no address here: `pair` says when.
    """

    def __init__(
        self, card: Card, child: Child, *, tell: Callable[[str], None], held: Held, takes_address: bool = True
    ) -> None:
        self._card = card
        self._child = child
        self._tell = tell
        self._of_address = held
        self._takes_address = takes_address
        self.astray: list[str] = []
        self.failing: dict[str, str] = {}
        self._held: bool | None = None
        self._leads = self._asked_as_holder = False
        self._closely_until = 0.0
        self._next_at = 0.0

    def look(self, *, held: bool, tables: Sequence[str], now: float) -> None:
        """Take in what the last errand brought back, and send the next one when it is due."""
        self._take(self._child.answer())
        if held != self._held:
            self._held, self._leads = held, False
            # One that just lost the address gives the other a moment; one that just got it has routes to move.
            pause = 0.0 if self._takes_address else PAIR_SECONDS
            self._next_at = now + (pause if held else FREE_PERIOD_SECONDS)
            self._closely_until = now + CLOSE_SECONDS
            self.astray = []
        parts = self._parts(held, tables)
        if now < self._next_at or self._child.is_busy or not parts:
            return
        self._next_at = now + self._period(held, now)
        asked = {"card": asdict(self._card), "tables": list(tables)}
        self._asked_as_holder = held
        # No one trades until the routes lead here; what EC2 refuses for good must not delay those who do.
        urgent = not held or (self._takes_address and not self._leads and now < self._closely_until)
        try:
            self._child.begin(dict.fromkeys(parts, asked), urgent=urgent)
        except Failed as failure:
            self._note({parts[0]: str(failure)})

    def _parts(self, held: bool, tables: Sequence[str]) -> list[str]:
        """In this order: only who has the address leads the routes."""
        if not held and not self._takes_address:
            return []
        of_address = ["address"] if not held or self._of_address.is_doubted else []
        of_routes = ["routes", *(["astray"] if held else [])] if tables else []
        return of_address + of_routes

    def _period(self, held: bool, now: float) -> float:
        if not held and now >= self._closely_until:
            return FREE_PERIOD_SECONDS
        return CLOSE_PERIOD_SECONDS if now < self._closely_until else ROUTES_PERIOD_SECONDS

    def _take(self, told: dict[str, Any] | None) -> None:
        if told is None:
            return
        self._note(told.get("errors", {}))
        self._leads = self._asked_as_holder and "routes" in told
        if told.get("address") == "":
            if not self._held:
                self._tell("EC2 says that this instance has the Elastic IP")
            self._of_address.claimed()
        elif told.get("address") and self._of_address.is_doubted:
            self._of_address.is_elsewhere()
        self._note_astray(told.get("astray", self.astray))
        for moved in told.get("routes", ()):
            self._tell(f"the route to {moved} leads here again")

    def _note_astray(self, astray: list[str]) -> None:
        if new := sorted(set(astray) - set(self.astray)):
            self._tell(f"no route leads here for {', '.join(new)}: there is none, or it is somebody else's")
        self.astray = astray

    def _note(self, errors: dict[str, str]) -> None:
        """What fails is said once, until it does not fail any more."""
        for part in errors.keys() - self.failing.keys():
            self._tell(f"EC2 does not take or give {part}: {errors[part]}")
        self.failing = errors
