"""What is longer than the terminal is shown by PAGER, by less if there is none: as git does."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO

from ops.interrupts import held
from ops.streams import visible

_LESS = "FRX"
"""What fits the screen needs no key, colours stay, and the text stays on the screen."""


class _Collected(StringIO):
    """What is written for a terminal. `rich_proxied_file` is where rich writes its own colours (`ops.streams`)."""

    encoding = "utf-8"

    def __init__(self) -> None:
        super().__init__()
        self.rich_proxied_file = _Plain(self)

    def isatty(self) -> bool:
        """A terminal shows it in the end."""
        return True

    def write(self, text: str) -> int:
        """Keep it, visibly."""
        return super().write(visible(text))


class _Plain:
    def __init__(self, kept: StringIO) -> None:
        self._kept = kept

    def isatty(self) -> bool:
        """A terminal shows it in the end."""
        return True

    def write(self, text: str) -> int:
        """Keep it as it is: `ops.console` looks at the text before."""
        return StringIO.write(self._kept, text)

    def flush(self) -> None:
        """It is kept until the end."""


@contextmanager
def paged() -> Iterator[None]:
    """Show what is printed in the block by a pager, where it is longer than the terminal that it is for."""
    if not sys.stdout.isatty():
        yield
        return
    terminal, collected = sys.stdout, _Collected()
    sys.stdout = collected
    try:
        yield
    finally:
        sys.stdout = terminal
        # A pager that loses us would leave the terminal as it set it: a signal waits for the pager's end.
        with held():
            _show(collected.getvalue())


def _show(text: str) -> None:
    try:
        pager = shlex.split(os.environ.get("PAGER", "less"))
    except ValueError:  # a quote that nothing closes
        pager = []
    is_long = len(text.splitlines()) >= shutil.get_terminal_size().lines
    if not (is_long and pager and pager != ["cat"] and _paged(pager, text)):
        getattr(sys.stdout, "rich_proxied_file", sys.stdout).write(text)


def _paged(pager: list[str], text: str) -> bool:
    """Whether there is such a program, and it has shown the text."""
    environment = {"LESS": _LESS, **os.environ}
    try:
        return subprocess.run(pager, input=text.encode(), env=environment, check=False).returncode == 0
    except OSError:
        return False
