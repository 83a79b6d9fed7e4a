"""The few questions that a new client needs; without a terminal each has its default, or says which flag is missing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import typer

from model.load import Venues
from model.venue import Venue
from ops.failure import BadInput


@dataclass(frozen=True, kw_only=True)
class Questions:
    """Asks a person, if there is one."""

    asking: bool

    def needed(self, flag: str, question: str) -> str:
        """A value that has no default. Raises BadInput where nobody can be asked."""
        if not self.asking:
            raise BadInput(f"{flag} is missing", advice=question)
        return str(typer.prompt(question, err=True)).strip()

    def _optional(self, question: str) -> str:
        return str(typer.prompt(question, default="", show_default=False, err=True)).strip() if self.asking else ""

    def venues(self, folder: Path) -> list[str]:
        """Which venues to join."""
        known = ", ".join(Venues(folder).names) or "none: put a venue file there first"
        return _words(self.needed("--venue", f"Which venues, separated by commas ({known})"))

    def trading_hosts(self) -> list[str]:
        """Networks of the FIX engines; empty where the engine runs on the gateway."""
        return _words(self._optional("Network of your FIX engines behind the gateway (empty: FIX runs on the gateway)"))

    def route_tables(self) -> tuple[str, ...]:
        """Route tables of the trading hosts."""
        return tuple(_words(self.needed("--route-table", "Route tables of the trading hosts (rtb-…)")))

    def region(self) -> str | None:
        """The AWS region; None: the command line's own."""
        return self._optional("AWS region, such as eu-west-2 (empty: as your AWS profile says)") or None

    def alarm_email(self) -> str | None:
        """Who is told when a tunnel is down."""
        return self._optional("Who is told when a tunnel is down (a mail address; empty: nobody)") or None

    def local_network(self, venue: Venue) -> str | None:
        """The address by which the venue knows the client, where it is not the Elastic IP."""
        if venue.encryption_domain == "elastic-ip":
            return None
        if venue.encryption_domain == "assigned":
            question = f"{venue.description}: the address that it assigned to you (empty: it has still to assign one)"
            return self._optional(question) or None
        question = f"{venue.description}: the address of your own by which it knows you, such as 10.90.1.7/32"
        return self.needed("--local-network", question)

    def sender_comp_ids(self, venue: Venue) -> list[str]:
        """Our CompIDs at the venue; empty while it has not given them."""
        return _words(self._optional(f"{venue.description}: your CompIDs (empty: not known yet)"))


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]
