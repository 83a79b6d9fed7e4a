"""What keeps AWS's agent for sessions current."""

from __future__ import annotations

from aws_cdk import aws_ssm as ssm
from constructs import Construct

from model.calendar import Window, weekly_moment

DOCUMENT = "AWS-UpdateSSMAgent"
_YEAR = 2026
"""Of the time zone's offsets. A fixed one: a template must not change with the day on which it is made."""


class AgentUpdate(Construct):
    """State Manager updates the agent once a week, in the client's restart window. The tunnels do not notice.

    It updates one that is there, and installs none. State Manager knows no time zones, one day of the week, and no months:
    https://docs.aws.amazon.com/systems-manager/latest/userguide/reference-cron-and-rate-expressions.html
    """

    def __init__(self, scope: Construct, id: str, *, name: str, instance_id: str, window: Window) -> None:
        super().__init__(scope, id)
        day, time = weekly_moment(window, year=_YEAR)
        hour, minute = map(int, time.split(":"))
        ssm.CfnAssociation(
            self,
            "Association",
            name=DOCUMENT,
            association_name=f"{name}-agent",
            # Not InstanceId: another one would be another association.
            targets=[ssm.CfnAssociation.TargetProperty(key="InstanceIds", values=[instance_id])],
            schedule_expression=f"cron({minute} {hour} ? * {day.upper()} *)",
            # Else it would run at each deploy, too.
            apply_only_at_cron_interval=True,
        )
