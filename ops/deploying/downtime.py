"""How long a tunnel is down for each kind of change, and whether that is in session hours."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from model.deployment import Deployment
from model.venue import Venue
from userdata.hours import hours_of

REPLACEMENT_SECONDS = 30
"""EC2's edge follows the claim: 3 to 20 s as seen in the field (fck-nat#44, aws-ec2-assign-elastic-ip#25); AWS publishes nothing.
Then orders flow again after 4.2 to 11.3 s in the rehearsal, on an emulated processor (docs/recovery.md, row 17)."""
REPLACEMENT_PARTS = "4 to 11 s as rehearsed, and EC2's delay of up to 20 s"


def trading(venues: Iterable[Venue], moment: datetime) -> list[Venue]:
    """The venues that are in their session hours, and not in maintenance."""
    return [venue for venue in venues if hours_of(venue).is_open(moment.timestamp())]


def next_quiet(deployment: Deployment, moment: datetime, *, days: int = 8) -> datetime | None:
    """The next moment, to the quarter of an hour, at which no venue trades; None within so many days."""
    quarter = timedelta(minutes=15)
    candidate = moment.replace(minute=moment.minute // 15 * 15, second=0, microsecond=0) + quarter
    for _ in range(days * 24 * 4):
        if not trading(deployment.venues, candidate):
            return candidate
        candidate += quarter
    return None
