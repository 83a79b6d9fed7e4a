"""The venue's answer beside the files: each difference in value, however it is spelled, and who must change."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

from model.base import Part
from model.calendar import Break, WeeklySession, Window, clock
from model.deployment import Connection, Deployment
from model.faults import Path as Key
from model.faults import dotted
from model.identity import is_reordered, kind_of, meaning
from model.proposal import Proposal
from model.venue import LONGEST_LIFETIME, Contact, DomainMode, Endpoint, Venue
from ops.form.agreement import Agreement, agreements, without
from ops.form.answer import LABELS, OF_US, Answer, Answered, read_answer
from ops.form.calls import CallPair, called_pairs
from ops.form.refusal import follows, refused_of_us, refused_of_venue

Who = Literal["we change our file", "the venue corrects its form", "ask the venue for another value", "neither side"]
_NEGOTIATED = ("ike", "esp", "encryption_domain")
_ITS_ADDRESS = "its address"


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One difference. `ours` is what our files, or our stack, say."""

    key: str
    ours: str
    theirs: str
    who: Who
    why: str

    def as_dict(self) -> dict[str, str]:
        """For a machine to read."""
        return asdict(self)


@dataclass(frozen=True, kw_only=True)
class Compared:
    """All differences, those in what each end has for itself, how many values agree, and the keys that are left open."""

    differences: tuple[Difference, ...]
    own_to_each: tuple[Difference, ...]
    agreed: int
    unanswered: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Pair:
    """A value that the venue gave, and ours."""

    key: Key
    ours: Any
    theirs: Any

    @property
    def agrees(self) -> bool:
        """Whether both mean the same."""
        return bool(_meant(self.ours) == _meant(self.theirs))


def compare(path: Path, deployment: Deployment, *, address: str | None) -> Compared:
    """Compare an answer with the venue's file, and with what we are.

    Raises:
        InvalidInput: with every fault of the answer.
    """
    answer, unanswered = read_answer(path, deployment)
    venue = next(one for one in deployment.venues if answer.name in (None, one.name))
    named = {key: _by_our_names(getattr(answer, key) or (), getattr(venue, key)) or None for key in ("fix", "services")}
    agreed = list(agreements(answer, venue))
    answer = without(answer.model_copy(update=named), agreed)
    pairs, about_us = _pairs(answer, venue), list(_of_us(answer, deployment, venue, address))
    refused = refused_of_venue(answer, deployment, venue) | refused_of_us(answer, deployment, venue)
    local = [pair for pair in pairs if not pair.agrees and _is_own_to_each(pair.key, answer, venue)]
    found = [_of_venue(pair, venue, refused) for pair in pairs if not pair.agrees and pair not in local]
    client, mode = deployment.client.name, answer.mode(venue)
    if keys := ", ".join(follows(answer, deployment, venue)):
        then = f"; then change in clients/{client}.yaml: {keys}"
        found = [replace(one, why=one.why + then) if one.key == "encryption_domain" else one for one in found]
    found += [_of_client(pair, client, mode, refused) for pair in about_us if not pair.agrees]
    networks = answer.remote_networks or venue.remote_networks
    calls = list(called_pairs(answer.inbound or (), deployment.groups[venue.name][0], networks, address))
    found += [_of_call(pair, client) for pair in calls if not pair.agrees]
    return Compared(
        differences=(*found, *_consequences(refused, {one.key for one in found})),
        own_to_each=(*map(_own_to_each, local), *(_of_lists(one) for one in agreed if not one.is_whole)),
        agreed=sum(pair.agrees for pair in (*pairs, *about_us))
        + sum(call.agrees for call in calls)
        + sum(one.keys for one in agreed),
        unanswered=unanswered,
    )


def _by_our_names(said: Sequence[Answered], ours: Sequence[Endpoint]) -> tuple[Answered, ...]:
    """The endpoints with the names that our file has for them; the venue's own where ours has no such endpoint."""
    left, found = list(ours), dict[int, str]()
    for is_same in _SAME_ENDPOINT:
        for index, one in enumerate(said):
            alike = [mine for mine in left if index not in found and is_same(one, mine)]
            if len(alike) == 1:
                left.remove(alike[0])
                found[index] = alike[0].name
    # A venue that permits a probe asks for none: only a no says something.
    return tuple(
        one.model_copy(update={"name": found.get(index, one.name), "probe": None if one.probe else one.probe})
        for index, one in enumerate(said)
    )


