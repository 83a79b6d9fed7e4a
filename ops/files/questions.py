"""The few questions that a new client needs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from model.faults import Fault, nearest
from model.load import Venues
from model.venue import Venue
from ops.console import note
from ops.files.interview import Interview, Question, listed, of_flag, without_place
from ops.files.newclient import Existing, Joined, NewClient, faults

Asked = Question[NewClient]


@dataclass(kw_only=True)
class ClientInterview(Interview[NewClient]):
    """A client that grows with each answer."""

    venues: Path

    def join(self, names: list[str] | None, backup: bool) -> None:
        """The venues; a misspelt one is asked for again."""
        known = ", ".join(Venues(self.venues).names) or "none: fixtunnel new venue NAME"
        asks = f"Which venues, separated by commas ({known})"
        about = r"tunnels(\..*)?"
        question = Asked(words=asks, flag="--venue", about=about, take=lambda client, _: client, is_needed=True)
        names = names or listed(self.asked(question))
        while True:
            venues, found = self._read(names)
            if not (found and self.asking):
                break
            note("\n".join(map(without_place, found)), style="yellow")
            names = listed(self.asked(question))
        self.draft = replace(self.draft, venues=tuple(_joined(venue, backup) for venue in venues))
        self.found += found
        self.unanswered += [question] if found and not venues else []

    def _read(self, names: list[str]) -> tuple[list[Venue], list[Fault]]:
        """The venues of these names, and what is wrong with the names, or in the files."""
        known, read = Venues(self.venues), list[Venue]()
        for name in dict.fromkeys(names):
            if name not in known.names:
                known.faults.append(
                    of_flag("--venue", f"is not a venue; {nearest(name, known.names)}", value=repr(name))
                )
            elif (content := known.get(name)) and content.model and not content.faults:
                read.append(content.model)
        return read, [fault for fault in known.faults if fault.severity == "error"]


def client_interview(name: str, *, venues: Path, asking: bool) -> ClientInterview:
    """The interview for a client of this name. The image is pinned in a next step."""

    def check(client: NewClient) -> tuple[Fault, ...]:
        return faults(client, venues=venues)

    return ClientInterview(
        draft=NewClient(name=name), asking=asking, check=check, later=("gateway.ami",), venues=venues
    )


def _joined(venue: Venue, backup: bool) -> Joined:
    return Joined(venue=venue, peers=("A", "B") if backup and "B" in venue.peers.labels else ("A",))


def _field(name: str, *, words: str, flag: str, about: str, is_needed: bool = False) -> Asked:
    """A question whose answer is a field of the client."""

    def take(client: NewClient, answer: str) -> NewClient:
        changes: dict[str, Any] = {name: answer}
        return replace(client, **changes)

    return Asked(words=words, flag=flag, about=about, take=take, is_needed=is_needed)


NAME = _field("name", words="The client's name (a-z, 0-9 and '-')", flag="CLIENT", about="name", is_needed=True)
ACCOUNT = _field("account", words="AWS account, twelve digits (empty: your own)", flag="--account", about="account")
DESCRIPTION = _field("description", words="The client in a few words", flag="--description", about="description")
INSTANCE = _field(
    "instance_type",
    words="EC2 instance type (empty: t3.small)",
    flag="--instance-type",
    about=r"gateway\.instance_type",
)
IMAGE = _field("image", words="debian-13 or debian-12 (empty: debian-13)", flag="--image", about=r"gateway\.image")
REGION = _field(
    "region",
    words="AWS region, such as eu-west-2 (empty: as your AWS profile says)",
    flag="--region",
    about=r"region|network\.availability_zone",
)
ALARM_EMAIL = _field(
    "alarm_email",
    words="Who gets a mail when a tunnel is down (a mail address; empty: no mail)",
    flag="--alarm-email",
    about="alarm_email",
)
HOSTS = Asked(
    words="Network of your FIX engines behind the gateway (empty: FIX runs on the gateway)",
    flag="--trading-hosts",
    # The whole wants the network, which is asked for next.
    about=r"trading_hosts\..*",
    take=lambda client, answer: replace(client, trading_hosts=tuple(listed(answer))),
)


def _of_network(key: str, name: str, *, words: str, flag: str, explained: str) -> Asked:
    def take(client: NewClient, answer: str) -> NewClient:
        changes: dict[str, Any] = {name: answer}
        return replace(client, network=replace(client.network or Existing(), **changes))

    return Asked(words=words, flag=flag, about=rf"network\.{key}", take=take, is_needed=True, explained=explained)


VPC = _of_network(
    "vpc_id",
    "vpc_id",
    words="The VPC of the trading hosts (vpc-…)",
    flag="--vpc-id",
    explained="AWS's console lists it under VPC, Your VPCs. For a rehearsal an invented id will do, such as vpc-0a1b2c3d.",
)
SUBNET = _of_network(
    "subnet_id",
    "subnet_id",
    words="Its public subnet (subnet-…)",
    flag="--subnet-id",
    explained="The gateway's, not the hosts': one with a default route to an internet gateway. VPC, Subnets.",
)
ZONE = _of_network(
    "availability_zone",
    "zone",
    words="That subnet's availability zone (eu-west-2a)",
    flag="--zone",
    explained="In the same line of that list.",
)
ROUTE_TABLES = Asked(
    words="Route tables of the trading hosts (rtb-…)",
    flag="--route-table",
    about=r"network\.route_table_ids\..*",
    take=lambda client, answer: replace(
        client, network=replace(client.network or Existing(), route_tables=tuple(listed(answer)))
    ),
    is_needed=True,
    explained="Those of the hosts' subnets: they get a route to the venue by way of the gateway. VPC, Route tables.",
)


def local_network(client: NewClient, venue: Venue) -> Asked:
    """The address by which the venue knows the client, where it is not the Elastic IP."""
    words = f"{venue.description}: the address of your own by which it knows you, such as 10.90.1.7/32"
    if venue.encryption_domain == "assigned":
        words = f"{venue.description}: the address that it assigned to you (empty: it has not assigned one yet)"
    question = _of_venue(client, venue, "local_network", lambda answer: answer, words=words, flag="--local-network")
    return replace(question, is_needed=venue.encryption_domain == "private")


def source_address(client: NewClient, venue: Venue) -> Asked:
    """The address in a network that the gateway owns."""
    words = f"{venue.description}: the address in that network which the gateway owns"
    return _of_venue(client, venue, "source_address", lambda answer: answer, words=words, flag="--source-address")


def sender_comp_ids(client: NewClient, venue: Venue) -> Asked:
    """Our CompIDs at the venue; empty while it has not given them."""
    words = f"{venue.description}: your CompIDs (empty: not known yet)"
    question = _of_venue(
        client, venue, "sender_comp_ids", lambda answer: tuple(listed(answer)), words=words, flag="--sender-comp-id"
    )
    return replace(question, about=rf"{question.about}\..*")


def _of_venue(
    client: NewClient, venue: Venue, name: str, value: Callable[[str], object], *, words: str, flag: str
) -> Asked:
    def take(draft: NewClient, answer: str) -> NewClient:
        changes: dict[str, Any] = {name: value(answer)}
        changed = (replace(one, **changes) if one.venue.name == venue.name else one for one in draft.venues)
        return replace(draft, venues=tuple(changed))

    tunnels = [one.venue.name for one in client.venues for _ in one.peers]
    numbers = "|".join(str(index) for index, joined in enumerate(tunnels) if joined == venue.name)
    return Asked(words=words, flag=flag, about=rf"tunnels\.({numbers})\.{name}", take=take)
