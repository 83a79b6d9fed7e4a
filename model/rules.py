"""The second phase of checking: what must hold between values, where the values themselves are right.

The first phase (`model.reading`) says which values are faulty. A rule says which values it reads, and is not asked where one
of them is.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass

from model.deployment import Connection, Deployment
from model.faults import Fault, Path
from model.source import Source


@dataclass(frozen=True)
class Rule:
    """What must hold, and the keys of the values that it reads, without the numbers of a list's entries: `fix.host`."""

    find: Callable[..., Iterator[Fault]]
    reads: tuple[str, ...] = ()

    def lacks(self, faulty: Collection[str]) -> bool:
        """Whether a value that it reads is faulty."""
        return any(is_touched(read, faulty) for read in self.reads)


def is_touched(key: str, faulty: Collection[str]) -> bool:
    """Whether a value is faulty, or a part of it, or what it is a part of."""
    return any(f"{one}.".startswith(f"{key}.") or f"{key}.".startswith(f"{one}.") for one in faulty)


def broken(rules: Sequence[Rule], faulty: Collection[str], *about: object) -> list[Fault]:
    """The faults that the rules find, of those whose values are all right."""
    return [fault for rule in rules if not rule.lacks(faulty) for fault in rule.find(*about)]


@dataclass(frozen=True)
class Case:
    """A client to check, with its sound connections, and the path in the file of the tunnel of each.

    Whole is a case in which no value is faulty and each tunnel has its connection. What is deployed needs every value; a
    file that is only checked, or from which a form is made, may wait for an address that the venue has to assign.
    """

    deployment: Deployment
    source: Source
    paths: tuple[Path, ...]
    is_whole: bool = True
    is_deployed: bool = True

    @property
    def tunnels(self) -> Iterator[tuple[Path, Connection]]:
        """Each connection with the path of its tunnel."""
        return zip(self.paths, self.deployment.connections, strict=True)
