"""Checking files: every fault that the model finds, and what works and is weak: what to ask the venue for.

RFC 8247 and RFC 8221 (algorithms for IKEv2 and ESP), RFC 9395 (IKEv1 is deprecated), NIST SP 800-131A (SHA-1).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from os.path import lexists
from pathlib import Path

from model.client import Client
from model.deployment import Deployment
from model.faults import Fault, InvalidInput, nearest
from model.folders import file_names
from model.load import Venues, survey
from model.source import Source, read, typed_here
from model.venue import Venue
from ops.failure import BadInput
from ops.files.trading_hours import dates_end, in_words
from userdata.agent_keys import FILE, ends_soon
from userdata.size import check_size

_SMALL_GROUPS = ("modp1024", "modp1536")


def advise_venue(venue: Venue, source: Source) -> list[Fault]:
    """Warnings of a venue's settings that a better venue would not impose."""
    return [fault for rule in _VENUE for fault in rule(venue, source)]


def advise_client(client: Client, source: Source) -> list[Fault]:
    """Warnings of a client's choices."""
    return [fault for rule in _CLIENT for fault in rule(client, source)]


def _ikev1(venue: Venue, source: Source) -> Iterator[Fault]:
    if venue.ike.version == 1:
        message = "is IKEv1, which RFC 9395 deprecates; ask the venue for IKEv2 (version: 2)"
        yield source.fault(("ike", "version"), message, severity="warning")


def _sha1(venue: Venue, source: Source) -> Iterator[Fault]:
    for path, proposal in venue.proposals("ike", "esp"):
        if proposal.integrity == "sha1":
            message = f"uses SHA-1, which NIST retires at the end of 2030; ask the venue for {proposal.better}, or for AES-GCM"
            yield source.fault(path, message, severity="warning")


def _small_group(venue: Venue, source: Source) -> Iterator[Fault]:
    for path, proposal in venue.proposals("ike", "esp"):
        if proposal.group == "modp1536":
            message = f"uses a small Diffie-Hellman group (RFC 8247); ask the venue for {proposal.better}"
            yield source.fault(path, message, severity="warning")


def _no_pfs(venue: Venue, source: Source) -> Iterator[Fault]:
    if not venue.esp.pfs:
        message = "means that one broken key opens all traffic of its IKE SA; ask the venue for PFS"
        yield source.fault(("esp", "pfs"), message, severity="warning")


def _psk_in_ikev1(venue: Venue, source: Source) -> Iterator[Fault]:
    for path, proposal in venue.proposals("ike") if venue.ike.version == 1 else ():
        if proposal.group not in _SMALL_GROUPS:
            continue
        message = "lets anyone who records the negotiation guess the PSK; agree on 32 characters or more"
        yield source.fault(path, message, severity="warning")


def _old_engine(client: Client, source: Source) -> Iterator[Fault]:
    gateway = client.gateway
    if gateway.engine == "openswan":
        message = "has had no release since 2021 (CVE-2018-15836, CVE-2019-10155); write libreswan, its maintained fork"
        yield source.fault(("gateway", "engine"), message, severity="warning")
    elif gateway.image == "debian-12":
        message = (
            "brings libreswan 4.10 (CVE-2023-38710, CVE-2023-38711, CVE-2023-38712); write debian-13, which has 5.2"
        )
        yield source.fault(("gateway", "image"), message, severity="warning")


def _one_gateway(deployment: Deployment, source: Source) -> Iterator[Fault]:
    """Where a second one would keep sessions: of hosts that trade with a production venue, from an account of one's own."""
    client = deployment.client
    is_production = any(venue.environment == "production" for venue in deployment.venues)
    if client.account and client.trading_hosts and is_production and not client.gateway.standby:
        message = (
            "is missing: if this gateway's host or zone fails, trading stops for minutes to hours; a second gateway in another "
            f"zone takes over within seconds, and sessions are kept; fixtunnel cost {client.name} says what it costs"
        )
        yield source.fault(("gateway", "standby"), message, severity="warning")


def _nobody_told(client: Client, source: Source) -> Iterator[Fault]:
    if client.alarm_email is None and not client.alarm_topics:
        message = "is missing: no alarm reaches a person; write one address, or alarm_topics"
        yield source.fault(("alarm_email",), message, severity="warning")


def _weak_psk(client: Client, source: Source) -> Iterator[Fault]:
    for index, tunnel in enumerate(client.tunnels):
        if tunnel.weak_psk:
            message = (
                "means a PSK that can be guessed by anyone who records a negotiation; agree with the venue on 32 characters "
                "or more, then: fixtunnel secret rotate"
            )
            yield source.fault(("tunnels", index, "weak_psk"), message, severity="warning", of_key=True)


def _address_as_comp_id(client: Client, source: Source) -> Iterator[Fault]:
    """An answer to another question, mostly. The FIX specification allows it."""
    for index, tunnel in enumerate(client.tunnels):
        for place, comp_id in enumerate(tunnel.sender_comp_ids):
            if re.fullmatch(r"[0-9]{1,3}(\.[0-9]{1,3}){3}", comp_id):
                message = "looks like an address; ask the venue whether it is your CompID"
                yield source.fault(("tunnels", index, "sender_comp_ids", place), message, severity="warning")


def _dates_end(venue: Venue, source: Source) -> Iterator[Fault]:
    if said := dates_end(venue, datetime.now(UTC)):
        yield source.fault(("calendar", "until"), said, severity="warning")


