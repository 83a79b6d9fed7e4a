"""Bad days of AWS's own services, and of the package archive."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from localaws.serving.daemon import Daemon
from rehearsal.faults.fault import Fault, fault
from rehearsal.faults.scene import Scene

_LATER_S, _AT_BOOT_S = 120.0, 90.0
_Where = Callable[[Scene], Daemon]
_SERVICES: tuple[tuple[str, str, _Where], ...] = (
    ("secretsmanager", "Secrets Manager", lambda scene: scene.stage.front),
    ("metadata", "the metadata service", lambda scene: scene.stage.metadata),
    ("cloudwatch", "CloudWatch", lambda scene: scene.stage.front),
)


def _away(subject: str, title: str, where: _Where) -> tuple[Fault, Fault]:
    @fault(13, f"{subject}-away", f"{title} away for two minutes", holds=_LATER_S, part="slow")
    def later(scene: Scene) -> Iterator[None]:
        where(scene).pause(subject, "blackhole")
        yield
        where(scene).resume(subject)

    @fault(
        13,
        f"{subject}-away-at-boot",
        f"{title} away for the first minute and a half of a first boot",
        holds=_AT_BOOT_S,
        limit=600,
        relaunches=True,
        part="boot",
    )
    def at_boot(scene: Scene) -> Iterator[None]:
        where(scene).pause(subject, "blackhole")
        scene.boot_anew()
        yield
        where(scene).resume(subject)

    return later, at_boot


@fault(
    14,
    "archive-away-at-boot",
    "package archive away for the first minute and a half of a first boot",
    holds=_AT_BOOT_S,
    limit=600,
    relaunches=True,
    part="boot",
    doctor=("archive-unreachable", "between"),
)
def archive_away(scene: Scene) -> Iterator[None]:
    scene.edge.archive.pause("archive", "unavailable")
    scene.boot_anew()
    yield
    scene.edge.archive.resume("archive")


FAULTS = (*(one for each in _SERVICES for one in _away(*each)), archive_away)
