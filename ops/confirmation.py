"""What cannot be taken back is confirmed by the client's name: a yes is typed too easily."""

from __future__ import annotations

import typer

from ops.console import ask
from ops.failure import BadInput


def typed_name(client: str) -> None:
    """Have a person type the client's name. Raises BadInput where it is another."""
    check_name(client, ask("Type the client's name", needed=True))


def check_name(client: str, given: str) -> None:
    """Raises BadInput where what was given is not the client's name."""
    if given != client:
        raise BadInput("that is not the client's name", advice="nothing was changed")


def agree(question: str) -> None:
    """Have a person say yes. Raises typer.Abort where they do not."""
    if ask(f"{question} [y/N]", needed=False).lower() not in ("y", "yes"):
        raise typer.Abort
