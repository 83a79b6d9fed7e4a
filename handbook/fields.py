"""docs/fields.md: every field of a client file and of a venue file, from the models."""

from __future__ import annotations

import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from annotated_types import MaxLen
from pydantic import Tag, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from model.base import Part
from model.client import Client
from model.effects import Effect, of_client, of_venue
from model.proposal import CIPHERS, GROUPS, HASHES, Proposal
from model.venue import Peers, Venue

_WRONG = "\x00"
"""None of our types takes it. The error says what would be right."""
_DOES = {Effect.NONE: "nothing", Effect.IN_PLACE: "in place", Effect.REPLACE: "**replaces the gateway**"}
_TEXT = """# Fields

Every field of the two kinds of file. `python -m handbook` writes this page from the models. Your editor knows the same from
`model/schema/`, if the first line of the file names its schema.

- **Default**: the value if you leave the field out. A field with *required* has none.
- **A change**: what `./fixtunnel deploy CLIENT` does if you change the field later. `./fixtunnel plan CLIENT` says it for yours.
- `[]` marks an entry of a list.

## A client: `clients/NAME.yaml`

{client}

## A venue: `venues/NAME.yaml`

{venue}

## Proposals

A proposal is `cipher-hash`, or `cipher-hash;group`. A GCM cipher needs no hash in phase 2.

| part | values |
|---|---|
| cipher | {ciphers} |
| hash | {hashes} |
| group | {groups} |
"""


@dataclass(frozen=True, kw_only=True)
class Place:
    """A part of a file: the key that leads to it, and the field that it is in."""

    key: str
    part: type[Part]
    field: FieldInfo | None = None
    kind: str = ""


def page() -> str:
    """docs/fields.md."""
    return _TEXT.format(
        client=_file(Client, of_client),
        venue=_file(Venue, of_venue),
        **{name: ", ".join(f"`{one}`" for one in known) for name, known in _PROPOSALS.items()},
    )


_PROPOSALS = {"ciphers": CIPHERS, "hashes": HASHES, "groups": GROUPS}


def _file(model: type[Part], effect: Callable[[str], Effect]) -> str:
    owner = ", of a venue" if model is Venue else ""
    return "\n\n".join(_section(place, effect, owner) for place in _places(Place(key="", part=model)))


def _places(place: Place) -> Iterator[Place]:
    """A part, and each part in it; of a venue's gateways, which are alike, the first."""
    yield place
    fields = list(place.part.fields_by_key().items())
    for name, field in fields[:1] if place.part is Peers else fields:
        key = f"{place.key}{name}{'[]' if _is_list(field.annotation) else ''}."
        for kind, part in _inner(field.annotation):
            yield from _places(Place(key=key, part=part, field=field, kind=kind))


def _section(place: Place, effect: Callable[[str], Effect], owner: str) -> str:
    rows = [
        f"| `{place.key}{name}` | {_values(field)} | {_default(field)} | {_DOES[effect(f'{place.key}{name}'.replace('[]', ''))]} "
        f"| {field.description} |"
        for name, field in place.part.fields_by_key().items()
        if not _inner(field.annotation)
    ]
    head = ["| field | what it takes | default | a change | what it is |", "|---|---|---|---|---|"]
    title = _title(place, owner)
    return "\n\n".join([*title, "\n".join([*head, *rows])] if rows else title)


def _title(place: Place, owner: str) -> list[str]:
    doc = " ".join((place.part.__doc__ or "").split())
    if place.field is None:
        return [doc]
    name = f"### `{place.key.removesuffix('.')}`{place.kind and f', {place.kind}'}{owner}"
    said = place.field.description or ""
    return [name, " ".join([_needed(place.field), *([] if doc.startswith(said.rstrip(".")) else [said]), doc])]


def _needed(field: FieldInfo) -> str:
    if field.is_required():
        return "Required."
    default = field.get_default(call_default_factory=True)
    values = default.model_dump(mode="json", exclude_unset=True) if isinstance(default, Part) else {}
    return (
        f"Optional; the default is {', '.join(f'{key} `{value}`' for key, value in values.items())}."
        if values
        else "Optional."
    )


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "*required*"
    value = field.get_default(call_default_factory=True)
    if value is None or value in ((), {}):
        return "–"
    if isinstance(value, tuple):
        return f"`[{', '.join(value)}]`"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _values(field: FieldInfo) -> str:
    words = _words(Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation)
    most = next((one.max_length for one in field.metadata if isinstance(one, MaxLen)), None)
    return f"{words}; {most} at most" if most else words


def _words(kind: Any) -> str:
    """What a type takes, in words."""
    bare = _bare(kind)
    if _is_list(bare):
        return f"a list: {_words(get_args(bare)[0])}"
    if get_origin(bare) is dict:
        return "names with values"
    if get_origin(bare) in (Union, types.UnionType):
        return " or ".join(_words(one) for one in get_args(bare) if one is not types.NoneType)
    if get_origin(bare) is Literal:
        return ", ".join(f"`{one}`" for one in get_args(bare))
    return {bool: "`true`, `false`", Proposal: "a [proposal](#proposals)"}.get(bare) or _taken(kind)


def _taken(kind: Any) -> str:
    """What the error for a wrong value asks for; of a number its range."""
    try:
        TypeAdapter(kind).validate_python(_WRONG)
    except ValidationError as error:
        remedy = str(error.errors()[0].get("ctx", {}).get("remedy", ""))
        return _cut(remedy, "write ", "it as ", "it ").replace("|", "\\|") or _range(kind)
    raise AssertionError(f"{kind} takes anything")


def _cut(text: str, *prefixes: str) -> str:
    for prefix in prefixes:
        text = text.removeprefix(prefix)
    return text


def _range(kind: Any) -> str:
    schema = TypeAdapter(kind).json_schema()
    return f"{schema['minimum']} to {schema['maximum']}"


def _inner(annotation: Any) -> list[tuple[str, type[Part]]]:
    """The parts that a field is made of, with the name of each if there is a choice: none for a value."""
    bare = _bare(annotation)
    if isinstance(bare, type) and issubclass(bare, Part):
        tags = get_args(annotation)[1:] if get_origin(annotation) is Annotated else ()
        return [("".join(one.tag for one in tags if isinstance(one, Tag)), bare)]
    return [found for one in get_args(bare) for found in _inner(one)] if get_origin(bare) is not Literal else []


def _bare(kind: Any) -> Any:
    return get_args(kind)[0] if get_origin(kind) is Annotated else kind


def _is_list(annotation: Any) -> bool:
    return get_origin(_bare(annotation)) is tuple
