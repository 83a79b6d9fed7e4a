"""A client or venue file in one way of writing: two spaces a level, comments and quotes as they are."""

from __future__ import annotations

import io
import re
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from model.faults import InvalidInput
from model.source import parse, read
from ops.failure import Failure

_WIDTH = 130
# As in ops.files.editing: ruamel's reader that keeps comments raises these at what is unusual.
_UNUSUAL = (YAMLError, NotImplementedError, LookupError, TypeError, ValueError, AttributeError, InvalidInput)


def formatted(path: Path) -> tuple[str, str]:
    """The file's text, and as it is to be.

    Raises:
        InvalidInput: the file is not YAML.
        Failure: it is written so unusually that its meaning or a comment would not stay.
    """
    source = read(path)
    if source.faults:
        raise InvalidInput(source.faults)
    text = path.read_bytes().decode("utf-8")
    try:
        new = _written(text)
        stays = parse(new, file=str(path), folder=path.parent).data == source.data and _words(new) == _words(text)
    except _UNUSUAL:
        stays = False
    if not stays:
        raise Failure(f"{path} is written in a way that this program does not format", advice="it stays as it is")
    return text, new


def _written(text: str) -> str:
    yaml = YAML(typ="rt")
    yaml.preserve_quotes, yaml.width = True, _WIDTH
    yaml.indent(mapping=2, sequence=4, offset=2)
    out = io.StringIO()
    yaml.dump(yaml.load(text), out)
    return "".join(f"{line.rstrip()}\n" for line in out.getvalue().splitlines())


def _words(text: str) -> list[str]:
    """What stands in it beside space: every comment is among it."""
    return re.findall(r"#.*?(?=\s*$)", text, re.MULTILINE)
