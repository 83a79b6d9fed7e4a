"""The second phase of checking: what must hold between values, where the values themselves are right.

The first phase (`model.reading`) says which values are faulty. A rule says which values it reads, and is not asked where one
of them is.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace

from model.deployment import Connection, Deployment
from model.faults import Fault, Path
from model.source import Source


@dataclass(frozen=True)
class Rule:
    """What must hold, and the keys of the values that it reads, without the numbers of a list's entries: `fix.host`.

    Of a client's tunnels and their venues it reads `tunnel.…` and `venue.…`: there it looks at those whose values are right.
    """

    find: Callable[..., Iterator[Fault]]
    reads: tuple[str, ...] = ()

    def lacks(self, faulty: Collection[str]) -> bool:
        """Whether a value that it reads is faulty."""
        return any(is_touched(read, faulty) for read in self.reads)


def is_touched(key: str, faulty: Collection[str]) -> bool:
    """Whether a value is faulty, or a part of it, or what it is a part of."""
    return any(f"{one}.".startswith(f"{key}.") or f"{key}.".startswith(f"{one}.") for one in faulty)


@dataclass(frozen=True)
class Case:
    """A client to check, with the path in the file of the tunnel of each of its connections.

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

    def seen_by(self, rule: Rule) -> Case:
        """The case without the connections that have a faulty value among those that the rule reads."""
        sound = {path: one for path, one in self.tunnels if not rule.lacks(one.faulty)}
        if len(sound) == len(self.paths):
            return self
        deployment = replace(self.deployment, connections=tuple(sound.values()))
        return replace(self, deployment=deployment, paths=tuple(sound), is_whole=False)
