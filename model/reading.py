"""From plain data to a typed model, with pydantic's errors turned into faults that a tired person understands."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar, get_args

from pydantic import ValidationError
from pydantic.fields import FieldInfo

from model.base import Part
from model.faults import Fault, Path, dotted, first, meant
from model.leaks import BELONGS_ELSEWHERE, NOT_ITSELF, is_secret_key, leaks
from model.source import Source

_LEAVE = "leave it out:"
_REASONS = (
    (
        r"(life|rekey|sa_?life).*(byte|packet|volume|kb|mb)s?",
        f"{_LEAVE} the venue may negotiate again by volume whenever it likes, and the gateway follows",
    ),
    (r"(anti_?)?replay(_.*)?", f"{_LEAVE} each end has a replay window of its own for what it receives"),
    (r"nat_?t(raversal)?|encapsulation|forceencaps|udp_?encapsulation", f"{_LEAVE} ESP is always carried in UDP"),
    (r"dpd_?action|auto|initiat.*|start(up)?_?action", f"{_LEAVE} the gateway always initiates, and repairs by itself"),
    (r"re_?key(_?(margin|fuzz|time))?|margin_?time", f"{_LEAVE} the gateway negotiates again in time by itself"),
    (r"auth(entication|by)?(_?method)?", f"{_LEAVE} the two ends always authenticate by PSK"),
)
_OF_PROPOSAL = (
    r"(dh_?|diffie_?hellman_?|pfs_?)?group|cipher|encryption|hash|integrity|prf",
    "it is a part of the proposal, as in proposal: aes256-sha2_256;modp2048",
)

# As the engines and other equipment call it, and the place that it has here.
_CALLED_ELSEWHERE = (
    (r"(ike|phase_?1)_?(sa_?)?life(_?time)?", "ike.lifetime"),
    (r"((sa|key|ipsec|esp)_?|phase_?2_?(sa_?)?)life(_?time)?", "esp.lifetime"),
    (r"dpd_?(delay|interval)", "dpd.delay"),
    (r"dpd_?timeout", "dpd.timeout"),
    (r"right_?subnets?", "remote_networks"),
)


def why_needless(path: Path) -> str | None:
    """Why no such key is needed; None for a key that is only unknown."""
    key = str(path[-1]).lower().replace("-", "_")
    reasons = (*_REASONS, _OF_PROPOSAL) if path[:-1] in (("ike",), ("esp",)) else _REASONS
    return next((why for pattern, why in reasons if re.fullmatch(pattern, key)), None)


Model = TypeVar("Model", bound=Part)
_ROUNDS = 16
"""Of putting stand-ins: each goes one level up, and files are not deeper."""


@dataclass(frozen=True, kw_only=True)
class Content(Generic[Model]):
    """What a file says, every fault of its values, and the keys of those that are faulty.

    `model` has a stand-in for each faulty value (see `model.rules`: it is never read); None where the file is no such thing.
    """

    model: Model | None
    faults: list[Fault]
    places: frozenset[Path] = frozenset()

    @property
    def faulty(self) -> frozenset[str]:
        """The dotted keys of the faulty values, without the numbers of a list's entries."""
        return frozenset(plain_key(path) for path in self.places)


def plain_key(path: Path) -> str:
    """`("fix", 1, "port")` as `fix.port`."""
    return ".".join(part for part in path if isinstance(part, str))


def read_model(model: type[Model], source: Source) -> Content[Model]:
    """The typed content of a file, and every fault of its values."""
    leaked = dict.fromkeys(leaks(source.data))
    faults = [*source.faults, *first(source.fault(path, BELONGS_ELSEWHERE) for path in leaked)]
    try:
        return Content(model=model.model_validate(source.data), faults=faults)
    except ValidationError as error:
        details = _details(error, source)
    found = (_fault(model, source, detail) for detail in details)
    faults += first(fault for path, fault in found if path not in leaked)
    places = frozenset(_path_in(source.data, detail) for detail in details)
    return Content(model=_with_stand_ins(model, source), faults=faults, places=places)


def _details(error: ValidationError, source: Source) -> list[Any]:
    """Each error but those that only follow from others."""
    details = error.errors(include_url=False, include_input=False)
    return [detail for detail in details if not _only_follows(source, detail)]


def _only_follows(source: Source, detail: Any) -> bool:
    """pydantic counts only what is right in a list; what is wrong in it has a fault of its own."""
    if detail["type"] != "too_short":
        return False
    entries = source.value(_path_in(source.data, detail))
    return isinstance(entries, list) and len(entries) >= detail["ctx"]["min_length"]