def _is_there(said: Answered, mine: Endpoint) -> bool:
    return (said.host, said.port) == (mine.host, mine.port)


def _is_called(said: Answered, mine: Endpoint) -> bool:
    return said.name.lower() == mine.name


def _may_be_there(said: Answered, mine: Endpoint) -> bool:
    known = {said.host: mine.host, said.port: mine.port}
    return any(known) and all(given in (None, own) for given, own in known.items())


_SAME_ENDPOINT: tuple[Callable[[Answered, Endpoint], bool], ...] = (
    lambda said, mine: _is_there(said, mine) and _is_called(said, mine),
    _is_there,
    _is_called,
    _may_be_there,
)
"""The surest sign first; each counts where it holds for one endpoint alone."""


def _pairs(answer: Answer, venue: Venue) -> list[Pair]:
    placed = ((str(path[0]), one) for path, one in venue.placed_endpoints())
    ours = dict(_flat(venue)) | {(kind, one.name, "probe"): not one.why_unprobed for kind, one in placed}
    said = {key: value for key, value in _flat(answer) if value is not None and key[0] not in (*LABELS, *OF_US)}
    if _version(answer, venue) == 2:
        said.pop(("ike", "mode"), None)
    both = {**ours, **said}
    pairs = [_pair(key, ours, said, both) for key in said]
    session = answer.session
    if session and session.is_weekly != isinstance(venue.session, WeeklySession):
        # The two kinds have other keys: one of days beside one of times says nothing.
        pairs = [pair for pair in pairs if pair.key[0] != "session"]
        pairs.append(Pair(key=("session",), ours=venue.session, theirs=session))
    return pairs


def _flat(part: Part, path: Key = ()) -> Iterator[tuple[Key, Any]]:
    """Every value by its key; FIX endpoints go by their names, whatever their order."""
    for attribute, field in type(part).model_fields.items():
        value, name = getattr(part, attribute), field.alias or attribute
        if isinstance(value, Part):
            yield from _flat(value, (*path, name))
        elif name in ("fix", "services"):
            for endpoint in value or ():
                yield from (one for one in _flat(endpoint, (name, endpoint.name)) if one[0][-1] != "name")
        else:
            yield (*path, name), value


def _pair(key: Key, ours: Mapping[Key, Any], said: Mapping[Key, Any], both: Mapping[Key, Any]) -> Pair:
    mine: Any = ours.get(key)
    theirs = said[key]
    if key[-1] == "id":
        address = (*key[:-1], "address")
        ids = _identity(mine, ours.get(address)), _identity(theirs, both.get(address))
        return Pair(key=key, ours=ids[1] if _is_same(*ids) else ids[0], theirs=ids[1])
    if key == ("esp", "proposal") and (mine.group is None) != (theirs.group is None):
        return Pair(key=key, ours=_with_group(mine, ours), theirs=_with_group(theirs, both))
    if key[-1] == "lifetime" and mine and min(theirs, LONGEST_LIFETIME) == min(mine, LONGEST_LIFETIME):
        return Pair(key=key, ours=theirs, theirs=theirs)  # we offer the longest that an engine has
    if key == ("esp", "pfs_group"):
        groups = dict.fromkeys(ours["esp", "proposal"].group or one.group for one in _offered(ours))
        return Pair(key=key, ours=theirs if theirs in groups else ", ".join(map(str, groups)), theirs=theirs)
    if key == ("session", "timezone"):
        return Pair(key=key, ours=ZoneInfo(mine), theirs=ZoneInfo(theirs))
    return Pair(key=key, ours=mine, theirs=theirs)


def _offered(ours: Mapping[Key, Any]) -> tuple[Proposal, ...]:
    return (ours["ike", "proposal"], *ours["ike", "alternatives"])


def _identity(value: str | None, address: Any) -> str:
    return _ITS_ADDRESS if value is None or value == str(address) else value


def _is_same(one: str, other: str) -> bool:
    """As engines compare: a name in any case, a key id however it is written."""
    return one == other or (_ITS_ADDRESS not in (one, other) and meaning(one) == meaning(other))


