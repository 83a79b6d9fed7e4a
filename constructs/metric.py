"""The gateway's metrics as CloudWatch names them: the program publishes them once a minute."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aws_cdk import aws_cloudwatch as cloudwatch

from userdata import contract

DROPPED = (contract.UNASKED_PACKETS, contract.UNDECRYPTED_PACKETS)
"""What the gateway's firewall dropped: what a venue began, and what claimed to be a venue's outside a tunnel."""
Query = cloudwatch.CfnAlarm.MetricDataQueryProperty


@dataclass(frozen=True, kw_only=True)
class Metrics:
    """The metrics of some tunnels of a client: all of one venue, of which one is up."""

    client: str
    tunnels: tuple[str, ...]

    def of_each(self, name: str, *, letter: str, statistic: str, period: int = 60) -> list[Query]:
        """A metric of each tunnel, for an expression: `letter` and a number is its id."""
        return [
            _query(f"{letter}{n}", name, (self.client, tunnel), statistic, period)
            for n, tunnel in enumerate(self.tunnels)
        ]


def of_endpoint(name: str, *, client: str, venue: str, endpoint: str, id: str) -> Query:
    """A metric of one FIX endpoint, for an expression."""
    return _query(id, name, (client, venue, endpoint), "Minimum", 60)


def expression(text: str, label: str) -> Query:
    """What an alarm looks at."""
    return Query(id="result", expression=text, label=label, return_data=True)


def listed(letter: str, count: int) -> str:
    """`[a0,a1]`: the metrics of `Metrics.of_each` for a function of several."""
    return "[" + ",".join(f"{letter}{n}" for n in range(count)) + "]"


def dimensions(name: str, *of: str) -> Sequence[cloudwatch.CfnAlarm.DimensionProperty]:
    """A metric's dimensions: client, tunnel and so on, in the contract's order."""
    pairs = zip(contract.METRICS[name], of, strict=True)
    return [cloudwatch.CfnAlarm.DimensionProperty(name=key, value=value) for key, value in pairs]


def _query(id: str, name: str, of: Sequence[str], statistic: str, period: int) -> Query:
    metric = cloudwatch.CfnAlarm.MetricProperty(
        namespace=contract.namespace(of[0]), metric_name=name, dimensions=dimensions(name, *of)
    )
    stat = cloudwatch.CfnAlarm.MetricStatProperty(metric=metric, period=period, stat=statistic)
    return Query(id=id, metric_stat=stat, return_data=False)