def _with_stand_ins(model: type[Model], source: Source) -> Model | None:
    """The content with the default, or the field's example, instead of each faulty value."""
    source, tried = replace(source, data=deepcopy(source.data)), set[Path]()
    for _ in range(_ROUNDS):
        try:
            return model.model_validate(source.data)
        except ValidationError as error:
            places = {_replaceable(model, source.data, detail, tried) for detail in _details(error, source)}
        if () in places:
            return None
        for place in sorted(places, key=len, reverse=True):
            _put_stand_in(model, source.data, place)
        tried |= places
    return None


def _replaceable(model: type[Part], data: Any, detail: Any, tried: set[Path]) -> Path:
    """The place of the faulty value, or of what holds it where a stand-in did not help; empty where nothing is left."""
    path = _path_in(data, detail)
    while path and detail["type"] != "extra_forbidden" and (path in tried or field_at(model, path) is None):
        path = path[:-1]
    return path


def _put_stand_in(model: type[Part], data: Any, place: Path) -> None:
    holder, field = data, field_at(model, place)
    for part in place[:-1]:
        holder = holder[part]
    holder.pop(place[-1], None)
    if field and field.is_required() and field.examples:
        holder[place[-1]] = deepcopy(field.examples[0])


def _fault(model: type[Part], source: Source, detail: Any) -> tuple[Path, Fault]:
    path = _path_in(source.data, detail)
    is_about_key = detail["type"] == "extra_forbidden" or detail["loc"][-1:] == ("[key]",)
    return path, source.fault(path, _message(model, source, path, detail), of_key=is_about_key)


def _path_in(data: Any, detail: Any) -> Path:
    """pydantic's location without what is not in the file: the tags of unions and the mark of a mapping's key."""
    location = detail["loc"]
    path: list[str | int] = []
    for index, part in enumerate(location):
        if _has(data, part):
            data = data[part]
        elif index < len(location) - 1 or detail["type"] != "missing":
            continue
        path.append(part)
    return tuple(path)


def _has(data: Any, part: str | int) -> bool:
    if isinstance(data, list):
        return isinstance(part, int) and part < len(data)
    return isinstance(data, dict) and part in data


def _message(model: type[Part], source: Source, path: Path, detail: Any) -> str:
    kind, context, value = detail["type"], detail.get("ctx", {}), source.value(path)
    if kind == "missing":
        return f"is missing; {_advice(path, field_at(model, path))}"
    if kind == "extra_forbidden":
        return _unknown(model, source, path)
    if kind == "model_type" and path[-1:] == ("secret",) and value is not None:
        return NOT_ITSELF
    is_given = kind in _IS_INCOMPLETE and value is not None and not source.says(path)
    example = _as_json(model, path, kind, value) if is_given else _example_of(model, path)
    if value is None and (example or kind in _IS_EMPTY):
        return f"has no value; {example or _MESSAGES[kind].partition('; ')[2]}"
    if kind in _IS_INCOMPLETE and example:
        return f"{_MESSAGES[kind].partition('; ')[0]}; {example}"
    return _MESSAGES.get(kind, "{msg}").format(**{"msg": detail["msg"], **context})


def _unknown(model: type[Part], source: Source, path: Path) -> str:
    key, siblings = str(path[-1]), source.value(path[:-1])
    if is_secret_key(key, source.value(path)):
        return BELONGS_ELSEWHERE
    known = keys_at(model, path[:-1])
    free = set(known) - set(siblings if isinstance(siblings, dict) else ())
    hint = (
        why_needless(path)
        or _goes_with(model, path, siblings)
        or _its_place(model, _ours(key))
        or meant(key, free)
        or _its_place(model, key)
    )
    return f"is not a key here; {hint or 'available: ' + ', '.join(sorted(known))}"


def _goes_with(model: type[Part], path: Path, siblings: Any) -> str:
    """What else the other kind of this part needs, which has the key; empty where none has it."""
    for part in _models_at(model, path[:-1]):
        fields = part.fields_by_key()
        needed = [key for key, field in fields.items() if field.is_required() and key != path[-1]]
        if path[-1] in fields and needed:
            strange = [key for key in siblings if key not in fields]
            return f"it goes with {', '.join(needed)}" + (f", and not with {', '.join(strange)}" if strange else "")
    return ""


