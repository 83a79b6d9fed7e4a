"""The gateway's metrics as CloudWatch names them: the program publishes them once a minute."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aws_cdk import aws_cloudwatch as cloudwatch

NAMESPACE = "fixtunnel"
"""What the role lets the gateway put metrics into."""
DROPPED = ("UnaskedPackets", "UndecryptedPackets")
"""What the gateway's firewall dropped: what a venue began, and what claimed to be a venue's outside a tunnel."""
Query = cloudwatch.CfnAlarm.MetricDataQueryProperty


@dataclass(frozen=True, kw_only=True)
class Metrics:
    """The metrics of some tunnels of a client: all of one venue, of which one is up."""

    client: str
    tunnels: tuple[str, ...]

    def of_each(self, name: str, *, letter: str, statistic: str, period: int = 60) -> list[Query]:
        """A metric of each tunnel, for an expression: `letter` and a number is its id."""
        return [self._query(f"{letter}{n}", name, tunnel, statistic, period) for n, tunnel in enumerate(self.tunnels)]

    def _query(self, id: str, name: str, tunnel: str, statistic: str, period: int) -> Query:
        return _query(id, name, {"client": self.client, "tunnel": tunnel}, statistic, period)


def of_endpoint(name: str, *, client: str, venue: str, endpoint: str, id: str) -> Query:
    """A metric of one FIX endpoint, for an expression."""
    return _query(id, name, {"client": client, "venue": venue, "endpoint": endpoint}, "Minimum", 60)


def expression(text: str, label: str) -> Query:
    """What an alarm looks at."""
    return Query(id="result", expression=text, label=label, return_data=True)


def listed(letter: str, count: int) -> str:
    """`[a0,a1]`: the metrics of `Metrics.of_each` for a function of several."""
    return "[" + ",".join(f"{letter}{n}" for n in range(count)) + "]"


def of_client(client: str) -> Sequence[cloudwatch.CfnAlarm.DimensionProperty]:
    """The dimension of what is not of one tunnel."""
    return _dimensions({"client": client})


def _query(id: str, name: str, of: Mapping[str, str], statistic: str, period: int) -> Query:
    metric = cloudwatch.CfnAlarm.MetricProperty(namespace=NAMESPACE, metric_name=name, dimensions=_dimensions(of))
    stat = cloudwatch.CfnAlarm.MetricStatProperty(metric=metric, period=period, stat=statistic)
    return Query(id=id, metric_stat=stat, return_data=False)


def _dimensions(values: Mapping[str, str]) -> list[cloudwatch.CfnAlarm.DimensionProperty]:
    return [cloudwatch.CfnAlarm.DimensionProperty(name=name, value=value) for name, value in values.items()]
