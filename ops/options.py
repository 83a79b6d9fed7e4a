"""What every verb hears (where the files are, as whom AWS is asked), and what several take."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from model import configuration
from ops import completing
from ops.failure import BadInput

if TYPE_CHECKING:
    from model.client import Client

PROJECT = Path(__file__).parents[1]
REHEARSAL, LOCAL = "the rehearsal", "the AWS of make deploy-local"
"""What may be asked instead of AWS. All that it says is invented."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Folders of the files; AWS profile and region, where they are not the environment's own.

    `stand_in` is what is asked instead of AWS, mostly empty. `origins` says who named what, for the errors: a folder by
    an option or by an environment variable.
    """

    clients: Path = PROJECT / "clients"
    venues: Path = PROJECT / "venues"
    profile: str | None = None
    region: str | None = None
    stand_in: str = ""
    origins: Mapping[str, str] = field(default_factory=dict)

    @property
    def context(self) -> Mapping[str, str]:
        """The CDK context that makes the app read the same folders."""
        return {"clients_dir": str(self.clients.resolve()), "venues_dir": str(self.venues.resolve())}


ClientName = Annotated[
    str,
    typer.Argument(
        metavar="CLIENT", help="The client: the name of a file in clients/.", autocompletion=completing.clients
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="For a machine to read, as ops/schema/ describes it.")]
Yes = Annotated[bool, typer.Option("--yes", help="Answer yes to what would be asked.")]
Now = Annotated[bool, typer.Option("--now", help="Even if it takes a tunnel down while a venue trades.")]
"""The one rule for consent: these two, and an option of its own for what can't be undone."""


def finite(value: float) -> float:
    """Refuse what is no number: it is in no range, and passes every comparison."""
    if not math.isfinite(value):
        raise typer.BadParameter(f"{value} is not a number.")
    return value


def region_of(client: Client, settings: Settings) -> str:
    """The client file's; else --region, AWS_REGION, AWS_DEFAULT_REGION, fixtunnel.toml's, the profile's.

    Raises:
        BadInput: none says."""
    given = client.region or settings.region or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    chosen = given or _configured() or _of_profile(settings.profile)
    if not chosen:
        advice = "write region: in the client file, or set AWS_REGION, or give --region"
        raise BadInput("no AWS region", advice=advice)
    return chosen


def _configured() -> str | None:
    found = configuration.find()
    return found.says.region if found else None


def _of_profile(profile: str | None) -> str | None:
    from ops.aws.access import profile_region  # noqa: PLC0415  boto3 takes half a second, and is the last to be asked

    return profile_region(profile)
