"""What watches over the gateway from outside."""

from __future__ import annotations

from aws_cdk import Aws
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_sns as sns
from constructs import Construct


class Alarms(Construct):
    """Recovery of the instance when its host fails, and a mail that says so."""

    def __init__(self, scope: Construct, id: str, *, client: str, instance_id: str, email: str | None) -> None:
        super().__init__(scope, id)
        mail = [self._topic(client, email)] if email else []
        cloudwatch.CfnAlarm(
            self,
            "Host",
            alarm_description=(
                f"The host under the gateway of {client} failed. AWS moves the gateway to another one by itself; "
                "look at the tunnel when this alarm ends."
            ),
            namespace="AWS/EC2",
            metric_name="StatusCheckFailed_System",
            dimensions=[cloudwatch.CfnAlarm.DimensionProperty(name="InstanceId", value=instance_id)],
            statistic="Maximum",
            period=60,
            evaluation_periods=2,
            threshold=1,
            comparison_operator="GreaterThanOrEqualToThreshold",
            alarm_actions=[f"arn:{Aws.PARTITION}:automate:{Aws.REGION}:ec2:recover", *mail],
            ok_actions=mail or None,
        )

    def _topic(self, client: str, email: str) -> str:
        subscription = sns.CfnTopic.SubscriptionProperty(protocol="email", endpoint=email)
        return sns.CfnTopic(self, "Topic", display_name=f"fixtunnel {client}", subscription=[subscription]).ref
