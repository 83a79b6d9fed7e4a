"""`-c gateway.instance_type=t3.medium`: single values from the CDK context, typed and checked as the file is."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import Any, get_args, get_origin

from model.client import Client
from model.faults import Fault, InvalidInput, Path, dotted, nearest, shown
from model.givers import COMMAND_LINE
from model.leaks import BELONGS_ELSEWHERE, is_secret_key
from model.reading import field_at, keys_at
from model.source import Source, parse


@dataclass(frozen=True)
class Overridden(Source):
    """A client file with values laid over it; a fault of such a value names who gave it, `-c` mostly, and not the file."""

    overridden: Mapping[Path, str] = field(default_factory=dict)

    def says(self, path: Path) -> bool:
        """As `Source.says`."""
        return not any(path[: len(own)] == own for own in self.overridden)

    def fault(self, path: Path, message: str, *, severity: Any = "error", of_key: bool = False) -> Fault:
        """As `Source.fault`, but it names who gave the value, if that is not the file."""
        for own, giver in self.overridden.items():
            if path[: len(own)] == own:
                value, key = shown(self.value(path), path), dotted(path)
                return Fault(file=giver, line=0, column=0, key=key, value=value, message=message, severity=severity)
        return super().fault(path, message, severity=severity, of_key=of_key)


@dataclass(frozen=True)
class Asked:
    """Who gave what is in no file (`model.givers`), by the key in the CDK context."""

    origins: Mapping[str, str]

    def giver(self, key: str) -> str:
        """Who gave a field of the client: the CDK's `-c`, where nothing is said."""
        return self.origins.get(key, COMMAND_LINE)

    def of_field(self, path: Path, key: str, message: str) -> Fault:
        """A fault of a field as such."""
        return Fault(file=self.giver(key), line=0, column=0, key=dotted(path), value="", message=message)

    def fault(self, key: str, message: str, *, value: str) -> Fault:
        """A fault of the client's name, or of a folder. Where none gave that, it is of the folder itself."""
        if giver := self.origins.get(key):
            return Fault(file=giver, line=0, column=0, key=key, value=repr(value), message=message)
        return Fault(file=value, line=0, column=0, key="", value="", message=message)


NOBODY = Asked({})


def override(source: Source, values: Mapping[str, Any], asked: Asked = NOBODY) -> Source:
    """Lay values over a client file. A key is a dotted path; a tunnel goes by number or by name.

    Raises:
        InvalidInput: a key is no field of a client, or a value is no YAML.
    """
    if not values:
        return source
    faults: list[Fault] = []
    givers: dict[Path, str] = {}
    data = _copy(source.data)
    for key, value in values.items():
        path = _path(data, key)
        problem, giver = _unknown(path, value), asked.giver(key)
        if problem or not _lay(data, path, _typed(value, giver)):
            message = problem or "cannot be set: its parent is not a mapping"
            faults.append(asked.of_field(path, key, message))
        givers[path] = giver
    if faults:
        raise InvalidInput(faults)
    return Overridden(source.file, source.folder, data, source.faults, source.node, givers)


def _copy(data: Any) -> Any:
    if isinstance(data, dict):
        return {key: _copy(value) for key, value in data.items()}
    return [_copy(value) for value in data] if isinstance(data, list) else data


def _path(data: Any, key: str) -> Path:
    # A tag's key may have dots of its own.
    parts: list[str | int] = list(key.split(".", maxsplit=1 if key.startswith("tags.") else -1))
    if len(parts) > 1 and parts[0] == "tunnels":
        tunnels = data.get("tunnels") if isinstance(data, dict) else None
        names = [t.get("name") if isinstance(t, dict) else None for t in tunnels] if isinstance(tunnels, list) else []
        parts[1] = names.index(parts[1]) if parts[1] in names else parts[1]
    return tuple(int(part) if isinstance(part, str) and re.fullmatch("[0-9]{1,3}", part) else part for part in parts)


def _unknown(path: Path, value: Any) -> str | None:
    if path[0] == "tags" and len(path) == 2:
        return None
    for end, part in enumerate(path):
        keys = keys_at(Client, path[:end])
        if isinstance(part, int) and _is_list(path[:end]):
            continue
        if part not in keys:
            is_secret = is_secret_key(str(part), value)
            return BELONGS_ELSEWHERE if is_secret else f"is not a field of a client; {_hint(str(part), path[:end])}"
    return None


def _hint(word: str, holder: Path) -> str:
    """The nearest field beside it; or the one of that name elsewhere, where somebody forgot what it is in."""
    if not holder and (elsewhere := [path for path in _fields() if path[-1] == word]):
        return f"did you mean '{dotted(elsewhere[0])}'?"
    return nearest(word, keys_at(Client, holder))


def _fields(holder: Path = ()) -> Iterator[Path]:
    for key in keys_at(Client, holder):
        index = (0,) if _is_list((*holder, key)) else ()
        yield (*holder, key)
        yield from _fields((*holder, key, *index))


def _is_list(path: Path) -> bool:
    """Whether the field there has entries, which go by number."""
    field = field_at(Client, path)
    return field is not None and any(
        get_origin(one) is tuple for one in (field.annotation, *get_args(field.annotation))
    )


def _typed(value: Any, giver: str) -> Any:
    """Context from the command line is always text: a list or a mapping is written as in YAML, all else as it is."""
    if not isinstance(value, str):
        return value
    if value.lstrip()[:1] in ("[", "{"):
        return parse(value, file=giver, folder=FilePath()).data
    return value or None


def _lay(data: Any, path: Path, value: Any) -> bool:
    """Put the value at `path`, making mappings and lists on the way; False where another list or a scalar is in the way."""
    for end, part in enumerate(path[:-1], start=1):
        if isinstance(data, dict):
            data[part] = ([] if _is_list(path[:end]) else {}) if data.get(part) is None else data[part]
        elif not _is_in(data, part):
            return False
        data = data[part]
    if isinstance(data, list) and path[-1] == len(data):
        data.append(value)
        return True
    if not isinstance(data, dict) and not _is_in(data, path[-1]):
        return False
    data[path[-1]] = value
    return True


def _is_in(data: Any, part: str | int) -> bool:
    return isinstance(data, list) and isinstance(part, int) and part < len(data)