_VENUE: tuple[Callable[[Venue, Source], Iterator[Fault]], ...] = (
    _ikev1,
    _sha1,
    _small_group,
    _psk_in_ikev1,
    _no_pfs,
    _dates_end,
)
_CLIENT: tuple[Callable[[Client, Source], Iterator[Fault]], ...] = (
    _old_engine,
    _nobody_told,
    _weak_psk,
    _address_as_comp_id,
)


def check_files(
    files: Sequence[str], *, clients: Path, venues: Path, origins: Mapping[str, str] | None = None
) -> list[Fault]:
    """Every fault and all advice, each once; no file: all clients, with the venues that they name.

    `origins` says who named a folder.

    Raises:
        BadInput: a name is neither a file nor a client.
    """
    if not files:
        return _unique([*_check_clients(clients, venues, (), origins), *_agent_keys(datetime.now(UTC))])
    paths = [path_of(name, clients, venues) for name in files]
    of_venues = [path for path in paths if _is_venue(path, clients, venues)]
    ours = [path for path in paths if path not in of_venues]
    found: list[Fault] = []
    for folder in dict.fromkeys(path.parent for path in ours):
        found += _check_clients(folder, venues, [path.stem for path in ours if path.parent == folder], origins)
    for path in of_venues:
        found += _check_venue(path)
    return _unique([*found, *(_agent_keys(datetime.now(UTC)) if ours else [])])


def hours_in_words(files: Sequence[str], *, clients: Path, venues: Path, at: datetime) -> list[str]:
    """What was understood of the hours of each venue in these files, without those that have faults."""
    paths = [path_of(name, clients, venues) for name in files] or [
        clients / f"{one}.yaml" for one in file_names(clients)
    ]
    known = Venues(venues)
    found: dict[str, Venue] = {}
    for path in paths:
        of_file = Venues(path.parent) if _is_venue(path, clients, venues) else known
        for name in _venue_names(path) if of_file is known else [path.stem]:
            content = of_file.get(name)
            file = typed_here(of_file.folder / f"{name}.yaml")
            is_whole = not any(fault.severity == "error" and fault.file == file for fault in of_file.faults)
            if content and content.model and is_whole:
                found[name] = content.model
    return [in_words(venue, at) for venue in found.values()]


def _venue_names(path: Path) -> list[str]:
    """The venues that a client file names; what is no name there is said elsewhere."""
    try:
        tunnels = read(path).data.get("tunnels")
    except (InvalidInput, AttributeError):
        return []
    named = [one.get("venue") for one in tunnels if isinstance(one, dict)] if isinstance(tunnels, list) else []
    return [name for name in named if isinstance(name, str)]


def _agent_keys(now: datetime) -> Iterator[Fault]:
    """No client's fault, and each client's matter."""
    if said := ends_soon(now):
        message = f"{said}; put AWS's next key here"
        yield Fault(file=typed_here(FILE), line=1, column=1, key="", value="", message=message, severity="warning")


def path_of(name: str, clients: Path, venues: Path) -> Path:
    """The file that is meant by a path, or by the name of a client or a venue. Raises BadInput where there is none."""
    candidates = [Path(name), *(folder / f"{name}.yaml" for folder in (clients, venues))]
    for path in candidates:
        # What cannot be read (a pipe, a link that leads nowhere) is there, and its reader says what is wrong with it.
        if lexists(path) and not path.is_dir():
            return path
    known = {name for folder in (clients, venues) for name in file_names(folder)}
    raise BadInput(f"{name} is neither a file nor a client nor a venue", advice=nearest(name, known))


def _is_venue(path: Path, clients: Path, venues: Path) -> bool:
    """What lies among the venues is one. Elsewhere a file's content says it: a venue has gateways, a client has tunnels."""
    if clients.resolve() != venues.resolve() and path.parent.resolve() in (clients.resolve(), venues.resolve()):
        return path.parent.resolve() == venues.resolve()
    try:
        data = read(path).data
    except InvalidInput:
        return path.parent.name == "venues"
    return isinstance(data, dict) and "tunnels" not in data and ("peers" in data or path.parent.name == "venues")


def _check_clients(clients: Path, venues: Path, names: Sequence[str], origins: Mapping[str, str] | None) -> list[Fault]:
    found = survey(clients=clients, venues=venues, selected=names, is_deployed=False, origins=origins)
    return [*found.faults, *(fault for one in found.sound for fault in _advice(one, clients, venues))]


def _advice(deployment: Deployment, clients: Path, venues: Path) -> Iterable[Fault]:
    client = deployment.client
    yield from check_size(deployment)
    source = read(clients / f"{client.name}.yaml")
    yield from advise_client(client, source)
    yield from _one_gateway(deployment, source)
    for venue in deployment.venues:
        yield from advise_venue(venue, read(venues / f"{venue.name}.yaml"))


def _check_venue(path: Path) -> list[Fault]:
    known = Venues(path.parent)
    content = known.get(path.stem)
    is_whole = not any(fault.severity == "error" for fault in known.faults)
    return [*known.faults, *(advise_venue(content.model, read(path)) if content and content.model and is_whole else [])]


def _unique(faults: Iterable[Fault]) -> list[Fault]:
    """Each once (a venue of two clients is read twice), by file and line, errors first in a line."""
    return sorted(dict.fromkeys(faults), key=lambda one: (one.file, one.line, one.column, one.severity))
