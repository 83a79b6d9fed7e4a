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

from pydantic import BeforeValidator, Field, model_validator

from model.base import Part
from model.calendar import Break, Date, DayInAnyCase, MomentOfWeek, Session, Special, TimeZone, Window
from model.deployment import Connection, Deployment
from model.faults import Fault, InvalidInput, nearest
from model.identity import Identity
from model.ports import Ports, PortText
from model.proposal import ProposalText
from model.reading import read_model
from model.source import Source, read
from model.values import Address, CompId, Lifetime, Line, Name, Network, Selector, TimeOfDay, TunnelName
from model.venue import Contact, DomainMode, Endpoint, FixVersion, Venue
from ops.form import spelling

OF_US = ("ours", "inbound")
"""What an answer says of us, where a venue file says nothing."""
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
  alternatives: []             # further ones that it takes, the preferred first
  lifetime:                    # such as 28800s or 8h
esp:
  proposal:                    # such as aes256-sha2_256
  alternatives: []
  lifetime:
  pfs:                         # yes, no, or its group
  selector:                    # such as tcp/9001: only if its ACL, crypto map or proxy ID names a port
dpd:                           # its own timers, which need not be ours
  delay:
  timeout:
encryption_domain:             # elastic-ip, private or assigned
remote_networks: []            # such as [192.0.2.0/24]
session:                       # when it trades
  days: []                     # such as [mon, tue, wed, thu, fri]
  start:
  end:
  timezone:                    # such as Europe/London
