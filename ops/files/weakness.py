"""The mark of a weak PSK in a client file, so that `check` and the form go on saying so: one line changes."""

from __future__ import annotations

from pathlib import Path

from ruamel.yaml import YAML

from model.source import parse, read
from ops.failure import Failure

_KEY = "weak_psk"


def mark(path: Path, index: int, *, is_weak: bool) -> None:
    """Write into a tunnel that its PSK is weak, or no longer; a tunnel without a mark whose PSK is strong has none.

    Raises:
        InvalidInput: the file is not YAML.
        Failure: it is written so unusually that a person must do it.
    """
    before = read(path).data
    tunnel = before["tunnels"][index]
    if bool(tunnel.get(_KEY)) == is_weak:
        return
    new = _written(path.read_text(encoding="utf-8"), index, "true" if is_weak else "false")
    tunnels = [{**one, _KEY: is_weak} if number == index else one for number, one in enumerate(before["tunnels"])]
    if parse(new, file=str(path), folder=path.parent).data != {**before, "tunnels": tunnels}:
        raise Failure(
            f"{path} is written in a way that this program does not edit",
            advice=f"write {_KEY}: {'true' if is_weak else 'false'} into the tunnel yourself",
        )
    # In one step: a full disk or a power cut leaves the old file or the new one.
    beside = path.with_name(f".{path.name}.new")
    beside.write_text(new, encoding="utf-8")
    beside.replace(path)


def _written(text: str, index: int, value: str) -> str:
    tunnels = YAML(typ="rt").load(text)["tunnels"]
    tunnel, lines = tunnels[index], text.splitlines(keepends=True)
    if _KEY in tunnel:
        line, column = tunnel.lc.value(_KEY)
        old = "false" if value == "true" else "true"
        lines[line] = f"{lines[line][:column]}{value}{lines[line][column + len(old) :]}"
    elif tunnel.fa.flow_style():
        line, column = tunnels.lc.item(index)
        lines[line] = f"{lines[line][: column + 1]}{_KEY}: {value}, {lines[line][column + 1 :]}"
    else:
        line, column = tunnel.lc.key("venue")
        lines.insert(line + 1, f"{' ' * column}{_KEY}: {value}\n")
    return "".join(lines)
