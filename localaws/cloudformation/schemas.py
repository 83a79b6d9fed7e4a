"""What AWS's own resource schemas say of a type, as cfn-lint carries them: nothing of it is guessed.

https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-schema.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

Properties = Mapping[str, Any]

CONDITIONAL: Mapping[str, Mapping[str, Literal["replaced", "in place"]]] = {
    "AWS::EC2::Instance": {
        "BlockDeviceMappings": "replaced",
        "EbsOptimized": "in place",
        "InstanceType": "in place",
        "SecurityGroupIds": "in place",
        "UserData": "in place",
    },
}
"""Properties that AWS replaces for at times (`conditionalCreateOnlyProperties`), and whether it does for ours: an EBS-backed
instance in a VPC is stopped and started for a new type or new user data, and takes new security groups as it runs. CloudFormation
template reference, AWS::EC2::Instance. One that is not here counts as replaced: the worse of the two."""

STRATEGIES = ("create_then_delete", "delete_then_create")
"""Each `replacementStrategy` that the schemas know; the first where none is named."""


@cache
def schema(resource_type: str, region: str) -> Mapping[str, Any]:
    """A type's schema in a region; empty for a type that AWS does not have there."""
    index: Mapping[str, str] = _json(f"providers/{region}.json")
    return _json(f"resources/{index[resource_type]}.json") if resource_type in index else {}


def _json(path: str) -> Any:
    """A file of cfn-lint's, found without importing it: that takes ten seconds."""
    spec = find_spec("cfnlint")
    assert spec is not None and spec.origin is not None, "cfn-lint is missing: run `make setup`"
    return json.loads((Path(spec.origin).parent / "data" / "schemas" / path).read_text())


def create_only(resource_type: str, *, region: str) -> tuple[str, ...]:
    """The properties, as `Property/Key`, that cannot change in place in our use."""
    said, ours = schema(resource_type, region), CONDITIONAL.get(resource_type, {})
    at_times = [one for one in _paths(said, "conditionalCreateOnlyProperties") if ours.get(one) != "in place"]
    return (*_paths(said, "createOnlyProperties"), *at_times)


def replacing(resource_type: str, *, region: str, old: Properties, new: Properties) -> tuple[str, ...]:
    """The properties whose change from old to new means a new resource; none if it can change in place."""
    paths = [path.split("/") for path in create_only(resource_type, region=region)]
    return tuple(".".join(path) for path in paths if _at(old, path) != _at(new, path))


def goes_first(resource_type: str, *, region: str) -> bool:
    """Whether an old one is removed before its successor is made: the schema's `replacementStrategy`."""
    return schema(resource_type, region).get("replacementStrategy") == "delete_then_create"


def faults(resource_type: str, properties: Properties, *, region: str) -> Iterator[str]:
    """What CloudFormation refuses before it asks the service: unknown, read-only and missing properties, in its own words."""
    said = schema(resource_type, region)
    if not said:
        return
    for name in properties.keys() - said["properties"].keys():
        yield f"Encountered unsupported property {name} (AWS: schema of {resource_type}, properties)"
    for path in _paths(said, "readOnlyProperties"):
        if _at(properties, path.split("/")) is not None:
            yield f"Encountered read-only property {path} (AWS: schema of {resource_type}, readOnlyProperties)"
    for name in said.get("required", ()):
        if name not in properties:
            yield f"required key [{name}] not found (AWS: schema of {resource_type}, required)"


def _paths(said: Mapping[str, Any], of: str) -> Iterator[str]:
    """`/properties/A/B` as `A/B`."""
    return (pointer.removeprefix("/properties/") for pointer in said.get(of, ()))


def _at(value: Any, path: list[str]) -> Any:
    for key in path:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value