"""
_PROBE = "    probe:                     # no, if our gateway must not connect to it once a minute\n"
_PORT = "    port:                      # such as 443, 7001-7004 or udp/5000\n"


def sheet(client: str, tunnel: Connection) -> str:
    """The empty sheet of a venue, with a place for each gateway and FIX endpoint that its file knows."""
    venue = tunnel.venue
    peers = "".join(f"  {label}:\n    address:\n    id:\n" for label in venue.peers.labels)
    fix = "".join(
        f"  - name: {one.name}\n    host:\n    port:\n    version:\n    target_comp_id:\n{_probe(one)}"
        for one in venue.fix
    )
    head = _HEAD.format(venue=venue.name, client=client)
    services = "".join(f"  - name: {one.name}\n    host:\n{_PORT}{_probe(one)}" for one in venue.services)
    calls = "".join(f"  - name: {one.name}\n    from: []\n    address:\n    port:\n" for one in tunnel.tunnel.inbound)
    parts = {"fix": fix, "services": services, "inbound": calls}
    return f"{head}{_OURS}\npeers:\n{peers}{_THEIRS}" + "".join(f"\n{key}:\n{one}" for key, one in parts.items() if one)


def _probe(endpoint: Endpoint) -> str:
    """Asked of what the gateway would connect to."""
    return "" if endpoint.why_unprobed else _PROBE


def _text(change: Any) -> BeforeValidator:
    """Change the spelling of text; what is no text is left to the type to refuse."""
    return BeforeValidator(lambda value: change(value.strip()) if isinstance(value, str) else value)


def _listed(mark: str) -> BeforeValidator:
    """One value, or several on a line with this between them, as a list."""
    return BeforeValidator(lambda value: re.split(mark, value.strip()) if isinstance(value, str) else value)


_Address = Annotated[Address, _text(spelling.address)]
_Identity = Annotated[Identity, _text(spelling.identity)]
_Network = Annotated[Network, _text(spelling.network)]
_Networks = Annotated[tuple[_Network, ...], Field(min_length=1, max_length=256), _listed(r"\s*[,;]\s*")]
_Proposal = Annotated[ProposalText, _text(spelling.proposal)]
_Alternatives = Annotated[tuple[_Proposal, ...], Field(max_length=16), _listed(r";\s+")]
_Duration = Annotated[Lifetime, _text(spelling.duration)]
_Word = _text(spelling.word)
_Moment = Annotated[MomentOfWeek, _text(lambda text: re.sub(r"^(\w+) +(?=[0-9]:)", r"\1 0", text))]
_Time = Annotated[TimeOfDay, _text(spelling.time)]
_CompIds = Annotated[tuple[CompId, ...], Field(max_length=32), _listed(r"\s*[,;]\s*")]
_Port = Annotated[int, _text(spelling.number), Field(strict=True, ge=1, le=65535)]
_Ports = Annotated[PortText, _text(spelling.ports)]
_YesOrNo = Annotated[bool, _text(spelling.yes_or_no)]
_Role = Annotated[Literal["primary", "secondary", "disaster-recovery"], _Word]


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

    version: Annotated[Literal[1, 2], _text(spelling.ike_version)] | None = None
    mode: Annotated[Literal["main", "aggressive"], _Word] | None = None
    proposal: _Proposal | None = None
    alternatives: _Alternatives | None = None
    lifetime: _Duration | None = None


class AnsweredEsp(Part):
    """Phase 2. `pfs_group` is the group that stands beside `pfs`, where no proposal has it."""

    proposal: _Proposal | None = None
    alternatives: _Alternatives | None = None
    lifetime: _Duration | None = None
    pfs: _YesOrNo | None = None
    pfs_group: str | None = None
    selector: Annotated[Selector, _text(spelling.selector)] | None = None

    @model_validator(mode="before")
    @classmethod
    def _with_group(cls, said: Any) -> Any:
        """`pfs: yes, group 20` says two things: the group is a part of the proposal, as a file has it."""
        if not isinstance(said, dict) or not isinstance(said.get("pfs"), str) or "pfs_group" in said:
            return said
        wanted, group = spelling.pfs(said["pfs"].strip())
        proposal = said.get("proposal")
        if group and isinstance(proposal, str) and ";" not in (plain := spelling.proposal(proposal)):
            return {**said, "pfs": wanted, "proposal": f"{plain};{group}"}
        return {**said, "pfs": wanted} | ({"pfs_group": group} if group else {})


class AnsweredDpd(Part):
    """Its dead peer detection."""

    delay: _Duration | None = None
    timeout: _Duration | None = None


def _named(said: Any) -> Any:
    """A port without a name is called by its place."""
    if isinstance(said, dict) and "name" not in said:
        return {"name": ":".join(str(said[key]) for key in ("host", "port") if key in said) or "?", **said}
    return said


class Answered(Part):
    """One of its endpoints, by whatever name the venue has for it."""

    name: Line = Field(description="What the venue calls it.", examples=["market-data"])
    host: _Address | None = None
    port: int | Ports | None = None
    role: _Role | None = None
    probe: _YesOrNo | None = None

    _names = model_validator(mode="before")(_named)


class AnsweredService(Answered):
    """One that is not FIX."""

    port: _Ports | None = None


class AnsweredEndpoint(Answered):
    """One of its FIX acceptors."""

    port: _Port | None = None
    version: Annotated[FixVersion, _text(spelling.fix_version)] | None = None
    target_comp_id: CompId | None = None


class AnsweredSession(Part):
    """When it trades."""

    days: Annotated[tuple[DayInAnyCase, ...], Field(min_length=1)] | None = None
    start: _Time | None = None
    end: _Time | None = None
    from_: _Moment | None = Field(default=None, alias="from")
    to: _Moment | None = None
    timezone: TimeZone | None = None

    @property
    def is_weekly(self) -> bool:
        """Whether it lasts for days: such a session has other keys."""
        return self.from_ is not None or self.to is not None


class AnsweredCalendar(Part):
    """On which dates it does not, or at other hours."""

    until: Date | None = None
    closed: Annotated[tuple[Date, ...], Field(max_length=64)] | None = None
    special: Annotated[tuple[Special, ...], Field(max_length=32)] | None = None


class AnsweredCall(Part):
    """A connection that it opens to us: from where, and to which of our addresses and ports."""

    name: Line = Field(description="What we call it.", examples=["drop-copy"])
    from_: _Networks | None = Field(default=None, alias="from")
    address: _Address | None = None
    port: _Port | None = None


class Ours(Part):
    """What the venue has noted about us."""

    public_address: _Address | None = None
    identity: _Identity | None = None
    encryption_domain: _Networks | None = None
    sender_comp_ids: _CompIds | None = None


class Answer(Part):
    """The whole of an answer. None is what the venue left open."""

    name: Name | None = None
    ours: Ours | None = None
    description: Line | None = None
    environment: Annotated[Literal["production", "test"], _Word] | None = None
    connection: TunnelName | None = None
    peers: AnsweredPeers | None = None
    remote_networks: _Networks | None = None
    ike: AnsweredIke | None = None
    esp: AnsweredEsp | None = None
    dpd: AnsweredDpd | None = None
    encryption_domain: Annotated[DomainMode, _Word] | None = None
    fix: Annotated[tuple[AnsweredEndpoint, ...], Field(max_length=64)] | None = None
    services: Annotated[tuple[AnsweredService, ...], Field(max_length=64)] | None = None
    inbound: Annotated[tuple[AnsweredCall, ...], Field(max_length=16)] | None = None
    session: AnsweredSession | None = None
    more_sessions: Annotated[tuple[Session, ...], Field(max_length=16)] | None = None
    breaks: Annotated[tuple[Break, ...], Field(max_length=16)] | None = None
    calendar: AnsweredCalendar | None = None
    maintenance: Annotated[tuple[Window, ...], Field(max_length=32)] | None = None
    contacts: Annotated[tuple[Contact, ...], Field(max_length=32)] | None = None

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
    for key in ("fix", "services", "inbound"):
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
