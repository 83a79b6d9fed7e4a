"""A CloudFormation template, and what its parameters, conditions and intrinsic functions come to.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference.html
"""

from __future__ import annotations

import base64
import json
import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import Any

from ruamel.yaml import YAML

from localaws.cloudformation.clients import Clients
from localaws.cloudformation.faults import CannotMake, Invalid

ABSENT = object()
"""The value of AWS::NoValue: the key or the item that holds it is left out."""

Body = Mapping[str, Any]


def parse(text: str) -> Body:
    """Read a template. The CDK CLI sends YAML for its own bootstrap stack, JSON for everything else."""
    try:
        body = json.loads(text)
    except json.JSONDecodeError:
        body = YAML(typ="safe").load(text)
    if not isinstance(body, dict) or not body.get("Resources"):
        raise Invalid("Template format error: At least one Resources member must be defined.")
    return body


@dataclass(frozen=True, kw_only=True)
class Values:
    """What a template's names stand for: `names` for Ref, `attribute` for Fn::GetAtt.

    With a `seed` the zones of a region come in an order of its own.
    """

    body: Body
    names: dict[str, Any]
    attribute: Callable[[str, str], Any]
    seed: str = ""

    def of(self, node: Any) -> Any:
        """The value of a part of the template, every function in it replaced by its result."""
        if isinstance(node, list):
            return [value for value in map(self.of, node) if value is not ABSENT]
        if not isinstance(node, dict):
            return node
        if len(node) == 1 and (function := _FUNCTIONS.get(key := next(iter(node)))):
            return function(self, node[key])
        return {key: value for key, part in node.items() if (value := self.of(part)) is not ABSENT}

    def ref(self, name: str) -> Any:
        """`Ref`: a parameter's value, a pseudo parameter's, or a resource's physical id."""
        if name not in self.names:
            raise CannotMake(f"Unresolved resource dependencies [{name}]: it is in no condition that holds")
        return self.names[name]

    def get_att(self, target: Any) -> Any:
        """`Fn::GetAtt`: an attribute of a resource that exists already."""
        logical_id, name = target.split(".", 1) if isinstance(target, str) else target
        return self.attribute(logical_id, name)

    def holds(self, condition: Any) -> bool:
        """Whether a condition, by its name or written out, is true."""
        if isinstance(condition, str):
            return self.holds(self.body["Conditions"][condition])
        ((operator, operands),) = condition.items()
        if operator == "Condition":
            return self.holds(operands)
        if operator == "Fn::Equals":
            left, right = map(self.of, operands)
            return bool(left == right)
        outcomes = [self.holds(operand) for operand in operands]
        return {"Fn::Not": not outcomes[0], "Fn::And": all(outcomes), "Fn::Or": any(outcomes)}[operator]

    def substitute(self, arguments: Any) -> str:
        """`Fn::Sub`, with or without names of its own."""
        text, own = arguments if isinstance(arguments, list) else (arguments, {})

        def value(match: re.Match[str]) -> str:
            name = match[1]
            if name.startswith("!"):
                return f"${{{name[1:]}}}"
            if name in own:
                return str(self.of(own[name]))
            return str(self.get_att(name) if "." in name else self.ref(name))

        return re.sub(r"\$\{([^}]+)\}", value, text)

    def condition_value(self, arguments: Any) -> Any:
        """`Fn::If`."""
        condition, then, otherwise = arguments
        return self.of(then if self.holds(condition) else otherwise)

    def join(self, arguments: Any) -> str:
        """`Fn::Join`."""
        delimiter, parts = arguments
        return str(delimiter).join(str(part) for part in self.of(parts))

    def select(self, arguments: Any) -> Any:
        """`Fn::Select`."""
        index, items = arguments
        return self.of(items)[int(self.of(index))]

    def split(self, arguments: Any) -> list[str]:
        """`Fn::Split`."""
        delimiter, text = arguments
        return str(self.of(text)).split(delimiter)

    def find_in_map(self, arguments: Any) -> Any:
        """`Fn::FindInMap`."""
        mapping, first, second = map(self.of, arguments)
        return self.body["Mappings"][mapping][first][second]

    def zones(self, region: Any) -> list[str]:
        """`Fn::GetAZs`: three zones, as in most regions. AWS promises no order of them.

        CloudFormation template reference, Fn::GetAZs; it is evaluated again at each update.
        """
        name = self.of(region) or self.names["AWS::Region"]
        letters = random.Random(self.seed).sample("abc", 3) if self.seed else "abc"  # noqa: S311
        return [f"{name}{letter}" for letter in letters]

    def base64(self, text: Any) -> str:
        """`Fn::Base64`."""
        return base64.b64encode(str(self.of(text)).encode()).decode()


