"""What a venue answered: the keys of a venue file, each of which may be open, in the spelling of the person who copied the form.

People don't quote there: each value is read as it is written, so a CompID of `007` keeps its noughts and a port is a number
with or without quotes. What cannot be read is a fault with its line, and all of them are reported at once, as for any file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from model.base import Part
from model.calendar import DayInAnyCase, TimeZone, Window
from model.deployment import Connection, Deployment
from model.faults import Fault, InvalidInput, nearest
from model.identity import Identity
from model.identity import respelled as respelled_identity
from model.proposal import ProposalText, respelled
from model.reading import read_model
from model.source import Source, read
from model.values import Address, CompId, Lifetime, Line, Name, Network, Selector, TimeOfDay, TunnelName
from model.venue import Contact, DomainMode, FixVersion, Venue

LABELS = ("name", "description", "connection")
"""What a file calls things: ours to choose, as the names of FIX endpoints are."""
_HEAD = """# What {venue} answered about the connection of {client}. Fill in what its form says, leave the rest empty, then:
#   fixtunnel form {client} --read THIS-FILE
name: {venue}
"""
_OURS = """
ours:                          # what the venue has noted about us
  public_address:
  identity:
  encryption_domain:           # such as 203.0.113.7/32, or a list
  sender_comp_ids: []
"""
_THEIRS = """
ike:
  version:                     # 1 or 2
  proposal:                    # such as aes256-sha2_256;modp2048
  lifetime:                    # such as 28800s or 8h
esp:
  proposal:                    # such as aes256-sha2_256
  lifetime:
  pfs:                         # true or false
dpd:                           # its own timers, which need not be ours
  delay:
  timeout:
