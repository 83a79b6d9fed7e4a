"""What cannot be in a venue's answer: values that the rules refuse, once they lie over the files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from ipaddress import IPv4Network
from itertools import takewhile
from pathlib import Path
from typing import Any

from model.client_rules import check_client
from model.deployment import Connection, Deployment
from model.faults import Fault
from model.reading import read_model
from model.rules import Case
from model.source import Source
from model.venue import Venue
from model.venue_rules import check_venue
from ops.form.answer import LABELS, OF_US, Answer

# No file says it yet, so no line is shown with it.
_NO_FILE = Source(file="", folder=Path(), data={})


def refused_of_venue(answer: Answer, deployment: Deployment, venue: Venue) -> dict[str, str]:
    """What is wrong or weak in the venue's file as the answer would have it, by its key; a clash with our own file too."""
    merged = _laid_over(venue.model_dump(by_alias=True), _said(answer))
    names = {key: [endpoint["name"] for endpoint in merged[key]] for key in ("fix", "services")}
    # The venue's own name for one is no name of a file's, mostly; the rules are to read the rest of it all the same.
    ours = {one.name for one in venue.endpoints}
    for key, called in names.items():
        known = [one if one in ours else f"answered-{number}" for number, one in enumerate(called)]
        merged[key] = [{**one, "name": name} for one, name in zip(merged[key], known, strict=True)]
    found = _new(check_venue(venue, _NO_FILE), _broken_in(merged))
    return _clashes(answer, deployment, venue) | {_by_name(fault.key, names): fault.message for fault in found}


def _said(answer: Answer) -> dict[str, Any]:
    apart: dict[str, Any] = dict.fromkeys((*LABELS, *OF_US, "dpd"), True)
    return answer.model_dump(by_alias=True, exclude_none=True, exclude={**apart, "esp": {"pfs_group"}})


def _clashes(answer: Answer, deployment: Deployment, venue: Venue) -> dict[str, str]:
    """The answered addresses that our file, or another venue's, cannot go together with; each alone."""
    client, said, before = deployment.client.name, _said(answer), _check(deployment)
    alone = {f"peers.{label}.address": {"peers": {label: peer}} for label, peer in said.get("peers", {}).items()}
    if "remote_networks" in said:
        alone["remote_networks"] = {"remote_networks": said["remote_networks"]}
    clashes = {}
    for key, part in alone.items():
        found = _new(before, _check(_with_venue(deployment, venue, part)))
        if errors := [one for one in found if one.severity == "error"]:
            clashes[key] = f"does not go with clients/{client}.yaml: {errors[0].key} {errors[0].message}"
    return clashes


def _with_venue(deployment: Deployment, venue: Venue, said: dict[str, Any]) -> Deployment:
    """As it is if the venue's file says this; with values that make no venue, as it is now."""
    content = read_model(Venue, replace(_NO_FILE, data=_laid_over(venue.model_dump(by_alias=True), said)))
    if content.model is None or content.faults:
        return deployment
    answered = content.model

    def joined(connection: Connection) -> Connection:
        peer = answered.peers.get(connection.tunnel.peer)
        if peer is None or connection.venue.name != venue.name:
            return connection
        return replace(connection, venue=answered, peer=peer)

    return replace(deployment, connections=tuple(map(joined, deployment.connections)))


def _broken_in(merged: Any) -> list[Fault]:
    """What the rules say of a venue's file that would have this content; an endpoint of the answer's may have gaps."""
    content = read_model(Venue, replace(_NO_FILE, data=merged))
    return check_venue(content.model, _NO_FILE, content.faulty) if content.model else []


def refused_of_us(answer: Answer, deployment: Deployment, venue: Venue) -> dict[str, str]:
    """What is wrong with the address that the venue assigned to us, beside its own addresses as answered."""
    networks = answer.ours.encryption_domain if answer.ours else None
    if networks is None or answer.mode(venue) != "assigned":
        return {}
    said = {
        key: value for key, value in _said(answer).items() if key in ("encryption_domain", "peers", "remote_networks")
    }
    deployment = _with_venue(deployment, venue, said)
    tunnel = deployment.groups[venue.name][0]
    known = [one for one in (tunnel.local_network, *tunnel.more_networks) if one]
    before = _check(deployment)
    for one in networks:
        # What lies in our encryption domain is ours; whether the gateway or a host has it changes nothing in the venue's eyes.
        if not any(one.subnet_of(own) for own in known):
            found = _new(before, _check(_known_by(deployment, venue, one)))
            errors = [fault for fault in found if fault.severity == "error" and fault.key.endswith(".local_network")]
            if errors:
                return {"ours.encryption_domain": errors[0].message}
    return {}


def _known_by(deployment: Deployment, venue: Venue, network: IPv4Network) -> Deployment:
    """As it is if this venue knew us by this network alone."""
    said = {"local_network": network, "source_address": None, "host_networks": (), "mapped_hosts": ()}

    def known(connection: Connection) -> Connection:
        if connection.venue.name != venue.name:
            return connection
        return replace(connection, tunnel=connection.tunnel.model_copy(update=said))

    connections = tuple(map(known, deployment.connections))
    client = deployment.client.model_copy(update={"tunnels": tuple(one.tunnel for one in connections)})
    return replace(deployment, client=client, connections=connections)


def follows(answer: Answer, deployment: Deployment, venue: Venue) -> tuple[str, ...]:
    """The keys of the client's file that are wrong once the venue's file says the answered encryption domain."""
    if answer.encryption_domain in (None, venue.encryption_domain):
        return ()
    said = {"encryption_domain": answer.encryption_domain}
    found = _new(_check(deployment), _check(_with_venue(deployment, venue, said)))
    return tuple(dict.fromkeys(one.key for one in found if one.severity == "error"))


def _check(deployment: Deployment) -> list[Fault]:
    paths = tuple(("tunnels", index) for index in range(len(deployment.connections)))
    return check_client(Case(deployment, _NO_FILE, paths, is_deployed=False))


def _new(before: Iterable[Fault], after: Iterable[Fault]) -> list[Fault]:
    known = set(before)
    return [fault for fault in after if fault not in known and fault.key != "name"]


def _laid_over(mine: Any, said: Any) -> Any:
    """The answer over our file; FIX endpoints go by their names."""
    if isinstance(said, dict) and isinstance(mine, dict):
        if {"from", "to"} & said.keys() and not {"from", "to"} & mine.keys():
            mine = {"timezone": mine.get("timezone")}  # a session of the other kind, which has other keys
        elif {"days", "start", "end"} & said.keys() and "from" in mine:
            mine = {"timezone": mine.get("timezone")}
        return mine | {key: _laid_over(mine.get(key), value) for key, value in said.items()}
    if _is_named(said) and _is_named(mine):
        answered = {one["name"]: one for one in said}
        old = [_laid_over(one, answered.pop(one["name"], {})) for one in mine]
        return [*old, *answered.values()]
    return said


def _is_named(value: Any) -> bool:
    return (
        isinstance(value, tuple | list)
        and bool(value)
        and all(isinstance(one, dict) and "name" in one for one in value)
    )


def _by_name(key: str, names: Mapping[str, list[str]]) -> str:
    """`fix.0.host` as `fix.primary.host`, `ike.alternatives.1` as `ike.alternatives`: as a difference names it."""
    holder, *rest = key.split(".")
    if holder in names and rest and rest[0].isdigit():
        return ".".join([holder, names[holder][int(rest[0])], *rest[1:]])
    return ".".join([holder, *takewhile(lambda part: not part.isdigit(), rest)])