def _with_group(proposal: Proposal, values: Mapping[Key, Any]) -> Proposal:
    """With PFS a proposal of phase 2 that names no group means phase 1's."""
    first = values["ike", "proposal"].group
    return replace(proposal, group=proposal.group or first) if values["esp", "pfs"] else proposal


def _meant(value: Any) -> Any:
    if isinstance(value, Window):
        return (frozenset(value.days), value.start, value.end, clock(value.zone))
    if isinstance(value, WeeklySession):
        return (value.from_, value.to, clock(value.zone))
    if isinstance(value, Break):
        return (frozenset(value.days), value.start, value.end)
    if isinstance(value, ZoneInfo):
        return clock(value)
    if isinstance(value, Contact):
        return (value.name, (value.email or "").lower(), re.sub("[ ()-]", "", value.phone or ""))
    return frozenset(map(_meant, value)) if isinstance(value, tuple | list) else value


def _of_us(answer: Answer, deployment: Deployment, venue: Venue, address: str | None) -> Iterator[Pair]:
    """What the venue noted about us, beside what we are; what is not known yet is left out."""
    tunnels = deployment.groups[venue.name]
    ids = tuple(dict.fromkeys(one for tunnel in tunnels for one in tunnel.tunnel.sender_comp_ids))
    first = _first_of_ours(tunnels[0], answer.mode(venue), address)
    facts: dict[str, Any] = {
        "public_address": address,
        "identity": _our_identity(tunnels, address, answer),
        "encryption_domain": tuple(map(str, (first, *tunnels[0].more_networks))) if first else (),
        "sender_comp_ids": ids,
    }
    for key, fact in facts.items():
        said = getattr(answer.ours, key, None)
        if said is not None:
            pair = Pair(
                key=("ours", key), ours=fact, theirs=tuple(map(str, said)) if isinstance(said, tuple) else str(said)
            )
            if fact or _is_theirs_to_give(pair, answer.mode(venue)):
                yield pair


def _first_of_ours(tunnel: Connection, mode: DomainMode, address: str | None) -> object:
    """What the gateway owns, if the venue's file said what it answered; None where that is not known."""
    if tunnel.local_network and mode != "elastic-ip":
        return tunnel.local_network
    return f"{address}/32" if address and (mode == "elastic-ip" or not tunnel.awaits_address) else None


def _our_identity(tunnels: Sequence[Connection], address: str | None, answer: Answer) -> str | None:
    """Ours that the venue has noted, however it is spelled; all that we have where it has noted another."""
    said = answer.ours and answer.ours.identity
    ours = dict.fromkeys(one.tunnel.local_id or address or "" for one in tunnels)
    known = [one for one in ours if one]
    return said if said and meaning(said) in map(meaning, known) else ", ".join(known) or None


def _is_theirs_to_give(pair: Pair, mode: DomainMode) -> bool:
    """A name for us is the venue's choice, mostly; an address is ours alone."""
    key = pair.key[-1]
    is_name = key == "identity" and kind_of(pair.theirs) != "IPv4 address"
    return is_name or key == "sender_comp_ids" or (key == "encryption_domain" and mode == "assigned")


def _is_own_to_each(key: Key, answer: Answer, venue: Venue) -> bool:
    """Timers that the two ends do not negotiate: of DPD (RFC 3706), and lifetimes in IKEv2 (RFC 7296, section 2.8)."""
    return key[0] == "dpd" or (key[-1] == "lifetime" and _version(answer, venue) == 2)


def _version(answer: Answer, venue: Venue) -> int:
    return (answer.ike and answer.ike.version) or venue.ike.version


def _of_lists(one: Agreement) -> Difference:
    key, ours, theirs = f"{one.phase}.proposal", _shown(one.ours), _shown(one.theirs)
    return Difference(key=key, ours=ours, theirs=theirs, who="neither side", why=one.why)


def _own_to_each(pair: Pair) -> Difference:
    why = "each end has its own: leave ours as it is"
    return Difference(
        key=dotted(pair.key), ours=_shown(pair.ours), theirs=_shown(pair.theirs), who="neither side", why=why
    )


