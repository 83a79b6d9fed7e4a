"""What watches over the gateway from outside. What to do about each alarm stands in docs/runbook.md."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from aws_cdk import Aws
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_sns as sns
from constructs import Construct

from constructs.metric import Metrics, Query, dimensions, expression, listed, of_endpoint
from constructs.mutes import Kind
from constructs.silence import Silence
from model.client import Inbound
from model.deployment import Connection
from model.venue import Endpoint, FixEndpoint, Venue
from userdata import contract

REKEYS_AT_MOST, REKEYS_IN = 3, 900


@dataclass(frozen=True, kw_only=True)
class _Rule:
    """An alarm over an expression of metrics: 1 is bad. `minutes` is how many, out of how many; `endpoint` of which one."""

    name: str
    what: str
    look: str
    bad: str
    queries: Sequence[Query]
    minutes: tuple[int, int] = (2, 3)
    missing: str = "notBreaching"
    endpoint: str = ""
    tells: bool = True


class Alarms(Construct):
    """The host, the engine, the agent, and of each venue its tunnel, both directions, each FIX port, what it calls, and rekeys.

    Args:
        groups: each venue with the names of its tunnels.
        today: a rule of silence that ended before is left out.
        email: who gets a mail when an alarm begins and when it ends.
        topics: ARNs of the firm's own topics, which get each alarm too.
        key: encrypts the topic of the mails.
        standby_id: the second gateway's instance, where there are two.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        client: str,
        instance_id: str,
        email: str | None,
        topics: Sequence[str],
        key: str | None,
        groups: Sequence[Sequence[Connection]],
        today: date,
        standby_id: str = "",
    ) -> None:
        super().__init__(scope, id)
        self._client = client
        self._told = [*([self._topic(email, key)] if email else []), *topics]
        self._host("Host", instance_id)
        if standby_id:
            self._host("StandbyHost", standby_id)
            self._partner()
        engine = self._engine()
        self._agent()
        if any(group[0].venue.calendar for group in groups):
            self._calendar()
        for group in groups:
            venue, tunnels = group[0].venue, tuple(connection.name for connection in group)
            calls = [_of_call(client, group[0], one) for one in group[0].tunnel.inbound]
            rules = (
                *_rules(Metrics(client=client, tunnels=tunnels), group[0].pairs),
                *_of_endpoints(client, venue),
                *calls,
            )
            alarms = [self._alarm(venue.name, rule) for rule in rules]
            # The engine serves every venue: it may be silent only while all are closed, or away.
            others = [other[0].venue for other in groups]
            closed = [engine] if all(_hours(other) == _hours(venue) for other in others) else []
            away = closed if all(other.maintenance == venue.maintenance for other in others) else []
            silenced: dict[Kind, list[str]] = {"closed": [*alarms, *closed], "maintenance": [*alarms, *away]}
            Silence(self, f"Silence-{venue.name}", venue=venue, alarms=silenced, today=today)

    def _host(self, id: str, instance_id: str) -> None:
        cloudwatch.CfnAlarm(
            self,
            id,
            alarm_description=(
                f"The host under the gateway of {self._client} failed. AWS moves the gateway to another one by itself; "
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
            alarm_actions=[f"arn:{Aws.PARTITION}:automate:{Aws.REGION}:ec2:recover", *self._told],
            ok_actions=self._told or None,
        )

    def _engine(self) -> str:
        return self._of_gateway(
            "Engine",
            contract.ENGINE_RUNNING,
            self._description(
                "The IPsec engine on the gateway does not run, and was not brought back by being started again.",
                "on the gateway: journalctl --unit=ipsec --lines=50",
                "engine-down",
            ),
            statistic="Minimum",
            period=60,
            periods=(2, 3),
        )

    def _agent(self) -> None:
        self._of_gateway(
            "Agent",
            contract.AGENT_RUNNING,
            self._description(
                "The gateway has no agent for sessions (SSM). Trading does not need it; people who must look at the gateway do.",
                "its state says why, and it tries again by itself",
                "Agent",
            ),
            # The best of a quarter of an hour: an agent that is being updated is away for a minute.
            statistic="Maximum",
            period=900,
            periods=(1, 1),
        )

    def _partner(self) -> None:
        self._of_gateway(
            "Partner",
            contract.PARTNER_HEARD,
            self._description(
                "One of the two gateways is lost, or could not take over: the other one serves, and no gateway stands by.",
                "start or replace the lost one, and see that the security group lets UDP "
                f"{contract.BEAT_PORT} pass between them",
                "Partner",
            ),
            statistic="Maximum",
            period=60,
            periods=(3, 3),
        )

    def _calendar(self) -> None:
        self._of_gateway(
            "Calendar",
            contract.CALENDAR_KNOWN,
            self._description(
                "The dates of a venue's calendar end within two months. From then on alarms are not muted on a holiday, and are "
                "muted in a special session.",
                "write the next dates into the venue file, and deploy",
                "Calendar",
            ),
            statistic="Minimum",
            period=3600,
            periods=(1, 1),
        )

    def _of_gateway(
        self, id: str, metric: str, description: str, *, statistic: str, period: int, periods: tuple[int, int]
    ) -> str:
        """An alarm over a metric of the gateway itself, 0 is bad. `periods`: how many, out of how many."""
        bad, of = periods
        return cloudwatch.CfnAlarm(
            self,
            id,
            alarm_description=description,
            namespace=contract.namespace(self._client),
            metric_name=metric,
            dimensions=dimensions(metric, self._client),
            statistic=statistic,
            period=period,
            evaluation_periods=of,
            datapoints_to_alarm=bad,
            threshold=1,
            comparison_operator="LessThanThreshold",
            # If the gateway is silent, the alarms of its tunnels say so.
            treat_missing_data="notBreaching",
            alarm_actions=self._told or None,
            ok_actions=self._told or None,
        ).ref

    def _alarm(self, venue: str, rule: _Rule) -> str:
        bad, of = rule.minutes
        told = (rule.tells and self._told) or None
        return cloudwatch.CfnAlarm(
            self,
            f"{rule.name}-{venue}" + (f".{rule.endpoint}" if rule.endpoint else ""),
            alarm_description=self._description(f"{venue}: {rule.what}", rule.look, rule.name),
            metrics=[expression(rule.bad, f"{rule.name} {venue} {rule.endpoint}".rstrip()), *rule.queries],
            evaluation_periods=of,
            datapoints_to_alarm=bad,
            threshold=1,
            comparison_operator="GreaterThanOrEqualToThreshold",
            treat_missing_data=rule.missing,
            alarm_actions=told,
            ok_actions=told,
        ).ref

    def _description(self, what: str, look: str, section: str) -> str:
        return (
            f"{self._client}, {what} First: ./fixtunnel status {self._client}; then {look}. docs/runbook.md: {section}."
        )

    def _topic(self, email: str, key: str | None) -> str:
        subscription = sns.CfnTopic.SubscriptionProperty(protocol="email", endpoint=email)
        return sns.CfnTopic(
            self,
            "Topic",
            display_name=f"fixtunnel {self._client}",
            subscription=[subscription],
            kms_master_key_id=key,
        ).ref


def _hours(venue: Venue) -> tuple[object, ...]:
    return venue.sessions, venue.breaks, venue.calendar


def _rules(metrics: Metrics, pairs: int) -> tuple[_Rule, ...]:
    # Each pair of networks renews its keys by itself, at a time of its own.
    count, rekeys = len(metrics.tunnels), REKEYS_AT_MOST * pairs
    return (
        _Rule(
            name="Tunnel",
            what="no tunnel carries traffic, or the gateway itself is silent: no order passes.",
            look="fixtunnel-status on the gateway, which says which layer is down and what was tried",
            # Of a group one is up; each publishes, up or not.
            bad=f"1 - MAX({listed('s', count)})",
            queries=metrics.of_each(contract.TUNNEL_STATE, letter="s", statistic="Minimum"),
            missing="breaching",
        ),
        _Rule(
            name="OneWay",
            what="we send, and nothing comes back: the tunnel looks up, and is not.",
            look="ask the venue whether its gateway knows our SA, and whether its host behind it is up",
            bad=f"IF(SUM({listed('o', count)}) > 0 AND SUM({listed('i', count)}) <= 0, 1, 0)",
            queries=[
                *metrics.of_each(contract.TUNNEL_DATA_OUT, letter="o", statistic="Sum"),
                *metrics.of_each(contract.TUNNEL_DATA_IN, letter="i", statistic="Sum"),
            ],
            minutes=(2, 2),
        ),
        _Rule(
            name="Rekeys",
            what=f"more than {rekeys} rekeys in {REKEYS_IN // 60} minutes: lifetimes differ, or two gateways are active.",
            look="compare lifetimes and proposals with the venue; see that one gateway alone holds the address",
            bad=f"IF(SUM({listed('r', count)}) > {rekeys}, 1, 0)",
            queries=metrics.of_each(contract.REKEYS, letter="r", statistic="Sum", period=REKEYS_IN),
            minutes=(1, 1),
        ),
    )


def _of_endpoints(client: str, venue: Venue) -> tuple[_Rule, ...]:
    return tuple(_of_endpoint(client, venue.name, endpoint) for endpoint in venue.probed)


def _of_endpoint(client: str, venue: str, endpoint: Endpoint) -> _Rule:
    where = f"{endpoint.name} ({endpoint.where})"
    kind, desk = ("FIX port", "FIX desk") if isinstance(endpoint, FixEndpoint) else ("port", "help desk")
    return _Rule(
        name="FixPort",
        endpoint=endpoint.name,
        what=f"the tunnel is up, and the {kind} {where} behind it does not answer.",
        look=f"ask the venue's {desk}; restarting our side would not help",
        bad="1 - f",
        queries=[of_endpoint(contract.FIX_PORT_UP, client=client, venue=venue, endpoint=endpoint.name, id="f")],
        # Many venues open theirs on the day of the disaster only: its alarm would ring at every opening.
        tells=endpoint.role != "disaster-recovery",
    )


def _of_call(client: str, connection: Connection, one: Inbound) -> _Rule:
    where = f"{one.name} ({one.to})"
    return _Rule(
        name="Inbound",
        endpoint=one.name,
        what=f"the venue calls {where}, and gets no answer.",
        look="see that the FIX engine runs there, and that the host lets the venue's networks in",
        bad="1 - c",
        # Without a call there is no metric: a venue that does not call says nothing about the host.
        queries=[
            of_endpoint(
                contract.INBOUND_ANSWERED, client=client, venue=connection.venue.name, endpoint=one.name, id="c"
            )
        ],
    )
