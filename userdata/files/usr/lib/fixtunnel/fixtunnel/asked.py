"""The metadata service's word on the address, asked beside everything else: one that is silent holds up nothing."""

import time

from fixtunnel.address import Address
from fixtunnel.caller import Caller
from fixtunnel.pair import NEVER

PERIOD_SECONDS = 1.0
FRESH_SECONDS = 5.0
"""An older word is none."""


class Asked:
    """Called, it is what the service said last: whether the address is here, None while it says nothing."""

    def __init__(self, held: Address) -> None:
        self._held = held
        self._said: tuple[bool | None, float] = (None, NEVER)
        self._caller: Caller[bool | None] = Caller()
        self._ask_at = NEVER

    def __call__(self) -> bool | None:
        now = time.monotonic()
        if not self._caller.is_busy and now >= self._ask_at:
            self._ask_at = now + PERIOD_SECONDS
            self._caller.begin(self._ask)
        self._caller.answer()
        word, at = self._said
        return word if now - at < FRESH_SECONDS else None

    def _ask(self) -> bool | None:
        self._said = self._held.ask(), time.monotonic()
        return self._said[0]
