"""`make walkthrough`: runs each command of docs/walkthrough.md, and writes under it what it printed.

The page is its own script. A comment before a block says more:

- `<!-- file: NAME -->`: the block is that file's content.
- `<!-- picture: NAME -->`: the terminal is drawn too, into docs/pictures/walkthrough-NAME.svg.
- `<!-- until: WORDS -->`: its last command is asked again until its answer has these words.
- `<!-- at the venue: COMMAND -->`: first this is done where the venue's gateway runs.

A command with `--keep` goes on in the background until the page ends. The others run in its folder, one after the other.
"""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from handbook.terminal import NotSeen, Terminal, picture, plain

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "walkthrough.md"
KEPT_UP = "It is all up until"
_BLOCK = re.compile(r"((?:<!-- [^\n]* -->\n)*)```(text|yaml)\n(.*?)\n```$", re.MULTILINE | re.DOTALL)
_MARK = re.compile(r"<!-- ([a-z ]+): (.*) -->")
_LIMIT_S, _BOOT_LIMIT_S, _ASKED_AGAIN_S = 300.0, 1800.0, 5.0


@dataclass(frozen=True, kw_only=True)
class Block:
    """A fenced block of the page with the comments before it."""

    marks: Mapping[str, str]
    kind: str
    text: str

    @property
    def commands(self) -> tuple[str, ...]:
        """What a person types in it."""
        return tuple(re.findall(r"^\$ (.*)$", self.text, re.MULTILINE)) if self.kind == "text" else ()

    @property
    def drawn(self) -> Path | None:
        """The file of its picture."""
        name = self.marks.get("picture")
        return PAGE.parent / "pictures" / f"walkthrough-{name}.svg" if name else None


def blocks(page: str) -> Iterator[Block]:
    """Every one of the page, in its order."""
    for marks, kind, text in _BLOCK.findall(page):
        yield Block(marks=dict(_MARK.findall(marks)), kind=kind, text=text)


class Folder:
    """Where a session is recorded: an empty folder, a command on the path, no AWS credentials."""

    def __init__(self, path: Path, parts: ExitStack) -> None:
        self.path = path
        self._parts = parts
        command = path.parent / "bin"
        command.mkdir()
        (command / "fixtunnel").symlink_to(ROOT / "fixtunnel")
        mine = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "FIXTUNNEL_"))}
        self._environment = {
            **mine,
            "PATH": f"{command}:{mine['PATH']}",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_CONFIG_FILE": os.devnull,
            "npm_config_prefer_offline": "true",  # what make setup fetched
        }

    def play(self, block: Block) -> str:
        """Run the commands of a block. Returns what the terminal shows, with its colours."""
        if name := block.marks.get("file"):
            (self.path / name).write_text(block.text + "\n")
        if doing := block.marks.get("at the venue"):
            self._at_the_venue(doing)
        until = block.marks.get("until", "")
        shown = [
            self._shown(one, until if one == block.commands[-1] else "").replace(f"{self.path}/", "")
            for one in block.commands
        ]
        return "\n\n".join(f"$ {command}\n{seen}".rstrip() for command, seen in zip(block.commands, shown, strict=True))

    def _shown(self, command: str, until: str) -> str:
        if command.startswith("cd "):
            self.path /= command.removeprefix("cd ")
            return ""
        if "--keep" in command.split():
            return self._parts.enter_context(self._kept(command))
        end = time.monotonic() + _LIMIT_S
        while until not in plain(seen := self._terminal(command).end(limit=_LIMIT_S)):
            if time.monotonic() > end:
                raise NotSeen(f"{command} did not say {until!r}: {plain(seen)}")
            time.sleep(_ASKED_AGAIN_S)
        return seen

    @contextmanager
    def _kept(self, command: str) -> Iterator[str]:
        (ROOT / ".cache").mkdir(exist_ok=True)
        if not (self.path / ".cache").exists():
            (self.path / ".cache").symlink_to(ROOT / ".cache")  # an image that was built is not built again
        terminal = self._terminal(command, may_ask=True)
        yield terminal.wait_for(lambda seen: KEPT_UP in seen and "Consoles and logs" in seen, limit=_BOOT_LIMIT_S)
        terminal.press_enter()
        terminal.end(limit=_LIMIT_S)

    def _at_the_venue(self, command: str) -> None:
        _, namespace = (self.path / "out" / "rehearsal" / "up").read_text().splitlines()
        subprocess.run(["/bin/sh", "-c", command], env={**self._environment, "VENUE": namespace}, check=True)

    def _terminal(self, command: str, *, may_ask: bool = False) -> Terminal:
        return Terminal(command, folder=self.path, environment=self._environment, may_ask=may_ask)


@contextmanager
def empty_folder() -> Iterator[Folder]:
    """A folder to record in. What goes on in it is ended with it."""
    with tempfile.TemporaryDirectory(prefix="walkthrough-") as made, ExitStack() as parts:
        (folder := Path(made) / "desk").mkdir()
        yield Folder(folder, parts)


def record() -> None:
    """Play the page, and write it again with what was seen."""
    page = PAGE.read_text()
    with empty_folder() as folder:

        def played(found: re.Match[str]) -> str:
            (block,) = blocks(found[0])
            seen = folder.play(block)
            if not block.commands:
                return found[0]
            print(f"recorded {block.commands[-1]}", flush=True)
            if block.drawn:
                block.drawn.write_text(picture(seen, title=block.commands[-1]))
            return f"{found[1]}```text\n{plain(seen)}\n```"

        page = _BLOCK.sub(played, page)
    PAGE.write_text(page)


if __name__ == "__main__":
    record()
