"""A client with its venues, to check: what the rules of `model.client_rules` and `model.tunnel_rules` look at."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from model.base import Untold
from model.deployment import Connection, Deployment
from model.faults import Fault, Path
from model.source import Source


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
        """Each connection with the path of its tunnel; at the end of some but not all, there is no more to be told."""
        yield from zip(self.paths, self.deployment.connections, strict=True)
        if not self.is_whole:
            raise Untold("tunnels")


Rule = Callable[[Case], Iterator[Fault]]