def _of_venue(pair: Pair, venue: Venue, refused: Mapping[str, str]) -> Difference:
    name, who = dotted(pair.key), _WE
    why = f"it is the venue's own: write it into venues/{venue.name}.yaml"
    if name in refused:
        who, why = _ASK, f"as answered it {refused[name]}"
    elif pair.key[-1] == "id" and is_reordered(str(pair.ours), str(pair.theirs)):
        why = "the same parts in another order: equipment prints a name both ways round; compare the gateway's certificate or log"
    elif name == "esp.pfs_group":
        why = f"both ends must have the same: write {pair.theirs} behind a ';' in esp.proposal of venues/{venue.name}.yaml"
    elif pair.key[0] in _NEGOTIATED:
        why = f"both ends must have the same, and the venue's form decides: write it into venues/{venue.name}.yaml"
    return Difference(key=name, ours=_shown(pair.ours), theirs=_shown(pair.theirs), who=who, why=why)


_WE: Who = "we change our file"
_ASK: Who = "ask the venue for another value"


def _of_client(pair: Pair, client: str, mode: DomainMode, refused: Mapping[str, str]) -> Difference:
    name, who = dotted(pair.key), _WE
    why = f"the venue gave it: write it into clients/{client}.yaml"
    if name == "ours.identity":
        why += " as local_id of the tunnel, or ask the venue to note our public address"
    if name in refused:
        who, why = _ASK, f"as answered it {refused[name]}"
    elif pair.key[-1] == "encryption_domain" and mode == "assigned":
        why += _where(*(tuple(map(IPv4Network, one)) for one in (pair.ours, pair.theirs)))
    elif not _is_theirs_to_give(pair, mode):
        who, why = "the venue corrects its form", "it is ours, and it is as our side says: tell the venue"
    return Difference(key=name, ours=_shown(pair.ours), theirs=_shown(pair.theirs), who=who, why=why)


def _of_call(pair: CallPair, client: str) -> Difference:
    """The networks are the venue's to give, address and port are ours."""
    who, why = _WE, f"the venue gave it: write it into inbound of the tunnel in clients/{client}.yaml"
    if not pair.key:
        why = f"our file names no such call: write it, with the host that it leads to, into inbound of clients/{client}.yaml"
    elif pair.is_outside:
        who, why = _ASK, "it lies outside the venue's encryption domain, so no call from it comes through the tunnel"
    elif pair.key != "from":
        who, why = "the venue corrects its form", "it is ours, and it is as our side says: tell the venue"
    key = ".".join(filter(None, ("inbound", pair.name, pair.key)))
    return Difference(key=key, ours=_shown(pair.ours), theirs=_shown(pair.theirs), who=who, why=why)


def _where(ours: tuple[IPv4Network, ...], theirs: tuple[IPv4Network, ...]) -> str:
    """As which keys of a tunnel."""
    if ours and all(any(one.subnet_of(own) for own in ours) for one in theirs):
        narrower = "it is narrower than ours, and both ends must have the same"
        return f"; {narrower}: the gateway's address as local_network, those of single hosts as seen_as of mapped_hosts"
    if any(one.prefixlen < SMALL for one in theirs):
        return " as local_network, and the address in it that the gateway owns as source_address"
    return (
        " as local_network; further addresses, for single hosts, as seen_as of mapped_hosts" if len(theirs) > 1 else ""
    )


SMALL = 30
"""A longer prefix has one address that the gateway could own, and needs no `source_address`."""


def _consequences(refused: Mapping[str, str], known: set[str]) -> Iterator[Difference]:
    """What is wrong in our file once it has the venue's answer, though the venue did not speak of it."""
    for key, wrong in refused.items():
        if key not in known:
            moves = key.endswith(".port") and "esp.selector" in known and " is not the one of " in f" {wrong}"
            why = _MOVES if moves else f"beside the rest of the answer it {wrong}"
            yield Difference(key=key, ours="as it is", theirs="", who=_ASK, why=why)


_MOVES = "the answered selector has another port: ask whether this one moves with it"


def _shown(value: Any) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(_shown, value))
    if isinstance(value, Part):
        return " ".join(_shown(one) for one in value.model_dump().values() if one is not None)
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
