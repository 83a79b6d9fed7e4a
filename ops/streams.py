"""The way out to a person: whatever is printed, nothing in it can steer the terminal.

What a gateway, a venue's answer, a file's name or AWS says may hold escapes that write into the clipboard or clear the screen,
and characters that turn the direction of writing. They become visible, in JSON's notation, so that JSON stays what it was.
"""

from __future__ import annotations

import os
import re
import sys
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from typing import Any, TextIO

from ops.failure import Failure

OUTPUT = "standard output"
_UNUSUAL = re.compile(r"[^\t\n -~]")
_STEERING = ("Cc", "Cf", "Cs", "Zl", "Zp")
"""Unicode's general categories: controls, format characters, halves of pairs, separators of lines and paragraphs."""


def visible(text: str) -> str:
    """The text with each character that a terminal would obey, or hide, written out."""
    return _UNUSUAL.sub(lambda found: _written(found[0]), text)


def _written(character: str) -> str:
    if unicodedata.category(character) not in _STEERING:
        return character
    units = character.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))


class _Named:
    """A text stream whose errors name it: what Python, click and rich ask of one. Without `buffer` there is no way around it."""

    def __init__(self, stream: TextIO, name: str) -> None:
        self._stream, self._name = stream, name
        self.encoding, self.errors = stream.encoding, stream.errors

    @property
    def closed(self) -> bool:
        """Whether nothing can be written any more."""
        return self._stream.closed

    def writable(self) -> bool:
        """Whether it is one to write to."""
        return self._stream.writable()

    def isatty(self) -> bool:
        """Whether a person reads it."""
        return self._stream.isatty()

    def fileno(self) -> int:
        """The number of its descriptor."""
        return self._stream.fileno()

    def write(self, text: str) -> int:
        """Write it."""
        with self._named():
            return self._stream.write(text)

    def flush(self) -> None:
        """Let it out."""
        with self._named():
            self._stream.flush()

    @contextmanager
    def _named(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise OSError(error.errno, error.strerror, self._name) from None


class Visible(_Named):
    """A text stream that shows what is written to it."""

    def __init__(self, stream: TextIO, name: str) -> None:
        super().__init__(stream, name)
        self.rich_proxied_file = _Named(stream, name)
        """Where rich writes its own colours and cursor movements: `ops.console` looks at the text before."""

    def write(self, text: str) -> int:
        """Write it, visibly."""
        super().write(visible(text))
        return len(text)

    def writelines(self, lines: list[str]) -> None:
        """Write them, visibly."""
        for line in lines:
            self.write(line)


_MOST_OF_LINE = 2000


class Brief(Visible):
    """For errors: a name or value of 100 KB would push off the screen what is said of it."""

    def write(self, text: str) -> int:
        """Write it, visibly, and of a long line its beginning."""
        # The text is looked at as a whole first: click finds out by b"" whether a stream takes bytes.
        for line in visible(text).splitlines(keepends=True):
            end = line[len(line.rstrip("\r\n")) :]
            more = len(line) - _MOST_OF_LINE
            super().write(line if more <= 0 else f"{line[:_MOST_OF_LINE]}… ({more} characters more){end}")
        return len(text)


@contextmanager
def streams() -> Iterator[None]:
    """Let this process print through `Visible`, with what the terminal's encoding lacks written out.

    Raises:
        Failure: standard output cannot take what was printed.
    """
    before = sys.stdin, sys.stdout, sys.stderr
    out = _shown(sys.stdout, OUTPUT)
    sys.stdin, sys.stdout, sys.stderr = sys.stdin or _nothing("r"), out, _shown(sys.stderr, "standard error", Brief)
    try:
        if before[1] is None:
            raise Failure("standard output is closed")
        yield
        out.flush()
    finally:
        sys.stdin, sys.stdout, sys.stderr = before


def _shown(stream: TextIO | None, name: str, kind: type[Visible] = Visible) -> Any:
    stream = stream or _nothing("w")
    if isinstance(stream, TextIOWrapper):
        stream.reconfigure(errors="backslashreplace")
    return kind(stream, name)


def _nothing(mode: str) -> Any:
    return open(os.devnull, mode, encoding="utf-8")  # noqa: PTH123  as long as the process


def give_up() -> None:
    """Our output is closed: Python would complain once more at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def opened() -> None:
    """Let none of our files or sockets take the number of a standard stream that was closed."""
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:
        os.set_inheritable(descriptor, True)
    os.close(descriptor)
