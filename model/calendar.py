"""When a venue trades, when it is being maintained, and when a client allows a restart."""

from __future__ import annotations

from functools import cache
from typing import Annotated, Any, Literal, get_args
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from model.base import Part
from model.values import TimeOfDay, wrong

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DAYS: tuple[Day, ...] = get_args(Day)
WORKING_WEEK = DAYS[:5]


def _in_small_letters(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


_ANY_CASE = "|".join("".join(f"[{sign.upper()}{sign}]" for sign in day) for day in DAYS)
# An editor offers the words, and takes them in any case, as we do.
_SCHEMA = {"anyOf": [{"type": "string", "enum": list(DAYS)}, {"type": "string", "pattern": f"^({_ANY_CASE})$"}]}
DayInAnyCase = Annotated[Day, BeforeValidator(_in_small_letters), WithJsonSchema(_SCHEMA)]


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _zone(value: Any) -> str:
    if value not in _zones():
        raise wrong("is not a time zone", "write a name of the IANA database, such as Europe/London")
    return str(value)


TimeZone = Annotated[str, AfterValidator(_zone)]


class Window(Part):
    """A span of the week. One that ends before it begins runs past midnight."""

    days: tuple[DayInAnyCase, ...] = Field(
        default=WORKING_WEEK, min_length=1, description="The days on which it begins."
    )
    start: TimeOfDay = Field(description="Local time at which it begins.", examples=["07:00"])
    end: TimeOfDay = Field(description="Local time at which it ends.", examples=["17:30"])
    timezone: TimeZone = Field(default="UTC", description="IANA time zone of both times.", examples=["Europe/London"])

    @property
    def zone(self) -> ZoneInfo:
        """The time zone as an object."""
        return ZoneInfo(self.timezone)