encryption_domain:             # elastic-ip, private or assigned
remote_networks: []            # such as [192.0.2.0/24]
"""


def sheet(client: str, tunnel: Connection) -> str:
    """The empty sheet of a venue, with a place for each gateway and FIX endpoint that its file knows."""
    venue = tunnel.venue
    peers = "".join(f"  {label}:\n    address:\n    id:\n" for label in venue.peers.labels)
    fix = "".join(
        f"  - name: {one.name}\n    host:\n    port:\n    version:\n    target_comp_id:\n" for one in venue.fix
    )
    head = _HEAD.format(venue=venue.name, client=client)
    services = "".join(f"  - name: {one.name}\n    host:\n    port:\n" for one in venue.services)
    parts = {"fix": fix, "services": services}
    return f"{head}{_OURS}\npeers:\n{peers}{_THEIRS}" + "".join(f"\n{key}:\n{one}" for key, one in parts.items() if one)


def _text(change: Any) -> BeforeValidator:
    """Change the spelling of text; what is no text is left to the type to refuse."""
    return BeforeValidator(lambda value: change(value.strip()) if isinstance(value, str) else value)


def _number(text: str) -> int | str:
    return int(text) if re.fullmatch("[0-9]{1,9}", text, re.ASCII) else text


def _yes_or_no(text: str) -> bool | str:
    return {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}.get(text.lower(), text)


def _fix_version(text: str) -> str:
    plain = re.sub(r"^(FIXT?)?[. ]?(?=[0-9])", lambda begin: "FIXT." if begin[1] == "FIXT" else "FIX.", text.upper())
    return "FIXT.1.1" if plain.startswith("FIX.5.0") else plain


_Address = Annotated[Address, _text(lambda text: text.removesuffix("/32"))]
_Identity = Annotated[Identity, _text(lambda text: respelled_identity(text) or text)]
_Domain = Annotated[
    tuple[Network, ...],
    BeforeValidator(lambda value: [value] if isinstance(value, str) else value),
    Field(min_length=1),
]
_Proposal = Annotated[ProposalText, _text(lambda text: respelled(text) or text)]
_Duration = Annotated[Lifetime, _text(lambda text: re.sub(r" (?=s|m|h|d$)", "", text.lower()))]
_Word = _text(lambda text: text.lower().replace("_", "-"))
_Version = _text(lambda text: _number(text.lower().removeprefix("ike").removeprefix("v")))
_Time = Annotated[TimeOfDay, _text(lambda text: f"0{text}" if re.match("[0-9]:", text) else text)]


class AnsweredPeer(Part):
    """One of its gateways."""

    address: _Address | None = None
    id: _Identity | None = None


class AnsweredPeers(Part):
    """Its gateways."""

    A: AnsweredPeer | None = None
    B: AnsweredPeer | None = None
    C: AnsweredPeer | None = None
    D: AnsweredPeer | None = None
    E: AnsweredPeer | None = None
    F: AnsweredPeer | None = None
    G: AnsweredPeer | None = None
    H: AnsweredPeer | None = None
    DR: AnsweredPeer | None = None
    DR2: AnsweredPeer | None = None


class AnsweredIke(Part):
    """Phase 1."""

    version: Annotated[Literal[1, 2], _Version] | None = None
    mode: Annotated[Literal["main", "aggressive"], _Word] | None = None
    proposal: _Proposal | None = None
    alternatives: tuple[_Proposal, ...] | None = None
    lifetime: _Duration | None = None


class AnsweredEsp(Part):
    """Phase 2."""

    proposal: _Proposal | None = None
    alternatives: tuple[_Proposal, ...] | None = None
    lifetime: _Duration | None = None
    pfs: Annotated[bool, _text(_yes_or_no)] | None = None
    selector: Annotated[Selector, _text(lambda text: re.sub("[ :/]+", "/", text.lower()))] | None = None


class AnsweredDpd(Part):
    """Its dead peer detection."""

    delay: _Duration | None = None
    timeout: _Duration | None = None


class AnsweredEndpoint(Part):
    """One of its FIX acceptors, by whatever name the venue has for it."""

    name: Line = Field(description="What the venue calls it.", examples=["primary"])
    host: _Address | None = None
    port: Annotated[int, _text(_number), Field(strict=True, ge=1, le=65535)] | None = None
    version: Annotated[FixVersion, _text(_fix_version)] | None = None
    target_comp_id: CompId | None = None
    role: Annotated[Literal["primary", "secondary", "disaster-recovery"], _Word] | None = None


class AnsweredService(Part):
    """One of its ports that are not FIX, by the name that our file has for it."""

    name: Line = Field(description="What it is called.", examples=["market-data"])
    host: _Address | None = None
    port: Annotated[int, _text(_number), Field(strict=True, ge=1, le=65535)] | None = None
    role: Annotated[Literal["primary", "secondary", "disaster-recovery"], _Word] | None = None


class AnsweredSession(Part):
    """When it trades."""

    days: Annotated[tuple[DayInAnyCase, ...], Field(min_length=1)] | None = None
    start: _Time | None = None
    end: _Time | None = None
    timezone: TimeZone | None = None


class Ours(Part):
    """What the venue has noted about us."""

    public_address: _Address | None = None
    identity: _Identity | None = None
    encryption_domain: _Domain | None = None
    sender_comp_ids: tuple[CompId, ...] | None = None


class Answer(Part):
    """The whole of an answer. None is what the venue left open."""

    name: Name | None = None
    ours: Ours | None = None
    description: Line | None = None
    environment: Annotated[Literal["production", "test"], _Word] | None = None
    connection: TunnelName | None = None
    peers: AnsweredPeers | None = None
    remote_networks: Annotated[tuple[Network, ...], Field(min_length=1)] | None = None
    ike: AnsweredIke | None = None
    esp: AnsweredEsp | None = None
    dpd: AnsweredDpd | None = None
    encryption_domain: Annotated[DomainMode, _Word] | None = None
    fix: tuple[AnsweredEndpoint, ...] | None = None
    services: tuple[AnsweredService, ...] | None = None
    session: AnsweredSession | None = None
    maintenance: tuple[Window, ...] | None = None
    contacts: tuple[Contact, ...] | None = None

    def mode(self, venue: Venue) -> DomainMode:
        """As which address the venue sees us, if its file said what it answered."""
        return self.encryption_domain or venue.encryption_domain


def read_answer(path: Path, deployment: Deployment) -> tuple[Answer, tuple[str, ...]]:
    """The answer, and the keys that it leaves open.

    Raises:
        InvalidInput: with every fault of the file.
    """
    source = read(path)
    written = source.as_written()
    if not isinstance(written, dict):
        raise InvalidInput([source.fault((), "has no keys; begin with `fixtunnel form CLIENT --sheet`")])
    said = replace(source, data=_without_blanks(written))
    content = read_model(Answer, said)
    answer = content.model
    if answer is None or content.faults:
        raise InvalidInput(content.faults)
    if faults := [*_venue_is_ours(answer, deployment, said), *_named_once(answer, said)]:
        raise InvalidInput(faults)
    if not _says_something(said.data):
        raise InvalidInput([source.fault((), "answers nothing; write what the venue's form says, leave the rest open")])
    return answer, tuple(_blanks(written))


def _venue_is_ours(answer: Answer, deployment: Deployment, source: Source) -> Iterator[Fault]:
    known = [venue.name for venue in deployment.venues]
    if answer.name is None and len(known) > 1:
        yield source.fault(("name",), f"is missing; write the venue whose answer it is: {' or '.join(known)}")
    elif answer.name and answer.name not in known:
        yield source.fault(("name",), f"is not a venue of {deployment.client.name}; {nearest(answer.name, known)}")


def _named_once(answer: Answer, source: Source) -> Iterator[Fault]:
    for key in ("fix", "services"):
        names = [endpoint.name for endpoint in getattr(answer, key) or ()]
        for index, name in enumerate(names):
            if name in names[:index]:
                yield source.fault((key, index, "name"), "is used twice; name each endpoint differently")


def _says_something(said: Any) -> bool:
    """Names alone say nothing: the empty sheet has them."""
    if isinstance(said, list):
        return any(map(_says_something, said))
    return not isinstance(said, dict) or any(_says_something(one) for key, one in said.items() if key != "name")


def _is_blank(value: Any) -> bool:
    """Whether it is empty, or made of nothing but empty values."""
    if isinstance(value, dict):
        return all(_is_blank(one) for one in value.values())
    return value is None or value in ("", [])


def _without_blanks(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_blanks(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {key: _without_blanks(one) for key, one in value.items() if not _is_blank(one)}


def _blanks(value: Any, key: str = "") -> Iterator[str]:
    if isinstance(value, dict):
        for name, one in value.items():
            yield from _blanks(one, f"{key}.{name}" if key else name)
    elif isinstance(value, list) and value and all(isinstance(one, dict) and "name" in one for one in value):
        for one in value:
            yield from _blanks(one, f"{key}.{one['name']}")
    elif _is_blank(value):
        yield key
