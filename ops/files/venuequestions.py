"""What a venue's VPN form asks, a question for each of its lines; in a list commas part the entries, spaces their parts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from model.calendar import DAYS
from model.faults import Fault
from model.faults import Path as Key
from model.venue import PEER_LABELS
from ops.files.interview import Interview, Question
from ops.files.newvenue import NewVenue, faults
from ops.files.yamltext import flow
from ops.form import spelling

VenueQuestion = Question[NewVenue]
_FIX = ("name", "host", "port", "target_comp_id", "version", "role")
_ROLES = "ROLE is primary (if you write none), secondary or disaster-recovery."
_SERVICE = ("name", "host", "port", "role")


def venue_interview(draft: NewVenue, *, venues: Path, asking: bool) -> Interview[NewVenue]:
    """The interview for a venue."""

    def check(venue: NewVenue) -> tuple[Fault, ...]:
        return faults(venue, venues=venues)

    return Interview(draft=draft, asking=asking, check=check)


def questions(draft: NewVenue) -> Iterator[VenueQuestion]:
    """Each line of a form, in the order of forms, with what the draft knows of it already."""
    yield _simple(
        ("description",),
        str,
        "--description",
        "The venue in a few words, such as 'Meridian Exchange, order entry'",
        "Only you read it, and the venue in its form.",
        known=draft,
    )
    yield _simple(
        ("environment",),
        spelling.word,
        "--environment",
        "test or production",
        "Production means that orders are real. check and deploy then want a pinned image if the client's file has an account.",
        known=draft,
    )
    yield _peers(draft)
    yield _peer_ids(draft)
    yield _simple(
        ("remote_networks",),
        lambda text: [spelling.network(one) for one in _entries(text)],
        "--remote-network",
        "The venue's networks, such as 10.230.0.0/24, separated by commas",
        "What is behind its gateways. Forms call it encryption domain, protected network, proxy ID or interesting traffic.",
        known=draft,
    )
    yield from _phase_1(draft)
    yield from _phase_2(draft)
    yield _simple(
        ("encryption_domain",),
        spelling.word,
        "--encryption-domain",
        "elastic-ip, private or assigned",
        "As which address the venue sees you inside the tunnel: your public one, one that you chose, or one that it gave you.",
        known=draft,
    )
    yield from _endpoints(draft)
    yield from _times(draft)
    yield _contact(draft)


def _phase_1(draft: NewVenue) -> Iterator[VenueQuestion]:
    yield _simple(
        ("ike", "version"),
        spelling.ike_version,
        "--ike-version",
        "IKE version, 1 or 2",
        "Forms say IKEv1 or IKEv2. Main mode, ISAKMP and 'crypto isakmp' mean version 1.",
        known=draft,
        needed=False,
    )
    yield _proposals(
        draft,
        "ike",
        "Phase 1: cipher, hash and group, such as aes256-sha2_256;modp2048; several with 'or' between them",
        "Forms call phase 1 also IKE SA, ISAKMP policy or IKE crypto profile. A form's own spelling will do.",
    )
    yield _lifetime(draft, "ike", "Phase 1 lifetime, such as 28800s or 8h")


def _phase_2(draft: NewVenue) -> Iterator[VenueQuestion]:
    yield _proposals(
        draft,
        "esp",
        "Phase 2: cipher and hash, such as aes256-sha2_256; several with 'or' between them",
        "Forms call phase 2 also IPsec SA, child SA, ESP, transform set or IPsec crypto profile.",
    )
    yield _lifetime(draft, "esp", "Phase 2 lifetime, such as 3600s or 1h")
    yield VenueQuestion(
        words="Perfect forward secrecy: yes or no, or its group",
        flag="--pfs",
        about=r"esp\.pfs",
        explained="PFS, or a DH group in phase 2: a key exchange of its own for each SA that carries traffic.",
        take=_with_pfs,
        known=_known(draft, ("esp", "pfs")),
    )
    yield _simple(
        ("esp", "selector"),
        spelling.selector,
        "--selector",
        "Protocol and port of the selectors, such as tcp/9001 (empty: all traffic)",
        "Only where the form's ACL, crypto map or proxy ID names a port.",
        known=draft,
        needed=False,
    )


def _endpoints(draft: NewVenue) -> Iterator[VenueQuestion]:
    yield _simple(
        ("fix",),
        lambda text: [_endpoint(one, _FIX) for one in _entries(text)],
        "--fix",
        "FIX acceptors as NAME HOST:PORT COMPID [VERSION [ROLE]], separated by commas (empty: no FIX)",
        "Such as 'orders 10.230.0.20:9001 MERIDIAN FIX.4.4'. NAME is yours, without a space. The CompID is the venue's own, its "
        f"SenderCompID. {_ROLES} With 'unprobed' at the end the gateway never connects to it.",
        known=draft,
        needed=False,
    )
    yield _simple(
        ("services",),
        lambda text: [_endpoint(one, _SERVICE) for one in _entries(text)],
        "--service",
        "Other ports as NAME HOST:PORT [ROLE], separated by commas (empty: none)",
        "Market data, files, settlement: what is not FIX. A port is 443, a range 7001-7004, or of UDP udp/5000. "
        f"{_ROLES} With 'unprobed' at the end the gateway never connects to it.",
        known=draft,
        needed=False,
    )


def _times(draft: NewVenue) -> Iterator[VenueQuestion]:
    yield _simple(
        ("session",),
        _session,
        "--session",
        "Trading hours, such as mon-fri 07:00-17:30 Europe/London, or sun 17:00 - fri 16:00 America/New_York",
        "Alarms are muted outside them, and nothing restarts inside. Hours that end before they begin run past midnight.",
        known=draft,
    )
    yield _simple(
        ("maintenance",),
        lambda text: [_window(one) for one in _entries(text)],
        "--maintenance",
        "When the venue may be away, written alike, separated by commas (empty: not known)",
        "Its maintenance windows.",
        known=draft,
        needed=False,
    )


def _simple(
    key: Key,
    value: Callable[[str], Any],
    flag: str,
    words: str,
    explained: str,
    *,
    known: NewVenue | None = None,
    needed: bool = True,
) -> VenueQuestion:
    """A question whose answer is the value of a key."""
    return VenueQuestion(
        words=words,
        flag=flag,
        about=re.escape(".".join(map(str, key))) + r"(\..*)?",
        take=lambda draft, answer: draft.having(key, value(answer)) if answer else draft,
        is_needed=needed,
        explained=explained,
        known=_known(known, key) if known else "",
    )


def _known(draft: NewVenue, key: Key) -> str:
    found = draft.at(key)
    if isinstance(found, bool):
        return "yes" if found else "no"
    return found if isinstance(found, str) else "" if found is None else flow(found)


def _lifetime(draft: NewVenue, phase: str, words: str) -> VenueQuestion:
    explained = (
        "Forms say SA lifetime, rekey or key lifetime, in seconds, minutes or hours. Enter takes what is in brackets: if the "
        "form is silent, ask the venue."
    )
    key = (phase, "lifetime")
    return _simple(key, spelling.duration, f"--{phase}-lifetime", words, explained, known=draft, needed=False)


def _peers(draft: NewVenue) -> VenueQuestion:
    def take(venue: NewVenue, answer: str) -> NewVenue:
        for label, address in _labelled(answer):
            venue = venue.having(("peers", label, "address"), spelling.address(address))
        return venue

    return VenueQuestion(
        words="Public addresses of the venue's VPN gateways, the first one first, separated by commas",
        flag="--peer",
        about=r"peers(\.[^.]+(\.address)?)?",
        explained="Forms say peer, VPN endpoint or gateway. With labels: A=198.51.100.50, DR=198.51.100.60.",
        take=take,
        is_needed=True,
        known=_known(draft, ("peers",)),
    )


def _peer_ids(draft: NewVenue) -> VenueQuestion:
    def take(venue: NewVenue, answer: str) -> NewVenue:
        for label, identity in _labelled(answer):
            venue = venue.having(("peers", label, "id"), spelling.identity(identity))
        return venue

    return VenueQuestion(
        words="IKE identities of those gateways, as A=@vpn.example.com (empty: their addresses)",
        flag="--peer-id",
        about=r"peers\.[^.]+\.id",
        explained="Forms say local ID, peer ID or IKE ID. It matters where a gateway is behind a NAT, or says a name.",
        take=take,
    )


_DISTINGUISHED = re.compile(r"(^|[=,/\s])(CN|OU|O|ST|L)=")


def _labelled(answer: str) -> Iterator[tuple[str, str]]:
    """`A=…`; without labels in the order of forms. A distinguished name has commas and `=` of its own: it is a line alone."""
    entries = [
        one for line in answer.split("\n") for one in ([line] if _DISTINGUISHED.search(line) else line.split(","))
    ]
    for number, entry in enumerate(one.strip() for one in entries if one.strip()):
        label, _, value = entry.partition("=")
        is_label = re.fullmatch("[A-Z][A-Z0-9]*", label) and value
        if is_label and (not _DISTINGUISHED.search(entry) or re.match("/?[A-Z]+=", value)):
            yield label, value.strip()
        else:
            yield PEER_LABELS[min(number, len(PEER_LABELS) - 1)], entry


def _proposals(draft: NewVenue, phase: str, words: str, explained: str) -> VenueQuestion:
    def take(venue: NewVenue, answer: str) -> NewVenue:
        first, *others = list(_spelled(answer)) or [""]
        venue = venue.having((phase, "proposal"), first) if first else venue
        return venue.having((phase, "alternatives"), others) if others else venue

    return VenueQuestion(
        words=words,
        flag=f"--{phase}",
        about=rf"{phase}(\.proposal|\.alternatives(\..*)?)?",
        explained=explained,
        take=take,
        is_needed=True,
        known=_known(draft, (phase, "proposal")),
    )


def _spelled(answer: str) -> Iterator[str]:
    """Proposals, in our notation where that is possible. A comma is between two of them, or in one."""
    for entry in re.split(r"\s+or\s+|\n", answer):
        whole = spelling.proposal(entry)
        yield from [whole] if whole != entry else (spelling.proposal(one) for one in _entries(entry))


def _with_pfs(venue: NewVenue, answer: str) -> NewVenue:
    """A group in phase 2 is a part of its proposals."""
    wanted, group = spelling.pfs(answer)
    venue = venue.having(("esp", "pfs"), wanted) if answer else venue
    proposal, others = venue.at(("esp", "proposal")), venue.at(("esp", "alternatives"))
    if group and proposal:
        venue = venue.having(("esp", "proposal"), _grouped(proposal, group))
    return (
        venue.having(("esp", "alternatives"), [_grouped(one, group) for one in others]) if group and others else venue
    )


def _grouped(proposal: str, group: str) -> str:
    return proposal if ";" in proposal else f"{proposal};{group}"


def _endpoint(entry: str, keys: tuple[str, ...]) -> dict[str, Any]:
    """What is there by its key; what is too much stays with the last key, and is refused there."""
    words = _named(entry.split())
    probe = {"probe": False} if "unprobed" in [one.lower() for one in words[2:]] else {}
    words = [*words[:2], *(one for one in words[2:] if one.lower() != "unprobed")]
    if len(words) > 2 and words[2].lower() in ("tcp", "udp"):
        words[1:3] = [f"{words[1]}/{words[2]}"]
    name, place, *rest = [*words, *([""] if len(words) < 2 else [])]
    host, _, port = place.partition(":")
    values = [name, spelling.address(host), spelling.ports(port), *rest]
    values[len(keys) - 1 :] = [" ".join(map(str, values[len(keys) - 1 :]))] if len(values) >= len(keys) else []
    found = dict(zip(keys, values, strict=False))
    changes = {"version": spelling.fix_version, "role": spelling.word}
    return {key: changes[key](str(one)) if key in changes else one for key, one in found.items() if one != ""} | probe


def _named(words: list[str]) -> list[str]:
    """What is before the address is the name: with a space in it the name is wrong, and nothing else."""
    at = next((number for number, word in enumerate(words) if re.match(r"[0-9]+(\.[0-9]+){3}", word)), 1)
    return [" ".join(words[:at]), *words[at:]] if at > 1 else words


_WINDOW = re.compile(r"([a-z /-]*?)\s*([0-9:]+)\s*(?:-|–|to|\s)\s*([0-9:]+)\s*(.*)", re.IGNORECASE)


_WEEK = re.compile(r"([a-z]{3})\w* ([0-9:]+)\s*(?:-|–|to)\s*([a-z]{3})\w* ([0-9:]+)\s*(.*)", re.IGNORECASE)


def _session(entry: str) -> dict[str, Any]:
    """One that lasts for days, `sun 17:00 - fri 16:00 America/New_York`, or a window."""
    found = _WEEK.fullmatch(entry.strip())
    if found is None:
        return _window(entry)
    first, start, last, end, zone = found.groups()
    return {
        "from": f"{first} {spelling.time(start)}",
        "to": f"{last} {spelling.time(end)}",
        "timezone": spelling.time_zone(zone),
    }


def _window(entry: str) -> dict[str, Any]:
    """`mon-fri 07:00-17:30 Europe/London`."""
    found = _WINDOW.fullmatch(entry.strip())
    if found is None:
        return {"start": entry}
    days, start, end, zone = found.groups()
    named = {"days": [day for one in re.split("[ /]+", days.lower().strip()) for day in _days(one)]} if days else {}
    return {**named, "start": spelling.time(start), "end": spelling.time(end), "timezone": spelling.time_zone(zone)}


def _days(text: str) -> list[str]:
    """`sun-thu` as its days."""
    first, _, last = text.partition("-")
    names: list[str] = list(DAYS)
    if not last or {first, last} - {*names}:
        return [text]
    week = [*names, *names][names.index(first) :]
    return week[: week.index(last) + 1]


def _contact(draft: NewVenue) -> VenueQuestion:
    def take(venue: NewVenue, answer: str) -> NewVenue:
        found = {"role": "VPN operations"}
        for word in _entries(answer):
            kind = "email" if "@" in word else "phone" if re.match(r"[+0-9]", word) else "name"
            found[kind] = f"{found[kind]}, {word}" if kind in found else word
        return venue.having(("contacts",), [found]) if answer else venue

    return VenueQuestion(
        words="VPN operations at the venue: name, mail address, telephone, separated by commas (empty: not known)",
        flag="--contact",
        about=r"contacts(\..*)?",
        explained="Whom you call when the tunnel is down.",
        take=take,
        known=_known(draft, ("contacts",)),
    )


def _entries(answer: str) -> list[str]:
    return [entry.strip() for entry in re.split(r"[,\n]", answer) if entry.strip()]
