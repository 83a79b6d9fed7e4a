"""Where the files are and as whom AWS is asked: the options that stand before the verb."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).parents[1]


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Folders of the files; AWS profile and region, where they are not the environment's own."""

    clients: Path = PROJECT / "clients"
    venues: Path = PROJECT / "venues"
    profile: str | None = None
    region: str | None = None

    @property
    def context(self) -> Mapping[str, str]:
        """The CDK context that makes the app read the same folders."""
        return {"clients_dir": str(self.clients.resolve()), "venues_dir": str(self.venues.resolve())}
