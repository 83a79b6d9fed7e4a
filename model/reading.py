"""From plain data to a typed model, with pydantic's errors turned into faults that a tired person understands."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from model.faults import Fault, Path, nearest
from model.source import Source

Model = TypeVar("Model", bound=BaseModel)


def read_model(model: type[Model], source: Source) -> tuple[Model | None, list[Fault]]:
    """The typed content of a file, or None and every fault of it."""
    try:
        return model.model_validate(source.data), []
    except ValidationError as error:
        return None, [_fault(model, source, detail) for detail in error.errors(include_url=False)]


def _fault(model: type[BaseModel], source: Source, detail: Any) -> Fault:
    path = _path_in(source.data, detail["loc"])
    return source.fault(path, _message(model, source, path, detail))


def _path_in(data: Any, location: tuple[str | int, ...]) -> Path:
    """pydantic's location without what is not in the file: the tags of unions and the mark of a mapping's key."""
    path: list[str | int] = []
    for index, part in enumerate(location):
        if _has(data, part):
            data = data[part]
        elif index < len(location) - 1 or part == "[key]":
            continue
        path.append(part)
    return tuple(path)


def _has(data: Any, part: str | int) -> bool:
    if isinstance(data, list):
        return isinstance(part, int) and part < len(data)
    return isinstance(data, dict) and part in data


def _message(model: type[BaseModel], source: Source, path: Path, detail: Any) -> str:
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == "missing":
        return f"is missing; {_advice(field_at(model, path))}"
    if kind == "extra_forbidden":
        siblings = source.value(path[:-1])
        keys = set(keys_at(model, path[:-1])) - set(siblings if isinstance(siblings, dict) else ())
        return f"is not a key here; {nearest(str(path[-1]), keys)}"
    return _MESSAGES.get(kind, "{msg}").format(**{"msg": detail["msg"], **context})


_MESSAGES = {
    "literal_error": "is not one of the choices; write {expected}",
    "int_type": "is not a whole number; write digits only, without quotes",
    "int_parsing": "is not a whole number; write digits only",
    "int_from_float": "is not a whole number; write digits only",
    "greater_than_equal": "is too small; write {ge} or more",
    "less_than_equal": "is too large; write {le} or less",
    "too_short": "has too few entries; write {min_length} or more",
    "too_long": "has too many entries; write {max_length} at most",
    "bool_type": "is not true or false; write one of them, without quotes",
    "bool_parsing": "is not true or false; write one of them",
    "model_type": "is not a mapping; write keys and values, indented below it",
    "dict_type": "is not a mapping; write keys and values, indented below it",
    "tuple_type": "is not a list; write [one, another] or a line with '- ' for each",
    "string_type": "is not text; write it in quotes",
}


def _advice(field: FieldInfo | None) -> str:
    if field is None:
        return "it is required"
    example = f", such as {field.examples[0]}" if field.examples else ""
    return f"{(field.description or 'it is required').rstrip('.')}{example}"


def keys_at(model: type[BaseModel], path: Path) -> tuple[str, ...]:
    """The keys that the model has at `path`."""
    return tuple(key for part in _models_at(model, path) for key in part.model_fields)


def field_at(model: type[BaseModel], path: Path) -> FieldInfo | None:
    """The field of the model at `path`, or None where it has none."""
    found = (part.model_fields.get(str(path[-1])) for part in _models_at(model, path[:-1]) if path)
    return next((field for field in found if field), None)


def _models_at(model: type[BaseModel], path: Path) -> tuple[type[BaseModel], ...]:
    models: tuple[type[BaseModel], ...] = (model,)
    for part in path:
        if isinstance(part, int):
            continue
        fields = (candidate.model_fields.get(part) for candidate in models)
        models = tuple(inner for field in fields if field for inner in _models_in(field.annotation))
    return models


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models_in(argument)
