"""The few questions that a new client needs. Each answer is checked as it is given: the question comes again with the reason.

The checks are the model's own, on the file as it would be with that answer. Without a terminal each question has its
default; an error names every missing or wrong flag at once, and no file is written.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from model.faults import Fault, InvalidInput, nearest
from model.load import Venues
from model.venue import Venue
from ops.console import ask, note
from ops.files.newclient import Existing, Joined, NewClient, faults, write

Take = Callable[[NewClient, str], NewClient]


@dataclass(frozen=True, kw_only=True)
class Question:
    """What is asked, as which flag it may be given, the keys of the file that it is about, and where its answer goes."""

    words: str
    flag: str
    about: str
    take: Take
    is_needed: bool = False


@dataclass(kw_only=True)
class Interview:
    """A client that grows with each answer. `asking` is whether there is a person to ask.

    `found` is what is wrong with flags, `unanswered` the questions that lack an answer: both are for `written` to tell.
    """

    client: NewClient
    venues: Path
    asking: bool
    found: list[Fault] = field(default_factory=list)
    unanswered: list[Question] = field(default_factory=list)
    _settled: list[Question] = field(default_factory=list)

    def settle(self, question: Question, given: str | None, *, ask: bool = True) -> None:
        """Take what was given, or ask; again while it is wrong and there is somebody to ask."""
        self._settled.append(question)
        answer = self._asked(question) if given is None and ask else given
        while answer:
            draft = question.take(self.client, answer)
            wrong = self._wrong(draft, question) if self.asking else []
            if not wrong:
                self.client = draft
                return
            note("\n".join(wrong), style="yellow")
            answer = self._asked(question)

    def join(self, names: list[str] | None, backup: bool) -> None:
        """The venues; a misspelt one is asked for again."""
        known = ", ".join(Venues(self.venues).names) or "none: put a venue file there first"
        words = f"Which venues, separated by commas ({known})"
        about = r"tunnels(\..*)?"
        question = Question(words=words, flag="--venue", about=about, take=lambda client, _: client, is_needed=True)
        names = names or _words(self._asked(question))
        while True:
            venues, found = self._read(names)
            if not (found and self.asking):
                break
            note("\n".join(map(_without_place, found)), style="yellow")
            names = _words(self._asked(question))
        self.client = replace(self.client, venues=tuple(_joined(venue, backup) for venue in venues))
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

    def refuse(self, fault: Fault) -> None:
        """A flag that no answer can mend. Raises InvalidInput at once where somebody waits to be asked."""
        if self.asking:
            raise InvalidInput([fault])
        self.found.append(fault)

    def written(self, clients: Path) -> tuple[Path, tuple[Fault, ...]]:
        """As `newclient.write`. Raises InvalidInput with every flag that is missing or wrong."""
        missing = [
            of_flag(one.flag, f"is missing: {one.words}") for one in self.unanswered if one.flag not in self._blamed
        ]
        try:
            if not (missing or self.found):
                return write(self.client, clients=clients, venues=self.venues)
            found = faults(self.client, venues=self.venues)
        except InvalidInput as invalid:
            found = invalid.faults
        raise InvalidInput([*missing, *self.found, *self._of_flags(found)])

    @property
    def _blamed(self) -> set[str]:
        return {fault.file for fault in self.found}

    def _of_flags(self, found: Iterable[Fault]) -> Iterator[Fault]:
        """The errors by the flags that gave the values, without those that only follow from an open question."""
        for fault in found:
            is_open = any(_is_about(question, fault) for question in self.unanswered)
            # The next step pins the image.
            if fault.severity == "error" and not is_open and fault.key != "gateway.ami":
                flag = next((one.flag for one in self._settled if _is_about(one, fault)), None)
                yield of_flag(flag, fault.message, value=fault.value) if flag else fault

    def _wrong(self, draft: NewClient, question: Question) -> list[str]:
        found = (fault for fault in faults(draft, venues=self.venues) if fault.severity == "error")
        return [_without_place(fault) for fault in found if re.fullmatch(question.about, fault.key)]

    def _asked(self, question: Question) -> str:
        if self.asking:
            return ask(question.words, needed=question.is_needed)
        if question.is_needed:
            self.unanswered.append(question)
            self.client = question.take(self.client, "")
        return ""

    def lacks(self, about: str) -> bool:
        """Whether the client as it is has a fault there."""
        return any(re.fullmatch(about, fault.key) for fault in faults(self.client, venues=self.venues))


def of_flag(flag: str, message: str, *, value: str = "") -> Fault:
    """A fault of what a flag gave, or did not give."""
    return Fault(file=flag, line=0, column=0, key="", value=value, message=message)


def _without_place(fault: Fault) -> str:
    return f"{fault.value} {fault.message}".strip()


def _is_about(question: Question, fault: Fault) -> bool:
    """Of a list the whole, too."""
    return any(re.fullmatch(question.about, key) for key in (fault.key, f"{fault.key}.0"))


def _joined(venue: Venue, backup: bool) -> Joined:
    return Joined(venue=venue, peers=("A", "B") if backup and "B" in venue.peers.labels else ("A",))


def _field(name: str, *, words: str, flag: str, about: str, is_needed: bool = False) -> Question:
    """A question whose answer is a field of the client."""

    def take(client: NewClient, answer: str) -> NewClient:
        changes: dict[str, Any] = {name: answer}
        return replace(client, **changes)

    return Question(words=words, flag=flag, about=about, take=take, is_needed=is_needed)


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
HOSTS = Question(
    words="Network of your FIX engines behind the gateway (empty: FIX runs on the gateway)",
    flag="--trading-hosts",
    # The whole wants the network, which is asked for next.
    about=r"trading_hosts\..*",
    take=lambda client, answer: replace(client, trading_hosts=tuple(_words(answer))),
)


def _of_network(key: str, name: str, *, words: str, flag: str) -> Question:
    def take(client: NewClient, answer: str) -> NewClient:
        changes: dict[str, Any] = {name: answer}
        return replace(client, network=replace(client.network or Existing(), **changes))

    return Question(words=words, flag=flag, about=rf"network\.{key}", take=take, is_needed=True)


VPC = _of_network("vpc_id", "vpc_id", words="The VPC of the trading hosts (vpc-…)", flag="--vpc-id")
SUBNET = _of_network("subnet_id", "subnet_id", words="Its public subnet (subnet-…)", flag="--subnet-id")
ZONE = _of_network("availability_zone", "zone", words="That subnet's availability zone (eu-west-2a)", flag="--zone")
ROUTE_TABLES = Question(
    words="Route tables of the trading hosts (rtb-…)",
    flag="--route-table",
    about=r"network\.route_table_ids\..*",
    take=lambda client, answer: replace(
        client, network=replace(client.network or Existing(), route_tables=tuple(_words(answer)))
    ),
    is_needed=True,
)


def local_network(client: NewClient, venue: Venue) -> Question:
    """The address by which the venue knows the client, where it is not the Elastic IP."""
    words = f"{venue.description}: the address of your own by which it knows you, such as 10.90.1.7/32"
    if venue.encryption_domain == "assigned":
        words = f"{venue.description}: the address that it assigned to you (empty: it has not assigned one yet)"
    question = _of_venue(client, venue, "local_network", lambda answer: answer, words=words, flag="--local-network")
    return replace(question, is_needed=venue.encryption_domain == "private")


def source_address(client: NewClient, venue: Venue) -> Question:
    """The address in a network that the gateway owns."""
    words = f"{venue.description}: the address in that network which the gateway owns"
    return _of_venue(client, venue, "source_address", lambda answer: answer, words=words, flag="--source-address")


def sender_comp_ids(client: NewClient, venue: Venue) -> Question:
    """Our CompIDs at the venue; empty while it has not given them."""
    words = f"{venue.description}: your CompIDs (empty: not known yet)"
    question = _of_venue(
        client, venue, "sender_comp_ids", lambda answer: tuple(_words(answer)), words=words, flag="--sender-comp-id"
    )
    return replace(question, about=rf"{question.about}\..*")


def _of_venue(
    client: NewClient, venue: Venue, name: str, value: Callable[[str], object], *, words: str, flag: str
) -> Question:
    def take(draft: NewClient, answer: str) -> NewClient:
        changes: dict[str, Any] = {name: value(answer)}
        changed = (replace(one, **changes) if one.venue.name == venue.name else one for one in draft.venues)
        return replace(draft, venues=tuple(changed))

    tunnels = [one.venue.name for one in client.venues for _ in one.peers]
    numbers = "|".join(str(index) for index, joined in enumerate(tunnels) if joined == venue.name)
    return Question(words=words, flag=flag, about=rf"tunnels\.({numbers})\.{name}", take=take)


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]
