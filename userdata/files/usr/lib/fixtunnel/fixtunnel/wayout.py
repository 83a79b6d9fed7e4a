"""Which of this host's addresses its own calls leave from: the primary one; while that has no way out, the one that carries the
Elastic IP.

An instance that was stopped and started has no public address for its primary one: EC2 gives none while a secondary one has
an Elastic IP (EC2 User Guide, "Amazon EC2 instance IP addressing", Public IPv4 addresses). While it holds the Elastic IP it
then reaches AWS all the same, and the archive too. Without either it reaches nothing, until it is stopped and started again.
"""

import json
from collections.abc import Callable

from fixtunnel.card import Card
from fixtunnel.command import run
from fixtunnel.contract import said
from fixtunnel.metadata import Metadata, NoAnswer

PERIOD_SECONDS = 20.0
METRIC = "50"
"""Before the one that DHCP gave, which stays."""
_LINK_LOCAL = "169.254.0.0/16"
"""AWS's own services beside this host, such as metadata and time, stay with the primary address."""


class WayOut:
    """Looks now and then. `holds`: whether this instance holds the Elastic IP."""

    def __init__(self, card: Card, metadata: Metadata, *, holds: Callable[[], bool]) -> None:
        self._card = card
        self._metadata = metadata
        self._holds = holds
        self._look_at = 0.0
        self._is_led: bool | None = None

    def look(self, now: float) -> None:
        """Lead our own calls out by the secondary address, or no longer.

        Raises:
            Failed: the route cannot be made.
        """
        holds = self._holds()
        if now < self._look_at and (holds or not self._is_led):
            return
        self._look_at = now + PERIOD_SECONDS
        try:
            lead = holds and not self._has_own()
        except NoAnswer:
            return
        if lead != self._is_led and (lead or self._is_led):
            which = "the address that carries the Elastic IP" if lead else "the primary address"
            print(said(f"calls to AWS leave from {which}"), flush=True)
        if lead:
            self._lead()
        elif lead != self._is_led:
            for place in ("default", _LINK_LOCAL):
                run("ip", "route", "del", place, "metric", METRIC, check=False)
        self._is_led = lead

    def _has_own(self) -> bool:
        """Whether any public address is the primary one's."""
        folder = f"network/interfaces/macs/{self._card.mac}/ipv4-associations/"
        publics = (self._metadata.get(folder) or "").split()
        return any(self._card.primary in (self._metadata.get(folder + one) or "").split() for one in publics)

    def _lead(self) -> None:
        found = json.loads(run("ip", "-json", "route", "show", "default").stdout or "[]")
        for way in [one for one in found if "gateway" in one][:1]:
            out = f"via {way['gateway']} dev {way['dev']} metric {METRIC}"
            lines = (f"default {out} src {self._card.secondary}", f"{_LINK_LOCAL} {out} src {self._card.primary}")
            run("ip", "-batch", "-", stdin="".join(f"route replace {line}\n" for line in lines))
