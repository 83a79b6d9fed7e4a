"""Our own firewall and routes as the watch keeps them: what hosts reach, who is refused, and IKE for whom holds the address."""

from collections.abc import Callable, Iterable

from fixtunnel import address, passage, routes
from fixtunnel.card import Card
from fixtunnel.operations import Operations
from fixtunnel.settings import Settings

ASSERT_PERIOD_SECONDS = 30.0


class Gate:
    """Puts in force what is not, or may not be any more.

    Args:
        is_paired: whether there are two gateways: then their program opens and closes the firewall for IKE, and all the rest
            is made ready while this one stands by.
        tell: takes what is said.
    """

    def __init__(
        self, here: Settings, own: Card, *, is_paired: Callable[[], bool], tell: Callable[[str], None]
    ) -> None:
        self._here = here
        self._card = own
        self._is_paired = is_paired
        self._tell = tell
        self._held: bool | None = None
        self._guard: int | None = None
        self._again_at = 0.0
        self._unreached: frozenset[str] | None = None

    def keep(self, told: Operations, *, held: bool, now: float) -> None:
        """On a change, once somebody has loaded the guard again, and now and then.

        So with the routes: a network that is configured again forgets what it did not make.
        """
        guard = address.guard()
        if guard == self._guard and (held == self._held or self._is_paired()) and now < self._again_at:
            self._held = held
            return
        if guard is None:
            address.load_guard()
            guard = address.guard()
            self._tell("the guard was gone, and is loaded again: who took it away?")
        elif self._guard not in (None, guard):
            self._tell("the guard was loaded again, and is filled again")
        if guard != self._guard:
            self._unreached = None
        passage.open_to(self._here, told)
        routes.refuse_outside(self._here)
        if held or self._is_paired():
            routes.assert_all(self._here)
        if not self._is_paired():
            address.let_ike_out(self._here, self._card) if held else address.keep_ike_in()
        self._guard, self._held, self._again_at = guard, held, now + ASSERT_PERIOD_SECONDS

    def refuse(self, networks: Iterable[str]) -> None:
        """Hosts behind this one get an answer at once from now on, for these networks and no others."""
        unreached = frozenset(networks)
        if unreached != self._unreached:
            routes.refuse_hosts(unreached)
            self._unreached = unreached
