"""The mark of a weak PSK in a client file, so that `check` and the form go on saying so: one line changes."""

from __future__ import annotations

from pathlib import Path

from ruamel.yaml import YAML

from model.source import read
from ops.files.editing import edit

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
    word = "true" if is_weak else "false"
    tunnels = [{**one, _KEY: is_weak} if number == index else one for number, one in enumerate(before["tunnels"])]
    by_hand = f"write {_KEY}: {word} into the tunnel yourself"
    edit(path, lambda text: _written(text, index, word), wanted={**before, "tunnels": tunnels}, by_hand=by_hand)


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
