"""The table of `model.effects` against the templates: each field is changed, alone, and the two stacks are compared."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest

from localaws.cloudformation.schemas import replacing
from model import effects
from model.base import Part
from model.client import Client
from model.effects import Effect
from model.faults import InvalidInput
from model.venue import Venue
from tests.literal import loaded
from tests.stacks.edits import CLIENT, OF_CLIENT, OF_VENUE, VENUE, WITH_HOSTS, Edits, place_of
from tests.stacks.synthesis import Stack, references, synthesise
from tests.unit.model.example import DEB, GONE, PUBLIC_KEY, edited, write

REGION = "us-east-1"  # whose schemas cfn-lint has first


@pytest.fixture(autouse=True)
def one_program(monkeypatch: pytest.MonkeyPatch) -> None:
    """The program on the gateway is no field: it stays what it is, whoever edits it meanwhile."""
    monkeypatch.setattr("stacks.gateway_stack.archive", lambda: b"the program")


def test_every_field_has_an_entry() -> None:
    assert set(_fields(Client)) == effects.CLIENT.keys()
    assert {re.sub(r"^peers\.\w+\.", "peers.", field) for field in _fields(Venue)} == effects.VENUE.keys()


def test_every_entry_has_a_test() -> None:
    assert effects.CLIENT.keys() == OF_CLIENT.keys()
    assert effects.VENUE.keys() == {*OF_VENUE, "name", "encryption_domain", "ike.mode"}


@pytest.mark.parametrize("field", effects.CLIENT)
def test_client(tmp_path: Path, field: str) -> None:
    before, edits = OF_CLIENT[field]
    assert _change(_stack(tmp_path, before), _stack(tmp_path, {**before, **edits})) == effects.CLIENT[field]


@pytest.mark.parametrize("field", OF_VENUE)
def test_venue(tmp_path: Path, field: str) -> None:
    after = _stack(tmp_path, WITH_HOSTS, {place_of(field): OF_VENUE[field]})
    assert _change(_stack(tmp_path, WITH_HOSTS), after) == effects.VENUE[field]


@pytest.mark.parametrize("label", ["B", "DR"])
@pytest.mark.parametrize("key", ["address", "id"])
def test_every_gateway_counts(tmp_path: Path, label: str, key: str) -> None:
    field = f"peers.{label}.{key}"
    after = _stack(tmp_path, {}, {field: OF_VENUE[f"peers.{key}"]})
    assert _change(_stack(tmp_path, {}), after) == Effect.REPLACE == effects.of_venue(field)


@pytest.mark.parametrize(("key", "value"), [("host", "192.0.2.31"), ("port", "5004"), ("name", "copies")])
def test_every_endpoint_counts(tmp_path: Path, key: str, value: str) -> None:
    """The gateway probes all of them, and each has its alarm: the second one's port is as much as the first one's."""
    after = _stack(tmp_path, {}, {f"fix.1.{key}": value})
    assert _change(_stack(tmp_path, {}), after) == Effect.IN_PLACE


def test_venues_name(tmp_path: Path) -> None:
    _before, edits = OF_CLIENT["tunnels.venue"]
    assert _change(_stack(tmp_path, {}), _stack(tmp_path, edits)) == effects.VENUE["name"]


def test_encryption_domain(tmp_path: Path) -> None:
    by_elastic_ip = {f"tunnels.{n}.{key}": GONE for n in range(3) for key in ("local_network", "source_address")}
    after = _stack(tmp_path, by_elastic_ip, {"encryption_domain": "elastic-ip"})
    assert _change(_stack(tmp_path, {}), after) == effects.VENUE["encryption_domain"]


def test_the_first_trading_host_makes_a_router_of_the_gateway(tmp_path: Path) -> None:
    """One more is in place, as the table says; `ops.deploying.causes` knows the other case."""
    network = {"network": "{vpc_id: vpc-12345678, subnet_id: subnet-12345678, availability_zone: eu-west-2a}"}
    assert _change(_stack(tmp_path, network), _stack(tmp_path, WITH_HOSTS)) == Effect.REPLACE
    assert _change(_stack(tmp_path, WITH_HOSTS), _stack(tmp_path, network)) == Effect.REPLACE


def test_mode_cannot_change(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="aggressive"):
        _stack(tmp_path, {}, {"ike.mode": "aggressive"})


def test_what_only_people_read_never_replaces() -> None:
    """The principle of the design, held against the table."""
    for table in (effects.CLIENT, effects.VENUE):
        for field, what in table.items():
            if field.split(".")[0] in ("session", "maintenance", "contacts", "restart_window", "alarm_email", "tags"):
                assert what != Effect.REPLACE, field


def _stack(folder: Path, client: Edits, venue: Edits | None = None) -> Stack:
    changed = edited(VENUE, venue or {})
    write(
        folder,
        clients={(name := client.get("name", "acme")): edited(CLIENT, client)},
        venues={"exchange": changed, "broker": edited(changed, {"name": "broker"})},
    )
    for number in ("one", "two"):
        (folder / f"clients/{number}.deb").write_bytes(DEB + number.encode())
        (folder / f"clients/{number}.asc").write_bytes(PUBLIC_KEY[:-2] + number[:2].encode())
    deployment = loaded(folder / "clients", folder / "venues", name)
    # A folder is another for each test, and is in no template.
    key = repr((deployment.client, deployment.connections))
    if key not in _SYNTHESISED:
        _SYNTHESISED[key] = synthesise([deployment])[name]
    return _SYNTHESISED[key]


_SYNTHESISED: dict[str, Stack] = {}


def _change(before: Stack, after: Stack) -> Effect:
    """What CloudFormation makes of it: a gateway of another logical id, or one that cannot change in place, is another."""
    if (before.name, before.environment) != (after.name, after.environment) or before.instance_id != after.instance_id:
        return Effect.REPLACE
    if before.template == after.template:
        return Effect.NONE
    return Effect.REPLACE if after.instance_id in _replaced(before, after) else Effect.IN_PLACE


def _replaced(before: Stack, after: Stack) -> set[str]:
    """The logical ids of what is made anew, and of what cannot change its reference to that in place."""
    old, new = before.template["Resources"], after.template["Resources"]
    replaced: set[str] = set()
    while True:
        found = {
            name
            for name in old.keys() & new.keys()
            if replacing(
                new[name]["Type"],
                region=REGION,
                old=_resolved(before, old[name]["Properties"], set()),
                new=_resolved(after, new[name]["Properties"], replaced),
            )
        }
        if found == replaced:
            return replaced
        replaced = found


def _resolved(stack: Stack, value: Any, replaced: set[str]) -> Any:
    """The value with parameters' defaults in place of their names, and with a mark where it refers to what is new."""
    if isinstance(value, dict):
        name = next(references(value), "") if value.keys() & {"Ref", "Fn::GetAtt"} else ""
        default = stack.template["Parameters"].get(name, {}).get("Default")
        inner = {key: _resolved(stack, one, replaced) for key, one in value.items()}
        return {"new": inner} if name in replaced else default or inner
    return [_resolved(stack, one, replaced) for one in value] if isinstance(value, list) else value


def _fields(model: type[Part], holder: str = "") -> Iterator[str]:
    """Every field of a model as a dotted key, down to those that have none of their own; a list's number is left out."""
    for name, field in model.fields_by_key().items():
        inner = list(_parts_in(field.annotation))
        if not inner:
            yield f"{holder}{name}"
        for part in inner:
            yield from _fields(part, f"{holder}{name}.")


def _parts_in(annotation: Any) -> Iterator[type[Part]]:
    if isinstance(annotation, type) and issubclass(annotation, Part):
        yield annotation
    for argument in get_args(annotation):
        yield from _parts_in(argument)
