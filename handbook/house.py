"""The map of the house in CONTRIBUTING.md and as a picture, from the imports: what is used by whom."""

from __future__ import annotations

import ast
from pathlib import Path

from handbook.drawing import Arrow, Box, svg

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "CONTRIBUTING.md"
FOLDERS = {
    "model": "what a client and a venue are",
    "userdata": "what the instance is given",
    "constructs": "one part of the stack a file",
    "stacks": "the wiring of one client",
    "ops": "./fixtunnel, the operator's command",
    "localaws": "an AWS on this machine",
    "rehearsal": "boots and trades through it",
    "handbook": "the pages that are made from the code",
}
_OPENING, _CLOSING = "```text\n", "```\n\n`python -m handbook` draws this"


def page() -> str:
    """CONTRIBUTING.md with the map as it is now."""
    before, _, rest = PAGE.read_text().partition(f"## Where things are\n\n{_OPENING}")
    _, _, after = rest.partition(_CLOSING)
    return f"{before}## Where things are\n\n{_OPENING}{drawn()}{_CLOSING}{after}"


def drawn() -> str:
    """Each folder, below all that it uses, with a mark in the column of each."""
    names = list(FOLDERS)
    lines = []
    for row, name in enumerate(names):
        used = uses(name)
        marks = "".join("●──" if one in used else "│  " for one in names[:row])
        lines.append(f"{marks}┌ {name:<11}{' ' * 3 * (len(names) - row - 1)}{FOLDERS[name]}")
    return "\n".join([*lines, "", "●: the folder of this line uses the one at the top of the column"]) + "\n"


def uses(folder: str) -> set[str]:
    """The other folders that a folder imports from."""
    found: set[str] = set()
    for path in (ROOT / folder).rglob("*.py"):
        if "userdata/files" not in str(path):
            for node in ast.walk(ast.parse(path.read_text())):
                names = [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []
                names += [one.name for one in node.names] if isinstance(node, ast.Import) else []
                found |= {name.split(".")[0] for name in names}
    return found & (set(FOLDERS) - {folder})


_WIDTH, _HEIGHT, _APART, _BELOW = 280, 60, 320, 110


def picture() -> str:
    """The same as SVG: each folder below those that it uses. An arrow leads to a folder that no other one leads to already."""
    users = {name: uses(name) for name in FOLDERS}
    levels: dict[str, int] = {}
    while len(levels) < len(users):
        levels |= {
            name: 1 + max((levels[one] for one in used), default=-1)
            for name, used in users.items()
            if used <= set(levels)
        }
    rows = [[name for name in FOLDERS if levels[name] == level] for level in range(max(levels.values()) + 1)]
    boxes = {
        name: Box(
            x=20 + _APART * column,
            y=20 + _BELOW * level,
            width=_WIDTH,
            height=_HEIGHT,
            title=name,
            lines=(FOLDERS[name],),
        )
        for level, row in enumerate(rows)
        for column, name in enumerate(row)
    }
    arrows = [
        Arrow(
            start=(boxes[name].x + _WIDTH // 2, boxes[name].y), end=(boxes[to].x + _WIDTH // 2, boxes[to].y + _HEIGHT)
        )
        for name, used in users.items()
        for to in sorted(used)
        if not any(to in users[other] for other in used)
    ]
    width = 40 + _APART * max(map(len, rows)) - (_APART - _WIDTH)
    height = 40 + _BELOW * len(rows) - (_BELOW - _HEIGHT)
    label = "Each folder, and the folders that it uses"
    return svg([*arrows, *boxes.values()], width=width, height=height, name="house", label=label)
