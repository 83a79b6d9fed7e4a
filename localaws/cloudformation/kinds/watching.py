"""Alarms, their silence, where they go to, and logs.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/AWS_CloudWatch.html
"""

from __future__ import annotations

import json
from typing import Any

from localaws.cloudformation.faults import CannotMake
from localaws.cloudformation.kinds.base import Kind, Made, Properties, Request
from localaws.rules import muting
from localaws.rules.keys import assert_usable
from localaws.rules.mail import PENDING


class Alarm(Kind):
    """An alarm: CloudFormation's properties are PutMetricAlarm's arguments."""

    made_with = ("AlarmName",)
    changes = (
        "ActionsEnabled",
        "AlarmActions",
        "AlarmDescription",
        "ComparisonOperator",
        "DatapointsToAlarm",
        "Dimensions",
        "EvaluationPeriods",
        "ExtendedStatistic",
        "InsufficientDataActions",
        "MetricName",
        "Metrics",
        "Namespace",
        "OKActions",
        "Period",
        "Statistic",
        "Tags",
        "Threshold",
        "TreatMissingData",
        "Unit",
    )

    def create(self, request: Request) -> Made:
        """Set it."""
        return self._put(request.properties.get("AlarmName") or request.generated_name(255), request)

    def update(self, made: Made, request: Request, old: Properties) -> Made:
        """Set it again."""
        return self._put(made.physical_id, request)

    def _put(self, name: str, request: Request) -> Made:
        wanted = {key: value for key, value in request.properties.items() if key != "Tags"}
        self.clients.client("cloudwatch").put_metric_alarm(**{**wanted, "AlarmName": name, "Tags": request.tags})
        arn = f"arn:aws:cloudwatch:{self.clients.region}:{self.clients.account}:alarm:{name}"
        return Made(physical_id=name, attributes={"Arn": arn})

    def delete(self, made: Made, properties: Properties) -> None:
        """Remove it."""
        self.clients.client("cloudwatch").delete_alarms(AlarmNames=[made.physical_id])


class Dashboard(Kind):
    """A page of graphs."""

    made_with = ("DashboardName",)
    changes = ("DashboardBody",)
    notes = ("Tags",)  # moto's dashboards have none

    def create(self, request: Request) -> Made:
        """Put it up."""
        name = request.properties.get("DashboardName") or request.generated_name(255)
        return self._put(name, request)

    def update(self, made: Made, request: Request, old: Properties) -> Made:
        """Put it up again."""
        return self._put(made.physical_id, request)

    def _put(self, name: str, request: Request) -> Made:
        body = request.properties["DashboardBody"]
        text = body if isinstance(body, str) else json.dumps(body)
        self.clients.client("cloudwatch").put_dashboard(DashboardName=name, DashboardBody=text)
        return Made(physical_id=name)

    def delete(self, made: Made, properties: Properties) -> None:
        """Take it down."""
        self.clients.client("cloudwatch").delete_dashboards(DashboardNames=[made.physical_id])


class MuteRule(Kind):
    """Silence by calendar. A record only: moto has none, and no alarm rings here."""

    made_with = ("Name",)
    notes = ("Description", "ExpireDate", "MuteTargets", "Rule", "StartDate", "Tags")

    def create(self, request: Request) -> Made:
        """Note it."""
        self._hold(request)
        name = request.properties.get("Name") or request.generated_name(255)
        arn = f"arn:aws:cloudwatch:{self.clients.region}:{self.clients.account}:alarm-mute-rule:{name}"
        return Made(physical_id=arn, attributes={"Arn": arn})

    def update(self, made: Made, request: Request, old: Properties) -> Made:
        """Note the change."""
        self._hold(request)
        return made

    def _hold(self, request: Request) -> None:
        """To what AWS says of such a rule, and to the alarms that are there."""
        if wrong := [*muting.faults(request.properties)]:
            raise CannotMake("; ".join(wrong))
        names = request.properties.get("MuteTargets", {}).get("AlarmNames", [])
        there: Any = self.clients.client("cloudwatch").get_paginator("describe_alarms").paginate()
        known = {alarm["AlarmName"] for page in there for alarm in page["MetricAlarms"]}
        if gone := sorted(set(names) - known):
            raise CannotMake(f"no alarm {gone[0]} (AWS: {muting.SOURCE})")