def _ours(key: str) -> str:
    """What another configuration means by its key; empty where that is not known."""
    plain = key.lower().replace("-", "_")
    return next((place for pattern, place in _CALLED_ELSEWHERE if re.fullmatch(pattern, plain)), "")


def _its_place(model: type[Part], name: str) -> str:
    """Where the model has a key of this name; empty where that is nowhere, or in too many places."""
    places = [place for place in _places(model) if f".{place}".endswith(f".{name}")] if name else []
    words = [place if "." in place else f"{place}, at the left margin" for place in places]
    return f"its place is {' or '.join(words)}" if 0 < len(words) <= 3 else ""


def _places(model: type[Part], holder: Path = ()) -> Iterator[str]:
    for key in keys_at(model, holder):
        yield dotted((*holder, key))
        yield from _places(model, (*holder, key))


_MAPPING = "is not a mapping; write keys and values, indented below it"
_MESSAGES = {
    "literal_error": "is not one of the choices; write {expected}",
    "int_type": "is not a whole number; write digits only, without quotes",
    "greater_than_equal": "is too small; write {ge} or more",
    "less_than_equal": "is too large; write {le} or less",
    "too_short": "has too few entries; write {min_length} or more",
    "too_long": "has too many entries; write {max_length} at most",
    "bool_type": "is not true or false; write one of them, without quotes",
    "bool_parsing": "is not true or false; write one of them, without quotes",
    "model_type": _MAPPING,
    "dict_type": _MAPPING,
    "tuple_type": "is not a list; write [one, another], or a line with '- ' for each",
    "string_type": "is not text; write it in quotes",
}
_IS_EMPTY = ("int_type", "bool_type", "model_type", "dict_type", "tuple_type", "string_type")


_IS_INCOMPLETE = ("too_short", "model_type", "dict_type", "tuple_type")
"""A part of the file, or a list, that is there and has not what it needs."""


def _example_of(model: type[Part], path: Path) -> str:
    """As `_advice`; empty where there is no example to show."""
    field = field_at(model, path)
    return _advice(path, field) if field and field.examples and isinstance(path[-1], str) else ""


def _advice(path: Path, field: FieldInfo | None) -> str:
    """What to write, with an example where there is one."""
    key = path[-1]
    example = f"'{key}: {_flow(field.examples[0])}'" if field and field.examples else f"'{key}: …'"
    meaning = f" ({field.description.rstrip('.')})" if field and field.description else ""
    return f"write {example}{meaning}"


def _as_json(model: type[Part], path: Path, kind: str, value: Any) -> str:
    """What to write for a list or a mapping that is in no file but on a command line."""
    field = field_at(model, path)
    example = field.examples[0] if field and field.examples else []
    if kind == "dict_type":
        json_text = '{"…": "…"}'
    elif kind == "model_type":
        json_text = f'{{"{keys_at(model, path)[0]}": …}}'
    elif any(isinstance(one, dict) for one in example):
        json_text = json.dumps(example)
    else:
        json_text = json.dumps([one.strip() for one in str(value).split(",")])
    return f"write JSON, such as {dotted(path)}={json_text}"


def _flow(value: Any) -> str:
    """Plain data as YAML on one line."""
    if isinstance(value, list):
        return f"[{', '.join(map(_flow, value))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key}: {_flow(one)}' for key, one in value.items())}}}"
    return str(value)


def keys_at(model: type[Part], path: Path) -> tuple[str, ...]:
    """The keys that the model has at `path`."""
    return tuple(dict.fromkeys(key for part in _models_at(model, path) for key in part.fields_by_key()))


def field_at(model: type[Part], path: Path) -> FieldInfo | None:
    """The field of the model at `path`, or None where it has none."""
    found = (part.fields_by_key().get(str(path[-1])) for part in _models_at(model, path[:-1]) if path)
    return next((field for field in found if field), None)


def _models_at(model: type[Part], path: Path) -> tuple[type[Part], ...]:
    models: tuple[type[Part], ...] = (model,)
    for part in path:
        if isinstance(part, int):
            continue
        fields = (candidate.fields_by_key().get(part) for candidate in models)
        models = tuple(inner for field in fields if field for inner in _models_in(field.annotation))
    return models


def _models_in(annotation: Any) -> Iterator[type[Part]]:
    if isinstance(annotation, type) and issubclass(annotation, Part):
        yield annotation
    for argument in get_args(annotation):
        yield from _models_in(argument)
