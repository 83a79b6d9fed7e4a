"""What is shown and asked: tables and progress on a terminal, plain lines in a pipe."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, redirect_stdout
from functools import cache
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.text import Text

from ops.failure import BadInput, Failure
from ops.streams import visible

_PIPE_WIDTH = 160
"""Columns of a table that goes into a file or a pipe: there is no terminal to ask."""


class VisibleConsole(Console):
    """Writes its own colours and cursor movements past `ops.streams.Visible`: so the text is looked at here."""

    def render_str(self, text: str, **how: Any) -> Text:
        """Text that nothing hides in, also where it is measured for a table."""
        return super().render_str(visible(text), **how)

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterator[Segment]:
        """Everything that is printed comes by here."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else segment._replace(text=visible(segment.text))


@cache
def console(*, errors: bool = False) -> Console:
    """Standard output, or standard error. Text is shown as it is: what comes from files or from AWS has no markup."""
    stream = sys.stderr if errors else sys.stdout
    width = None if stream.isatty() else _PIPE_WIDTH
    return VisibleConsole(highlight=False, stderr=errors, width=width, emoji=False, markup=False)


def show(what: RenderableType, *, style: str | None = None) -> None:
    """Show a line or a table."""
    console().print(what, style=style, soft_wrap=isinstance(what, str))


def show_json(what: Any) -> None:
    """Show something for a machine to read."""
    print(json.dumps(what, indent=2, default=str, ensure_ascii=False, allow_nan=False))


def aside(*, as_json: bool) -> AbstractContextManager[Any]:
    """With --json, what a person would be shown goes to standard error: the JSON alone is on standard output."""
    return redirect_stdout(sys.stderr) if as_json else nullcontext()


def note(text: str, *, style: str | None = "dim") -> None:
    """A remark for a person, beside the output: on standard error."""
    console(errors=True).print(text, style=style, soft_wrap=True)


def ask(words: str, *, needed: bool) -> str:
    """What a person types after a question on standard error, without the space around it; again while it is needed and empty.

    The built-in `input` drops what is raised while our stream is flushed: Ctrl-C in that moment would be lost.

    Raises:
        Failure: the input has ended.
    """
    while True:
        print(f"{words}: ", end="", file=sys.stderr, flush=True)
        line = sys.stdin.readline(4096)
        if not line:
            print(file=sys.stderr)
            raise Failure("the input has ended before an answer", advice="nothing was changed, and no file was written")
        if line.strip() or not needed:
            return line.strip()


@contextmanager
def waiting(what: str) -> Iterator[None]:
    """Say what is waited for: a spinner on a terminal, a line with its seconds elsewhere."""
    begun = time.monotonic()
    if console(errors=True).is_terminal:
        with console(errors=True).status(what):
            yield
        return
    yield
    note(f"{what}: {time.monotonic() - begun:.1f} s")


def typed_name(client: str) -> None:
    """Have a person type the client's name, before what cannot be undone. Raises BadInput where it is another."""
    if ask("Type the client's name", needed=True) != client:
        raise BadInput("that is not the client's name", advice="nothing was changed")


def agree(question: str) -> None:
    """Have a person say yes. Raises Failure where they do not, and BadInput without a terminal."""
    if not sys.stdin.isatty():
        raise BadInput(f"there is no terminal to ask at: {question}", advice="nothing was changed; give --yes to agree")
    if ask(f"{question} [y/N]", needed=False).lower() not in ("y", "yes"):
        raise Failure("that is no yes", advice="nothing was changed")
