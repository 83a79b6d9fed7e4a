"""When the alarms of a venue are muted: outside its sessions, and while it is being maintained.

A mute rule mutes the actions, not the state: an alarm that began in the night rings at the opening (AWS: "Mute alarm
actions with alarm mute rules").
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from constructs.mutes import Kind, Mute, mutes
from model.venue import Venue


class Silence(Construct):
    """The mute rules of one venue's alarms, as they stand on a day. `alarms`: what each kind of rule mutes."""

    def __init__(
        self, scope: Construct, id: str, *, venue: Venue, alarms: Mapping[Kind, Sequence[str]], today: date
    ) -> None:
        super().__init__(scope, id)
        for mute in mutes(venue, today=today):
            self._mute(mute, f"{venue.name}: {mute.words}", alarms[mute.kind])

    def _mute(self, mute: Mute, description: str, alarms: Sequence[str]) -> None:
        cloudwatch.CfnAlarmMuteRule(
            self,
            mute.name,
            description=description,
            mute_targets=cloudwatch.CfnAlarmMuteRule.MuteTargetsProperty(alarm_names=list(alarms)),
            rule=cloudwatch.CfnAlarmMuteRule.RuleProperty(
                schedule=cloudwatch.CfnAlarmMuteRule.ScheduleProperty(
                    expression=mute.expression, duration=_duration(mute.minutes), timezone=mute.timezone
                )
            ),
            start_date=mute.starts,
            expire_date=mute.expires,
        )


def _duration(minutes: int) -> str:
    """ISO 8601, in the largest units."""
    days, rest = divmod(minutes, 24 * 60)
    hours, left = divmod(rest, 60)
    time = "".join(f"{count}{unit}" for count, unit in ((hours, "H"), (left, "M")) if count)
    return "P" + (f"{days}D" if days else "") + (f"T{time}" if time else "")
