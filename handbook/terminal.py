"""A command at a terminal: what a person sees of it in the end, as text and as a picture."""

from __future__ import annotations

import fcntl
import io
import os
import pty
import re
import struct
import subprocess
import termios
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

COLUMNS, _ROWS = 132, 500
_CONTROL = re.compile(r"\x1b\[\??([0-9;]*)([A-Za-z])|(\r\n|\r|\n)")
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_PAUSE_S = 0.2
_PICTURE = """\
<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{ font-family: Menlo, Consolas, "DejaVu Sans Mono", monospace }}
.{unique_id}-matrix {{ font-size: {char_height}px; line-height: {line_height}px }}
.{unique_id}-title {{ font-size: 18px; font-weight: bold; font-family: sans-serif }}
{styles}
</style>
<defs><clipPath id="{unique_id}-clip-terminal"><rect x="0" y="0" width="{terminal_width}" height="{terminal_height}"/></clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""
"""rich's own, without the font that it loads from another host."""


class NotSeen(Exception):
    """What was waited for did not come."""


class Terminal:
    """One command at a terminal of its own, from its start. It reads what is printed in the background."""

    def __init__(self, command: str, *, folder: Path, environment: Mapping[str, str], may_ask: bool = False) -> None:
        """`may_ask`: its standard input is the terminal too."""
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", _ROWS, COLUMNS, 0, 0))
        size = {"COLUMNS": str(COLUMNS), "LINES": str(_ROWS), "TERM": "xterm-256color"}
        self._process = subprocess.Popen(
            ["/bin/sh", "-c", command],
            cwd=folder,
            env={**environment, **size},
            stdin=theirs if may_ask else subprocess.DEVNULL,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)
        self._ours, self._printed = ours, b""
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        try:
            while part := os.read(self._ours, 1 << 16):
                self._printed += part
        except OSError:
            return  # its other end is closed: the command has ended

    @property
    def seen(self) -> str:
        """The lines as they stand there now, with their colours."""
        return screen(self._printed.decode(errors="replace"))

    def end(self, *, limit: float) -> str:
        """Wait until it has ended. Returns what was seen."""
        self._process.wait(limit)
        self._reader.join(limit)
        return self.seen

    def wait_for(self, is_there: Callable[[str], bool], *, limit: float) -> str:
        """Wait until this holds for what is seen, and return that. Raises NotSeen."""
        end = time.monotonic() + limit
        while not is_there(self.seen):
            if time.monotonic() > end or self._process.poll() is not None:
                raise NotSeen(plain(self.seen)[-2000:])
            time.sleep(_PAUSE_S)
        return self.seen

    def press_enter(self) -> None:
        """Answer it with an empty line."""
        os.write(self._ours, b"\n")


def screen(printed: str) -> str:
    """What stands on the screen after all that: a spinner is drawn over, a line that was cleared is gone."""
    lines, row, at = [""], 0, 0
    for found in _CONTROL.finditer(printed):
        lines[row] += printed[at : found.start()]
        at = found.end()
        number, letter, newline = found.groups()
        if newline == "\r":
            lines[row] = ""
        elif newline:
            row += 1
            lines += [""] * (row + 1 - len(lines))
        elif letter == "A":
            row = max(0, row - int(number or 1))
        elif letter == "K":
            lines[row] = ""
        elif letter == "m":
            lines[row] += found[0]
    lines[row] += printed[at:]
    return "\n".join(line.rstrip() for line in lines).rstrip()


def plain(seen: str) -> str:
    """Without colours. No line ends with a blank."""
    return "\n".join(line.rstrip() for line in _COLOUR.sub("", seen).splitlines())


def picture(seen: str, *, title: str) -> str:
    """The terminal as SVG. It loads nothing, and the same words make the same picture."""
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    console.print(Text.from_ansi(seen))
    name = re.sub(r"\W+", "-", title).strip("-")
    svg = console.export_svg(title=title, theme=MONOKAI, code_format=_PICTURE, unique_id=name)
    return "\n".join(line.rstrip() for line in svg.splitlines()) + "\n"
