"""EC2's own edge learns of an address that moves; the rehearsal's is told."""

from __future__ import annotations

import threading
from types import TracebackType
from typing import Self

from localaws.aws import EmbeddedAws
from rehearsal.world.edge import Edge


class AddressFollower:
    """Moves the edge's translation when the embedded AWS moves the Elastic IP, as EC2's own edge would."""

    def __init__(self, aws: EmbeddedAws, client: str, edge: Edge) -> None:
        self._aws = aws
        self._client = client
        self._edge = edge
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._follow, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join(10)

    def _follow(self) -> None:
        while not self._stop.wait(1.0):
            for instance in self._aws.instances(self._client):
                known = self._edge.associations.get(instance.private_ip)
                if instance.public_ip and instance.public_ip != known:
                    self._edge.associate(public=instance.public_ip, private=instance.private_ip)
