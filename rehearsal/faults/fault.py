"""One bad day: what happens, and what makes it good again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Literal

from model.deployment import Deployment
from rehearsal.faults.scene import Scene

Happening = Callable[[Scene], AbstractContextManager[None]]
Part = Literal["quick", "slow", "boot"]


def nothing(_scene: Scene) -> None:
    """Nothing to put right."""


@dataclass(frozen=True, kw_only=True)
class Fault:
    """A named fault. Entering `happen` injects it, leaving it lifts it.

    Args:
        number: its row in the issue's table; variants of one row share it.
        what: what happens, for a reader of the table.
        holds: seconds between injection and lifting.
        limit: seconds after the lifting in which recovery is waited for; later is "never".
        goal: seconds within which it should recover, on a quiet machine; None where none was set.
        relaunches: the client's FIX engine ends with it, where it runs on the gateway.
        cannot: why it cannot be run with a client, or nothing.
        afterwards: what must be put right for the next fault, and is no part of this one.
        doctor: the cause and the side that `fixtunnel doctor` must name, of a fault that stays until somebody acts: asked
            before it is lifted, or before it is put right afterwards.
        todo: what the operator sees and does, where waiting is not enough.
        is_last: another gateway works afterwards, and nothing more can be played.
    """

    number: int
    name: str
    what: str
    happen: Happening
    holds: float = 0
    limit: float = 120
    goal: float | None = None
    relaunches: bool = False
    part: Part = "quick"
    cannot: Callable[[Deployment], str] = lambda _deployment: ""
    afterwards: Callable[[Scene], object] = nothing
    doctor: tuple[str, str] | None = None
    todo: str = ""
    is_last: bool = False

    @property
    def outlasts_its_lifting(self) -> bool:
        """Whether something of it is still there once recovery was measured."""
        return self.afterwards is not nothing


def fault(
    number: int,
    name: str,
    what: str,
    *,
    holds: float = 0,
    limit: float = 120,
    goal: float | None = None,
    relaunches: bool = False,
    part: Part = "quick",
    cannot: Callable[[Deployment], str] = lambda _deployment: "",
    afterwards: Callable[[Scene], object] = nothing,
    doctor: tuple[str, str] | None = None,
    todo: str = "",
    is_last: bool = False,
) -> Callable[[Callable[[Scene], Iterator[None]]], Fault]:
    """A fault from what it does: a generator that injects, yields, and lifts."""

    def made(body: Callable[[Scene], Iterator[None]]) -> Fault:
        return Fault(
            number=number,
            name=name,
            what=what,
            happen=contextmanager(body),
            holds=holds,
            limit=limit,
            goal=goal,
            relaunches=relaunches,
            part=part,
            cannot=cannot,
            afterwards=afterwards,
            doctor=doctor,
            todo=todo,
            is_last=is_last,
        )

    return made
