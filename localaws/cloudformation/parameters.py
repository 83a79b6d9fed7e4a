"""The parameters of a stack: as they were given, and what they come to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from localaws.cloudformation.clients import Clients
from localaws.cloudformation.faults import Invalid
from localaws.cloudformation.template import Body


def given(body: Body, request: Sequence[Mapping[str, Any]], previous: Mapping[str, str]) -> dict[str, str]:
    """The value of each parameter of the template: as asked, as before where asked so, or its default."""
    asked = {item["ParameterKey"]: item for item in request}
    found = {name: _one(name, slot, asked.get(name), previous) for name, slot in body.get("Parameters", {}).items()}
    if unknown := asked.keys() - found.keys():
        raise Invalid(f"Parameters: [{', '.join(sorted(unknown))}] do not exist in the template")
    if missing := [name for name, value in found.items() if value is None]:
        raise Invalid(f"Parameters: [{', '.join(missing)}] must have values")
    return {name: value for name, value in found.items() if value is not None}


def _one(
    name: str, slot: Mapping[str, Any], asked: Mapping[str, Any] | None, previous: Mapping[str, str]
) -> str | None:
    default = slot.get("Default")
    if asked is None:
        return None if default is None else str(default)
    if asked.get("UsePreviousValue"):
        return previous.get(name)
    return str(asked["ParameterValue"])


def resolved(body: Body, values: Mapping[str, str], clients: Clients) -> dict[str, str | list[str]]:
    """What `Ref` gives for each parameter: a list where the type is one, the stored value of an SSM parameter."""
    slots = body.get("Parameters", {})
    return {name: _resolved_one(slots[name]["Type"], value, clients) for name, value in values.items()}


def _resolved_one(kind: str, value: str, clients: Clients) -> str | list[str]:
    if kind.startswith("AWS::SSM::Parameter::Value<"):
        value = _stored(value, clients)
        kind = kind.removeprefix("AWS::SSM::Parameter::Value<").removesuffix(">")
    return value.split(",") if kind == "CommaDelimitedList" or kind.startswith("List<") else value


def _stored(name: str, clients: Clients) -> str:
    try:
        return clients.ssm.get_parameter(Name=name)["Parameter"]["Value"]
    except clients.ssm.exceptions.ParameterNotFound as error:
        raise Invalid(f"Unable to fetch parameters [{name}] from parameter store for this account.") from error
