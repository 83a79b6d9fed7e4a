"""Which property of a resource cannot change in place, from AWS's own schemas as cfn-lint carries them.

https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-schema.html (createOnlyProperties)
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

CONDITIONAL = {"AWS::EC2::Instance": ("/properties/BlockDeviceMappings",)}
"""Of the properties that AWS replaces for only at times, those that it does for in our use: an EBS-backed instance in a
VPC is stopped and started for a new type or new user data, and takes new security groups as it runs."""


@cache
def _schema(resource_type: str, region: str) -> Mapping[str, Any]:
    index: Mapping[str, str] = _json(f"providers/{region}.json")
    return _json(f"resources/{index[resource_type]}.json") if resource_type in index else {}


def _json(path: str) -> Any:
    """A file of cfn-lint's, found without importing it: that takes ten seconds."""
    spec = find_spec("cfnlint")
    assert spec is not None and spec.origin is not None, "cfn-lint is missing: run `make setup`"
    return json.loads((Path(spec.origin).parent / "data" / "schemas" / path).read_text())


def replacing(resource_type: str, *, region: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[str, ...]:
    """The properties whose change from old to new means a new resource; none if it can change in place."""
    pointers = (*_schema(resource_type, region).get("createOnlyProperties", ()), *CONDITIONAL.get(resource_type, ()))
    paths = [pointer.split("/")[2:] for pointer in pointers]
    return tuple(".".join(path) for path in paths if _at(old, path) != _at(new, path))


def goes_first(resource_type: str, *, region: str) -> bool:
    """Whether an old one is removed before its successor is made: the schema's `replacementStrategy`."""
    return _schema(resource_type, region).get("replacementStrategy") == "delete_then_create"


def _at(value: Any, path: list[str]) -> Any:
    for key in path:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value
