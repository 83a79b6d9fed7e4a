"""`-c gateway.instance_type=t3.medium`: single values from the CDK context, typed and checked as the file is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from model.client import Client
from model.faults import Fault, InvalidInput, Path, dotted, nearest, shown
from model.reading import keys_at
from model.source import Source

COMMAND_LINE = "-c"


@dataclass(frozen=True)
class Overridden(Source):
    """A client file with values from the command line laid over it; a fault of such a value names `-c`, not the file."""

    overridden: tuple[Path, ...] = field(default=())

    def fault(self, path: Path, message: str, *, severity: Any = "error") -> Fault:
        """As `Source.fault`, but at `-c` where the value came from there."""
        if any(path[: len(own)] == own for own in self.overridden):
            value = shown(self.value(path), path)
            key = dotted(path)
            return Fault(file=COMMAND_LINE, line=0, column=0, key=key, value=value, message=message, severity=severity)
        return super().fault(path, message, severity=severity)


def override(source: Source, values: Mapping[str, Any]) -> Source:
    """Lay values over a client file. A key is a dotted path; a tunnel goes by number or by name.

    Raises:
        InvalidInput: a key is no field of a client.
    """
    if not values:
        return source
    faults: list[Fault] = []
    paths: list[Path] = []
    data = _copy(source.data)
    for key, value in values.items():
        path = _path(data, key)
        if (problem := _unknown(path)) or not _lay(data, path, _typed(value)):
            faults.append(_refused(key, problem or "has nothing in the file that it could be laid over"))
        paths.append(path)
    if faults:
        raise InvalidInput(faults)
    return Overridden(source.file, source.folder, data, source._tree, tuple(paths))


def _refused(key: str, message: str) -> Fault:
    return Fault(file=COMMAND_LINE, line=0, column=0, key=key, value="", message=message)


def _copy(data: Any) -> Any:
    if isinstance(data, dict):
        return {key: _copy(value) for key, value in data.items()}
    return [_copy(value) for value in data] if isinstance(data, list) else data


def _path(data: Any, key: str) -> Path:
    parts: list[str | int] = list(key.split("."))
    if len(parts) > 1 and parts[0] == "tunnels":
        tunnels = data.get("tunnels") if isinstance(data, dict) else None
        names = [t.get("name") if isinstance(t, dict) else None for t in tunnels] if isinstance(tunnels, list) else []
        parts[1] = names.index(parts[1]) if parts[1] in names else parts[1]
    return tuple(int(part) if isinstance(part, str) and part.isdecimal() and len(part) < 4 else part for part in parts)


def _unknown(path: Path) -> str | None:
    if path[0] == "tags" and len(path) == 2:
        return None
    for end, part in enumerate(path):
        keys = keys_at(Client, path[:end])
        if isinstance(part, str) and part not in keys:
            return f"is not a field of a client; {nearest(part, keys)}"
    return None


def _typed(value: Any) -> Any:
    """Context from the command line is always text: read it as the file's YAML would be."""
    if not isinstance(value, str):
        return value
    try:
        return YAML(typ="safe", pure=True).load(value) if len(value) < 1000 else value
    except (YAMLError, ValueError, RecursionError):
        return value


def _lay(data: Any, path: Path, value: Any) -> bool:
    """Put the value at `path`, making mappings on the way; False where a list or a scalar is in the way."""
    for part in path[:-1]:
        if isinstance(data, dict):
            data.setdefault(part, {})
        elif not _is_in(data, part):
            return False
        data = data[part]
    if not isinstance(data, dict) and not _is_in(data, path[-1]):
        return False
    data[path[-1]] = value
    return True


def _is_in(data: Any, part: str | int) -> bool:
    return isinstance(data, list) and isinstance(part, int) and part < len(data)