_FUNCTIONS: Mapping[str, Callable[[Values, Any], Any]] = {
    "Ref": Values.ref,
    "Fn::GetAtt": Values.get_att,
    "Fn::If": Values.condition_value,
    "Fn::Sub": Values.substitute,
    "Fn::Join": Values.join,
    "Fn::Select": Values.select,
    "Fn::Split": Values.split,
    "Fn::FindInMap": Values.find_in_map,
    "Fn::GetAZs": Values.zones,
    "Fn::Base64": Values.base64,
}


def wanted(values: Values) -> dict[str, Body]:
    """The resources whose condition holds, each after everything that it needs."""
    definitions = {
        logical_id: definition
        for logical_id, definition in values.body["Resources"].items()
        if "Condition" not in definition or values.holds(definition["Condition"])
    }
    needs = {name: sorted(_needs(values, definition) & definitions.keys()) for name, definition in definitions.items()}
    try:
        return {name: definitions[name] for name in TopologicalSorter(needs).static_order()}
    except CycleError as error:
        raise Invalid(f"Circular dependency between resources: {sorted(set(error.args[1]))}") from error


def _needs(values: Values, definition: Body) -> set[str]:
    depends_on = definition.get("DependsOn", [])
    stated = {depends_on} if isinstance(depends_on, str) else set(depends_on)
    return stated | set(_mentioned(values, definition.get("Properties", {})))


def _mentioned(values: Values, node: Any) -> Iterator[str]:
    """Names in a part of the template; of Fn::If only the branch that counts."""
    if isinstance(node, list):
        for item in node:
            yield from _mentioned(values, item)
    elif isinstance(node, dict) and "Fn::If" in node:
        condition, then, otherwise = node["Fn::If"]
        yield from _mentioned(values, then if values.holds(condition) else otherwise)
    elif isinstance(node, dict):
        for key, part in node.items():
            yield from _named(key, part)
            yield from _mentioned(values, part)


def _named(key: str, part: Any) -> Iterator[str]:
    if key == "Ref":
        yield part
    elif key == "Fn::GetAtt":
        yield part.split(".")[0] if isinstance(part, str) else part[0]
    elif key == "Fn::Sub":
        text = part[0] if isinstance(part, list) else part
        yield from (name.split(".")[0] for name in re.findall(r"\$\{([^!}]+)\}", text))


def given_parameters(body: Body, request: Sequence[Mapping[str, Any]], previous: Mapping[str, str]) -> dict[str, str]:
    """The value of each parameter of the template: as asked, as before where asked so, or its default."""
    asked = {item["ParameterKey"]: item for item in request}
    found = {
        name: _given_one(name, slot, asked.get(name), previous) for name, slot in body.get("Parameters", {}).items()
    }
    if unknown := asked.keys() - found.keys():
        raise Invalid(f"Parameters: [{', '.join(sorted(unknown))}] do not exist in the template")
    if missing := [name for name, value in found.items() if value is None]:
        raise Invalid(f"Parameters: [{', '.join(missing)}] must have values")
    return {name: value for name, value in found.items() if value is not None}


def _given_one(
    name: str, slot: Mapping[str, Any], asked: Mapping[str, Any] | None, previous: Mapping[str, str]
) -> str | None:
    default = slot.get("Default")
    if asked is None:
        return None if default is None else str(default)
    if asked.get("UsePreviousValue"):
        return previous.get(name)
    return str(asked["ParameterValue"])


def resolved_parameters(body: Body, values: Mapping[str, str], clients: Clients) -> dict[str, str | list[str]]:
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
