"""Changing one line of a client file: every comment, order and space of the rest stays, or a person must do it.

It writes an image, and the mark of a weak PSK, so that `check` and the form go on saying so.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from model.calendar import Calendar
from model.faults import InvalidInput
from model.source import parse, read
from ops.failure import Failure
from ops.files.writing import write_through

_WEAK_PSK = "weak_psk"
_OUR_REMARK = re.compile(r"  # (Mon|Tue|Wed|Thu|Fri|Sat|Sun)$", re.M)
_PLACEHOLDER = re.compile(r"^\s*#\s*ami: ami-…\s*$")
# ruamel's reader that keeps comments raises the first two; what an unusual style does to a count of lines, the rest.
_UNUSUAL = (YAMLError, NotImplementedError, LookupError, TypeError, ValueError, AttributeError, InvalidInput)


def pin(path: Path, ami: str, remark: str) -> None:
    """Write `gateway.ami`, with a remark behind it, into a client file.

    Raises:
        InvalidInput: the file is not YAML.
        Failure: it is written so unusually that a person must do it.
    """
    before = read(path).data
    wanted = {**before, "gateway": {**(before.get("gateway") or {}), "ami": ami}}
    _edit(path, lambda text: _with_image(text, ami, remark), wanted=wanted, by_hand=f"write ami: {ami} yourself")


def _with_image(text: str, ami: str, remark: str) -> str:
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
    rest = [one for one in lines[line:] if not _PLACEHOLDER.match(one)]
    return "".join([*lines[:line], f"{' ' * column}ami: {ami}  # {remark}\n", *rest])


def _replaced(lines: list[str], place: tuple[int, int], ami: str, remark: str) -> str:
    line, column = place
    rest = re.sub(r"^[\"']?ami-[0-9a-f]+[\"']?", "", lines[line][column:])
    # A remark of ours goes with the image that it was about; somebody else's comment stays.
    rest = re.sub(r"\s*# (running|newest) on \d{4}-\d\d-\d\d.*", "", rest.rstrip("\n"))
    behind = f"  # {remark}" if not rest.strip() else rest
    lines[line] = f"{lines[line][:column]}{ami}{behind}\n"
    return "".join(lines)


def mark(path: Path, index: int, *, is_weak: bool) -> None:
    """Write into a tunnel that its PSK is weak, or no longer; a tunnel without a mark whose PSK is strong has none.

    Raises:
        InvalidInput: the file is not YAML.
        Failure: it is written so unusually that a person must do it.
    """
    before = read(path).data
    tunnel = before["tunnels"][index]
    if bool(tunnel.get(_WEAK_PSK)) == is_weak:
        return
    word = "true" if is_weak else "false"
    tunnels = [{**one, _WEAK_PSK: is_weak} if number == index else one for number, one in enumerate(before["tunnels"])]
    by_hand = f"write {_WEAK_PSK}: {word} into the tunnel yourself"
    _edit(path, lambda text: _with_mark(text, index, word), wanted={**before, "tunnels": tunnels}, by_hand=by_hand)


def _with_mark(text: str, index: int, value: str) -> str:
    tunnels = YAML(typ="rt").load(text)["tunnels"]
    tunnel, lines = tunnels[index], text.splitlines(keepends=True)
    if _WEAK_PSK in tunnel:
        line, column = tunnel.lc.value(_WEAK_PSK)
        old = "false" if value == "true" else "true"
        lines[line] = f"{lines[line][:column]}{value}{lines[line][column + len(old) :]}"
    elif tunnel.fa.flow_style():
        line, column = tunnels.lc.item(index)
        lines[line] = f"{lines[line][: column + 1]}{_WEAK_PSK}: {value}, {lines[line][column + 1 :]}"
    else:
        line, column = tunnel.lc.key("venue")
        lines.insert(line + 1, f"{' ' * column}{_WEAK_PSK}: {value}\n")
    return "".join(lines)


def write_calendar(path: Path, calendar: Calendar) -> None:
    """Write `calendar` into a venue file: instead of the former one, else at its end.

    Raises:
        InvalidInput: the file is not YAML.
        Failure: it is written so unusually, or has comments there, that a person must do it.
    """
    wanted = {**read(path).data, "calendar": calendar.model_dump(mode="json", exclude_defaults=True)}
    block = _calendar(calendar)
    _edit(path, lambda text: _with_calendar(text, block), wanted=wanted, by_hand=f"write there:\n{''.join(block)}")


def _calendar(calendar: Calendar) -> list[str]:
    lines = ["calendar:", f"  until: {calendar.until}"]
    lines += [f"  exchange: {calendar.exchange}"] if calendar.exchange else []
    lines += ["  closed:", *(f"    - {day}  # {day:%a}" for day in calendar.closed)] if calendar.closed else []
    special = [f'    - {{date: {one.date}, start: "{one.start}", end: "{one.end}"}}' for one in calendar.special]
    lines += ["  special:", *special] if special else []
    return [f"{line}\n" for line in lines]


def _with_calendar(text: str, block: list[str]) -> str:
    tree = YAML(typ="rt").load(text)
    lines = text.splitlines(keepends=True)
    if "calendar" not in tree:
        end = [] if not lines or lines[-1].endswith("\n") else ["\n"]
        return "".join([*lines, *end, "\n", *block])
    begin = tree.lc.key("calendar")[0]
    after = [tree.lc.key(key)[0] for key in tree if tree.lc.key(key)[0] > begin]
    last = min(after, default=len(lines))
    while last > begin + 1 and (not lines[last - 1].strip() or lines[last - 1].startswith("#")):
        last -= 1
    if any("#" in _OUR_REMARK.sub("", line) for line in lines[begin:last]):
        raise ValueError("a comment would be lost")
    return "".join([*lines[:begin], *block, *lines[last:]])


def _edit(path: Path, change: Callable[[str], str], *, wanted: Any, by_hand: str) -> None:
    """Change the file's text; then it must say what is wanted, and nothing else.

    Raises:
        Failure: it is written so unusually that a person must do it; `by_hand` is what to write.
    """
    text = path.read_bytes().decode("utf-8")
    try:
        new = change(text)
        is_right = parse(new, file=str(path), folder=path.parent).data == wanted
    except _UNUSUAL:
        is_right = False
    if not is_right:
        raise Failure(f"{path} is written in a way that this program does not edit", advice=by_hand)
    write_through(path, new.encode())
