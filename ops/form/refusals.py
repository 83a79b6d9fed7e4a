"""What our checks would refuse if the files said what the venue answered: the rules themselves say it, beside the key."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from model.base import LENIENT
from model.case import Case
from model.client_rules import check_client
from model.deployment import Connection, Deployment
from model.faults import Fault
from model.source import Source
from model.venue import Venue
from model.venue_rules import check_venue
from ops.form.answer import Answer

# No file says it yet, so no line is shown with it.
_NO_FILE = Source(file="", folder=Path(), data={})


def refused_of_venue(answer: Answer, venue: Venue) -> dict[str, str]:
    """What is wrong or weak in the venue's file as the answer would have it, by its key."""
    said = answer.model_dump(exclude_none=True, exclude={"name", "ours", "dpd"})
    merged = _laid_over(venue.model_dump(), said)
    names = [endpoint["name"] for endpoint in merged["fix"]]
    found = _new(check_venue(venue, _NO_FILE), check_venue(Venue.model_validate(merged, context=LENIENT), _NO_FILE))
    return {_by_name(fault.key, names): fault.message for fault in found}


def refused_of_us(answer: Answer, deployment: Deployment, venue: Venue) -> dict[str, str]:
    """What is wrong with the address that the venue assigned to us."""
    network = answer.ours and answer.ours.encryption_domain
    if network is None or answer.mode(venue) != "assigned":
        return {}

    def assigned(connection: Connection) -> Connection:
        tunnel = connection.tunnel
        is_its = connection.venue.name == venue.name
        return replace(connection, tunnel=tunnel.model_copy(update={"local_network": network}) if is_its else tunnel)

    connections = tuple(map(assigned, deployment.connections))
    client = deployment.client.model_copy(update={"tunnels": tuple(one.tunnel for one in connections)})
    found = _new(_check(deployment), _check(replace(deployment, client=client, connections=connections)))
    errors = [one for one in found if one.severity == "error" and one.key.endswith(".local_network")]
    return {"ours.encryption_domain": errors[0].message} if errors else {}


def _check(deployment: Deployment) -> list[Fault]:
    paths = tuple(("tunnels", index) for index in range(len(deployment.connections)))
    return check_client(Case(deployment, _NO_FILE, paths, is_deployed=False))


def _new(before: Iterable[Fault], after: Iterable[Fault]) -> list[Fault]:
    known = set(before)
    return [fault for fault in after if fault not in known and fault.key != "name"]


def _laid_over(mine: Any, said: Any) -> Any:
    """The answer over our file; FIX endpoints go by their names."""
    if isinstance(said, dict) and isinstance(mine, dict):
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


def _by_name(key: str, names: list[str]) -> str:
    """`fix.0.host` as `fix.primary.host`, `remote_networks.1` as `remote_networks`: as a difference names it."""
    holder, _, rest = key.partition(".")
    number, _, last = rest.partition(".")
    if not number.isdigit():
        return key
    return f"{holder}.{names[int(number)]}.{last}" if holder == "fix" else holder
