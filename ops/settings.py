"""Where the files are and as whom AWS is asked: the options that stand before the verb."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

PROJECT = Path(__file__).parents[1]
REHEARSAL, LOCAL = "the rehearsal", "the AWS of make deploy-local"
"""What may be asked instead of AWS. All that it says is invented."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Folders of the files; AWS profile and region, where they are not the environment's own.

    `instead` is what is asked in the place of AWS, mostly empty. `origins` says who named what, for the errors: a folder by
    an option or by an environment variable.
    """

    clients: Path = PROJECT / "clients"
    venues: Path = PROJECT / "venues"
    profile: str | None = None
    region: str | None = None
    instead: str = ""
    origins: Mapping[str, str] = field(default_factory=dict)

    @property
    def context(self) -> Mapping[str, str]:
        """The CDK context that makes the app read the same folders."""
        return {"clients_dir": str(self.clients.resolve()), "venues_dir": str(self.venues.resolve())}
