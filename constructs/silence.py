"""When the alarms of a venue are muted: outside its sessions, and while it is being maintained.

A mute rule mutes the actions, not the state: an alarm that began in the night rings at the opening (AWS: "Mute alarm
actions with alarm mute rules").
"""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from model.calendar import Span, maintenance_spans, quiet_spans
from model.venue import Venue


class Silence(Construct):
    """The mute rules of one venue's alarms."""

    def __init__(self, scope: Construct, id: str, *, venue: Venue, alarms: Sequence[str]) -> None:
        super().__init__(scope, id)
        kinds = (("Closed", quiet_spans(venue.session)), ("Maintenance", maintenance_spans(venue.maintenance)))
        for kind, spans in kinds:
            for number, span in enumerate(spans):
                self._mute(f"{kind}{number}", span, f"{venue.name}: {kind.lower()}", alarms)

    def _mute(self, id: str, span: Span, description: str, alarms: Sequence[str]) -> None:
        cloudwatch.CfnAlarmMuteRule(
            self,
            id,
            description=description,
            mute_targets=cloudwatch.CfnAlarmMuteRule.MuteTargetsProperty(alarm_names=list(alarms)),
            rule=cloudwatch.CfnAlarmMuteRule.RuleProperty(
                schedule=cloudwatch.CfnAlarmMuteRule.ScheduleProperty(
                    expression=_cron(span), duration=_duration(span.minutes), timezone=span.timezone
                )
            ),
        )


def _cron(span: Span) -> str:
    hour, minute = span.start.split(":")
    days = ",".join(day.upper() for day in span.days)
    return f"cron({int(minute)} {int(hour)} * * {days})"


def _duration(minutes: int) -> str:
    """ISO 8601, in the largest units."""
    days, rest = divmod(minutes, 24 * 60)
    hours, left = divmod(rest, 60)
    time = "".join(f"{count}{unit}" for count, unit in ((hours, "H"), (left, "M")) if count)
    return "P" + (f"{days}D" if days else "") + (f"T{time}" if time else "")
