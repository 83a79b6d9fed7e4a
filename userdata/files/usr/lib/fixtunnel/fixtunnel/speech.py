"""A pair's voice towards the venues: elements of the guard, each with the moment at which the kernel takes it away."""

from fixtunnel import address
from fixtunnel.card import Card
from fixtunnel.pair import NEVER
from fixtunnel.settings import Settings

RENEW_SECONDS = 1.0
"""The kernel hears it again as soon as this gateway may speak so much longer than it knows."""


class Speech:
    """Whether this gateway may speak, as the kernel knows it. At first that is not known, and it is silenced."""

    def __init__(self, here: Settings, own: Card) -> None:
        self._here = here
        self._own = own
        self._until: float | None = None

    def until(self, moment: float, now: float) -> None:
        """Speak until then. Raises Failed: the kernel did not take it; it hears it again at the next beat."""
        known, self._until = self._until, None
        if moment <= now:
            if known is None or known > now:
                address.keep_ike_in()
            self._until = NEVER
        elif known is None or not now < known <= moment < known + RENEW_SECONDS:
            address.let_ike_out_for(self._here, self._own, moment - now)
            self._until = moment
        else:
            self._until = known
