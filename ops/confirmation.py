"""What cannot be taken back is confirmed by the client's name: a yes is typed too easily."""

from __future__ import annotations

import typer

from ops.failure import BadInput


def typed_name(client: str) -> None:
    """Have a person type the client's name. Raises BadInput where it is another."""
    check_name(client, typer.prompt("Type the client's name", err=True))


def check_name(client: str, given: str) -> None:
    """Raises BadInput where what was given is not the client's name."""
    if given != client:
        raise BadInput("that is not the client's name", advice="nothing was changed")