class Topic(Kind):
    """Where alarms are sent."""

    made_with = ("TopicName",)
    changes = ("DisplayName", "KmsMasterKeyId", "Subscription", "Tags")

    def create(self, request: Request) -> Made:
        """Make it with its subscriptions."""
        sns = self.clients.client("sns")
        name = request.properties.get("TopicName") or request.generated_name(255)
        arn = sns.create_topic(Name=name, Attributes=self._settings(request), Tags=request.tags)["TopicArn"]
        self._subscribe(arn, request.properties)
        return Made(physical_id=arn, attributes={"TopicArn": arn, "TopicName": name})

    def _subscribe(self, topic: str, properties: Properties) -> None:
        for one in properties.get("Subscription", []):
            self.clients.client("sns").subscribe(TopicArn=topic, Protocol=one["Protocol"], Endpoint=one["Endpoint"])

    def update(self, made: Made, request: Request, old: Properties) -> Made:
        """Change its settings, its tags, and who gets them."""
        for name, value in self._settings(request).items():
            arguments = {"AttributeName": name, "AttributeValue": value}
            self.clients.client("sns").set_topic_attributes(TopicArn=made.physical_id, **arguments)
        self._subscribe(made.physical_id, request.properties)
        self._unsubscribe(made.physical_id, request.properties)
        self._retag(made.physical_id, request, old)
        return made

    def _unsubscribe(self, topic: str, properties: Properties) -> None:
        """Those that the template has no more. A pending one cannot be deleted: it has no ARN yet."""
        kept = [(one["Protocol"], one["Endpoint"]) for one in properties.get("Subscription", [])]
        for one in self.clients.client("sns").list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]:
            if (one["Protocol"], one["Endpoint"]) not in kept and one["SubscriptionArn"] != PENDING:
                self.clients.client("sns").unsubscribe(SubscriptionArn=one["SubscriptionArn"])

    def _retag(self, topic: str, request: Request, old: Properties) -> None:
        sns = self.clients.client("sns")
        if gone := request.dropped_tags(old):
            sns.untag_resource(ResourceArn=topic, TagKeys=gone)
        if request.tags:
            sns.tag_resource(ResourceArn=topic, Tags=request.tags)

    def _settings(self, request: Request) -> dict[str, Any]:
        return request.given("DisplayName", "KmsMasterKeyId")

    def delete(self, made: Made, properties: Properties) -> None:
        """Remove it."""
        self.clients.client("sns").delete_topic(TopicArn=made.physical_id)


class TopicPolicy(Kind):
    """Who may publish to topics."""

    changes = ("PolicyDocument", "Topics")

    def create(self, request: Request) -> Made:
        """Put it at each topic."""
        document = json.dumps(request.properties["PolicyDocument"])
        for topic in request.properties["Topics"]:
            self.clients.client("sns").set_topic_attributes(
                TopicArn=topic, AttributeName="Policy", AttributeValue=document
            )
        return Made(physical_id=request.generated_name())

    def update(self, made: Made, request: Request, old: Properties) -> Made:
        """Put the new one."""
        self.create(request)
        return made


class Subscription(Kind):
    """Who gets them."""

    made_with = ("Endpoint", "Protocol", "TopicArn")

    def create(self, request: Request) -> Made:
        """Subscribe them."""
        wanted = request.given("TopicArn", "Protocol", "Endpoint")
        arn = self.clients.client("sns").subscribe(**wanted, ReturnSubscriptionArn=True)["SubscriptionArn"]
        return Made(physical_id=arn, attributes={"Arn": arn})

    def delete(self, made: Made, properties: Properties) -> None:
        """Tell them no more."""
        self.clients.client("sns").unsubscribe(SubscriptionArn=made.physical_id)


class LogGroup(Kind):
    """A group of logs."""

    made_with = ("LogGroupName",)
    changes = ("KmsKeyId", "RetentionInDays", "Tags")

    def create(self, request: Request) -> Made:
        """Make it."""
        name = request.properties.get("LogGroupName") or request.generated_name(255)
        assert_usable(self.clients, key := request.properties.get("KmsKeyId"))
        encrypted = {"kmsKeyId": key} if key else {}
        self.clients.client("logs").create_log_group(logGroupName=name, tags=_named(request), **encrypted)
        self._set_retention(name, request)
        return Made(physical_id=name, attributes={"Arn": f"{self._arn(name)}:*"})

    def _arn(self, name: str) -> str:
        return f"arn:aws:logs:{self.clients.region}:{self.clients.account}:log-group:{name}"

    def update(self, made: Made, request: Request, old: Properties) -> Made:
        """Change how long it keeps them, and its tags. Of another key moto keeps no record."""
        assert_usable(self.clients, request.properties.get("KmsKeyId"))
        self._set_retention(made.physical_id, request)
        logs, arn = self.clients.client("logs"), self._arn(made.physical_id)
        if gone := request.dropped_tags(old):
            logs.untag_resource(resourceArn=arn, tagKeys=gone)
        if request.tags:
            logs.tag_resource(resourceArn=arn, tags=_named(request))
        return made

    def _set_retention(self, name: str, request: Request) -> None:
        if days := request.properties.get("RetentionInDays"):
            self.clients.client("logs").put_retention_policy(logGroupName=name, retentionInDays=int(days))

    def delete(self, made: Made, properties: Properties) -> None:
        """Remove it."""
        self.clients.client("logs").delete_log_group(logGroupName=made.physical_id)


class LogStream(Kind):
    """A stream of a group."""

    made_with = ("LogGroupName", "LogStreamName")

    def create(self, request: Request) -> Made:
        """Make it."""
        name = request.properties.get("LogStreamName") or request.generated_name(255)
        group = request.properties["LogGroupName"]
        self.clients.client("logs").create_log_stream(logGroupName=group, logStreamName=name)
        return Made(physical_id=name)

    def delete(self, made: Made, properties: Properties) -> None:
        """Remove it."""
        group = properties["LogGroupName"]
        self.clients.client("logs").delete_log_stream(logGroupName=group, logStreamName=made.physical_id)


def _named(request: Request) -> dict[str, str]:
    """Tags as CloudWatch Logs takes them."""
    return {tag["Key"]: tag["Value"] for tag in request.tags}
