"""Writing an image into a client file: one line changes, and every comment, order and space of the rest stays."""

from __future__ import annotations

import re
from pathlib import Path

from ruamel.yaml import YAML

from model.source import read
from ops.files.editing import edit

_PLACEHOLDER = re.compile(r"^\s*#\s*ami: ami-…\s*$")


def pin(path: Path, ami: str, remark: str) -> None:
    """Write `gateway.ami`, with a remark behind it, into a client file.

    Raises:
        InvalidInput: the file is not YAML.
        Failure: it is written so unusually that a person must do it.
    """
    before = read(path).data
    wanted = {**before, "gateway": {**(before.get("gateway") or {}), "ami": ami}}
    edit(path, lambda text: _written(text, ami, remark), wanted=wanted, by_hand=f"write ami: {ami} yourself")


def _written(text: str, ami: str, remark: str) -> str:
    tree = YAML(typ="rt").load(text)
    lines = text.splitlines(keepends=True)
    gateway = tree.get("gateway")
    if not gateway:
        number = tree.lc.key("gateway")[0] if "gateway" in tree else tree.lc.key("tunnels")[0]
        new = f"gateway:\n  ami: {ami}  # {remark}\n"
        return "".join([*lines[:number], new, *lines[number + ("gateway" in tree) :]])
    if "ami" in gateway:
        return _replaced(lines, gateway.lc.value("ami"), ami, remark)
    if gateway.fa.flow_style():
        line, column = tree.lc.value("gateway")
        lines[line] = f"{lines[line][: column + 1]}ami: {ami}, {lines[line][column + 1 :]}"
        return "".join(lines)
    line, column = gateway.lc.key(next(iter(gateway)))
    kept = [one for one in lines[line:] if not _PLACEHOLDER.match(one)]
    return "".join([*lines[:line], f"{' ' * column}ami: {ami}  # {remark}\n", *kept])


def _replaced(lines: list[str], place: tuple[int, int], ami: str, remark: str) -> str:
    line, column = place
    rest = re.sub(r"^[\"']?ami-[0-9a-f]+[\"']?", "", lines[line][column:])
    # A remark of ours goes with the image that it was about; somebody else's comment stays.
    rest = re.sub(r"\s*# (running|newest) on \d{4}-\d\d-\d\d.*", "", rest.rstrip("\n"))
    behind = f"  # {remark}" if not rest.strip() else rest
    lines[line] = f"{lines[line][:column]}{ami}{behind}\n"
    return "".join(lines)
