"""The Elastic IP and the trading hosts' routes, taken by this instance's own calls to EC2.

A new gateway takes them from the one that it replaces, once it is complete, and gives them back if it cannot have both. A
gateway that lost the address takes it again only while nobody has it: a replacement that died with it leaves it free.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fixtunnel import aws
from fixtunnel.aws import Holder
from fixtunnel.card import Card
from fixtunnel.command import Failed, retry
from fixtunnel.settings import Settings

ROUTES_LIMIT_SECONDS = 10
GIVE_BACK_LIMIT_SECONDS = 300


@dataclass(frozen=True)
class Claim:
    """What is claimed, and for which card. `tables` are the trading hosts' route tables."""

    here: Settings
    card: Card
    tables: Sequence[str]

    def take(self) -> None:
        """Take address and routes from whoever of this stack has them; both, or neither.

        Raises:
            Failed: somebody else's instance has the address, or EC2 did not do as asked. What was taken is given back.
        """
        former = aws.holder(self.here.allocation)
        if former and not self._is_mine(former) and aws.stack_of(former.interface) != self.here.stack:
            raise Failed(f"address held by {former.instance or former.interface}"[:64], "it is not of this stack")
        routes = aws.routes(self.tables)
        try:
            self._associate(may_move=True)
            retry(self.lead_here, limit=ROUTES_LIMIT_SECONDS, pause=0.5)
        except Failed:
            retry(lambda: self._give_back(former, routes), limit=GIVE_BACK_LIMIT_SECONDS, longest=5)
            raise

    def take_if_free(self) -> str:
        """Take the address while nobody has it; the instance that has it, empty where that is this one.

        Raises:
            Failed: EC2 does not answer, or another one was faster.
        """
        former = aws.holder(self.here.allocation)
        if former is None:
            self._associate(may_move=False)
        return "" if former is None or self._is_mine(former) else former.instance or former.interface

    def lead_here(self) -> list[str]:
        """Lead the trading hosts' routes to this instance; which ones had to be moved.

        To the venues' networks only: EC2 has no right that would hold us to them. And only what led nowhere, or to another
        gateway of this stack: a route of somebody else's is theirs.

        Raises:
            Failed: EC2 did not do as asked.
        """
        networks = {network for tunnel in self.here.tunnels for network in tunnel.remote}
        moved = []
        for (table, network), target in aws.routes(self.tables).items():
            if network in networks and target != self.card.interface and self._may_move(target):
                aws.lead(table, network, self.card.interface)
                moved.append(f"{network} in {table}")
        return moved

    def _may_move(self, target: str) -> bool:
        return target == aws.NOWHERE or aws.stack_of(target) == self.here.stack

    def _is_mine(self, holder: Holder) -> bool:
        return (holder.interface, holder.private) == (self.card.interface, self.card.secondary)

    def _associate(self, *, may_move: bool) -> None:
        try:
            aws.associate(self.here.allocation, self.card.interface, self.card.secondary, may_move=may_move)
        except Failed:
            # The answer may have been lost, and not the request.
            holder = aws.holder(self.here.allocation)
            if not holder or not self._is_mine(holder):
                raise

    def _give_back(self, former: Holder | None, routes: Mapping[tuple[str, str], str]) -> None:
        """Leave things as they were; where nobody had the address it goes with this instance."""
        holder = aws.holder(self.here.allocation)
        if former and holder and self._is_mine(holder) and not self._is_mine(former):
            aws.associate(self.here.allocation, former.interface, former.private, may_move=True)
        now = aws.routes(self.tables)
        for (table, network), target in routes.items():
            if target not in (aws.NOWHERE, self.card.interface) and now.get((table, network)) == self.card.interface:
                aws.lead(table, network, target)
