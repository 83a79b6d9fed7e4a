"""Which files go onto an instance: those that `shipped.txt` lists, and nothing else that lies beside them.

Another file is another checksum, and that replaces the gateway: an editor's swap file or a cache must not do so.
"""

from __future__ import annotations

from pathlib import Path

HERE = Path(__file__).parent
LIST = HERE / "shipped.txt"


def shipped(tree: Path) -> list[Path]:
    """The files of a tree that mirrors the instance's file system: `files` or `start`."""
    names = (Path(line) for line in LIST.read_text().splitlines())
    return sorted(tree / name.relative_to(tree.name) for name in names if name.parts[0] == tree.name)
