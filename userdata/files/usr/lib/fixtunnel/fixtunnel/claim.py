"""The Elastic IP and the trading hosts' routes, taken by this instance's own calls to EC2.

A new gateway takes them from the one that it replaces, once it is complete, and gives them back if it cannot have both. A
gateway that lost the address takes it again only while no one has it: a replacement that died with it leaves it free.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf

from fixtunnel import aws
from fixtunnel.aws import Holder
from fixtunnel.card import Card
from fixtunnel.command import Failed, retry
from fixtunnel.settings import Settings

LOOK_LIMIT_SECONDS = 90
"""Nothing is taken yet, and one read that EC2 throttles must fail no deploy (EC2 API Reference, "Request throttling")."""
ADDRESS_LIMIT_SECONDS, ROUTES_LIMIT_SECONDS, GIVE_BACK_LIMIT_SECONDS = 10, 10, 60
LEAD_SECONDS = 30.0
"""Of one attempt at all routes: while EC2 does not answer, each costs seconds."""


@dataclass(frozen=True)
class _Before:
    """Who had the address, where the routes led, and whose it is if it is not of this stack; empty where it is."""

    holder: Holder | None
    routes: Mapping[tuple[str, str], str]
    stranger: str


@dataclass(frozen=True)
class Claim:
    """What is claimed, and for which card. `tables` are the trading hosts' route tables."""

    here: Settings
    card: Card
    tables: Sequence[str]

    def take(self, until: float = inf) -> None:
        """Take address and routes from the instance of this stack that has them; both, or neither. Not after `until` (monotonic).

        Raises:
            Failed: it is too late, somebody else's instance has the address, or EC2 did not do as asked. What was taken is
                given back.
        """
        seen: list[_Before] = []
        retry(lambda: seen.append(self._look()), limit=min(LOOK_LIMIT_SECONDS, until - time.monotonic()))
        before = seen[-1]
        if before.stranger:
            raise Failed(f"address held by {before.stranger}"[:64], "it is not of this stack")
        if time.monotonic() >= until:
            raise Failed("too late to claim the address", "CloudFormation waits no longer, and ends this gateway")
        try:
            retry(lambda: self._associate(may_move=True), limit=ADDRESS_LIMIT_SECONDS, pause=1)
            retry(self.lead_here, limit=ROUTES_LIMIT_SECONDS, pause=0.5)
        except Failed:
            retry(lambda: self._give_back(before), limit=GIVE_BACK_LIMIT_SECONDS, longest=5)
            raise

    def _look(self) -> "_Before":
        holder = aws.holder(self.here.allocation)
        is_ours = holder is None or self._is_here(holder) or aws.instance_of(holder.interface).stack == self.here.stack
        stranger = "" if is_ours or holder is None else holder.instance or holder.interface
        return _Before(holder, aws.routes(self.tables), stranger)

    def take_if_free(self) -> str:
        """Take the address while no one can trade with it; the instance that has it, empty where that is this one.

        No one can where no one has it, where it is on this card at another private address (a hand's `associate-address`
        without one puts it onto the primary: EC2 API Reference, AssociateAddress), and where the gateway of this stack
        that has it is being ended.

        Raises:
            Failed: EC2 does not answer, or another one was faster.
        """
        former = aws.holder(self.here.allocation)
        if former is None:
            self._associate(may_move=False)
        elif self._is_mine(former):
            return ""
        elif self._is_here(former) or self._is_over(former):
            self._associate(may_move=True)
        else:
            return former.instance or former.interface
        return ""

    def _is_over(self, holder: Holder) -> bool:
        found = aws.instance_of(holder.instance or holder.interface)
        return found.stack == self.here.stack and found.is_over

    def lead_if_mine(self) -> list[str]:
        """Lead the routes here where EC2 says that the address is here: a successor may just have taken both.

        Raises:
            Failed: EC2 did not do as asked.
        """
        return self.lead_here() if self.astray_if_mine() else []

    def astray_if_mine(self) -> list[str]:
        """As `astray`, where EC2 says that the address is here; else the routes are another gateway's.

        Raises:
            Failed: EC2 does not say.
        """
        found = self.astray()
        holder = aws.holder(self.here.allocation) if found else None
        return found if holder and self._is_mine(holder) else []

    def lead_here(self, *, moves: bool = True) -> list[str]:
        """Lead the trading hosts' routes to this instance; which ones had to be moved. Without `moves` only see whose they are.

        To the venues' networks only: EC2 has no right that would hold us to them. And only what led nowhere, or to another
        gateway of this stack: a route of somebody else's is theirs.

        Each for itself: one that EC2 refuses keeps no other from leading here.

        Raises:
            Failed: EC2 did not do as asked, of one at least.
        """
        moved, failures, end = [], [], time.monotonic() + LEAD_SECONDS
        for (table, network), target in aws.routes(self.tables).items():
            if network not in self._networks or target == self.card.interface:
                continue
            try:
                if self._may_move(target) and moves:
                    aws.lead(table, network, self.card.interface)
                    moved.append(f"{network} in {table}")
            except Failed as failure:
                failures.append(f"{network} in {table}: {failure}")
            if failures and time.monotonic() > end:
                break
        if failures:
            raise Failed("EC2 does not lead every route here", "; ".join(failures))
        return moved

    def astray(self) -> list[str]:
        """The routes that should lead here and do not: EC2 has none to that network, or it is somebody else's.

        Raises:
            Failed: EC2 does not say.
        """
        found = aws.routes(self.tables)
        wanted = [(table, network) for table in self.tables for network in sorted(self._networks)]
        return [
            f"{network} in {table}" for table, network in wanted if found.get((table, network)) != self.card.interface
        ]

    @property
    def _networks(self) -> set[str]:
        return {network for tunnel in self.here.tunnels for network in tunnel.remote}

    def _may_move(self, target: str) -> bool:
        return target == aws.NOWHERE or aws.is_of_stack(target, self.here.stack)

    def _is_here(self, holder: Holder) -> bool:
        """On this instance's card, at whichever of its private addresses."""
        return holder.interface == self.card.interface

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

    def _give_back(self, before: "_Before") -> None:
        """Leave things as they were; where no one had the address it goes with this instance.

        By a call, and not by a look: after an answer that was lost EC2 may still tell what was before (EC2 API Reference,
        "Eventual consistency"). To who has it already the call does nothing.
        """
        former = before.holder
        if former and not self._is_here(former):
            try:
                aws.associate(self.here.allocation, former.interface, former.private, may_move=True)
            except Failed:
                # Where EC2 refuses us this call it refused us the claim.
                if aws.holder(self.here.allocation) != former:
                    raise
        now = aws.routes(self.tables)
        for (table, network), target in before.routes.items():
            if target not in (aws.NOWHERE, self.card.interface) and now.get((table, network)) == self.card.interface:
                aws.lead(table, network, target)
