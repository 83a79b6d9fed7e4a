"""Whether this gateway may speak to the venues, as its watch asks: a single one by its metadata, one of a pair by its turn."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from fixtunnel import address
from fixtunnel.card import Card
from fixtunnel.contract import said
from fixtunnel.contract_of_pair import PairFacts
from fixtunnel.metadata import Metadata
from fixtunnel.reclaim import Held
from fixtunnel.settings import Settings
from fixtunnel.turn import Turn
from fixtunnel.wayout import WayOut

PERIOD_SECONDS = 1.0


@dataclass(frozen=True)
class Holding:
    """`holds` is asked at each look. `address` learns of EC2's answers. `pair` is how the pair is, where there is one: its
    program takes the address then."""

    holds: Callable[[], bool]
    address: Held
    pair: Callable[[], PairFacts | None] | None = None


def alone(here: Settings, own: Card) -> Holding:
    """A single gateway: while it holds the Elastic IP."""
    held = address.Address(here, own, Metadata())
    held.look()
    _beside(held, WayOut(own, Metadata(), holds=lambda: held.held))
    return Holding(lambda: held.held, held)


def of_pair(own: Card) -> Holding:
    """One of two: for as long as its pair's program says."""
    turn = Turn()

    def holds() -> bool:
        return turn.keeps(time.monotonic())

    _beside(None, WayOut(own, Metadata(), holds=holds))
    return Holding(holds, _Elsewhere(), lambda: turn.facts)


class _Elsewhere:
    """What EC2 says of the address is for the pair's program to know."""

    is_doubted = False

    def claimed(self) -> None:
        """Nothing is asked here."""

    def is_elsewhere(self) -> None:
        """Nothing is asked here."""


def _beside(held: address.Address | None, way: WayOut) -> None:
    """Beside the watch: a metadata service that is silent must not hold it up."""
    threading.Thread(target=_follow, args=(held, way), daemon=True).start()


def _follow(held: address.Address | None, way: WayOut) -> None:
    """Ask who holds the address, where that is asked here, and lead our own calls out."""
    said_last = ""
    while True:
        time.sleep(PERIOD_SECONDS)
        try:
            if held:
                held.look()
            way.look(time.monotonic())
            said_last = ""
        except Exception as error:
            # With this thread dead the watch would believe for good what it knew last.
            if said_last != (told := f"who holds the address cannot be asked: {error!r}"):
                print(said(told), flush=True)
            said_last = told
