"""What a template asks for and nothing here acts on: it is refused, not passed over."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from localaws.cloudformation import schemas
from localaws.cloudformation.kinds import KINDS
from localaws.cloudformation.kinds.base import Properties

FUNCTIONS = ("Ref", "Fn::", "Condition")


def unruled(resource_type: str, properties: Properties, *, region: str) -> Iterator[str]:
    """Each property, or key in one, for which the type has no rule here."""
    if resource_type not in KINDS:
        yield f"{resource_type} is unknown here: add it to localaws/cloudformation/kinds/"
        return
    kind = KINDS[resource_type]
    replaces = {path.split("/")[0] for path in schemas.create_only(resource_type, region=region)}
    for name, value in properties.items():
        rules = (*kind.changes, *kind.notes, *(kind.made_with if name in replaces else ()))
        if name not in rules:
            effect = "replaces for it" if name in replaces else "changes it in place"
            keys = [key for key in _keys(value) if f"{name}/{key}" not in rules]
            missing = [f"{name}/{key}" for key in keys] if _is_listed(name, rules) else [name]
            yield from (f"{one} of {resource_type} has no rule here, and AWS {effect}" for one in missing)


def _is_listed(name: str, rules: Collection[str]) -> bool:
    """Whether the keys in it have rules of their own."""
    return any(rule.startswith(f"{name}/") for rule in rules)


def _keys(value: Any) -> Iterator[str]:
    """The keys of an object or of each object in a list; functions of a template are none."""
    for one in value if isinstance(value, list) else [value]:
        if isinstance(one, dict):
            yield from (key for key in one if not key.startswith(FUNCTIONS))
