"""One page for a client: is it up, does it carry, does FIX answer, and what happened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from aws_cdk import Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from constructs.metric import DROPPED
from userdata import contract

_WIDTH, _HEIGHT = 12, 6
_BYTES = (contract.TUNNEL_DATA_IN, contract.TUNNEL_DATA_OUT)


class Dashboard(Construct):
    """Graphs of every tunnel, of every FIX endpoint and of what venues call (`endpoints`, `calls`: venue and name), and the
    gateway's own words under them.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        client: str,
        groups: Mapping[str, Sequence[str]],
        endpoints: Sequence[tuple[str, str]],
        calls: Sequence[tuple[str, str]],
        log: contract.LogPlace,
    ) -> None:
        super().__init__(scope, id)
        self._client = client
        self._region = Stack.of(self).region
        tunnels = [tunnel for names in groups.values() for tunnel in names]
        graphs = [
            self._of_tunnels("Tunnel up (1) or not (0)", [contract.TUNNEL_STATE], tunnels, "Minimum"),
            self._of_tunnels(
                "Seconds of each minute without a tunnel", [contract.TUNNEL_DOWN_SECONDS], tunnels, "Maximum"
            ),
            self._of_tunnels("Bytes in and out, each minute", _BYTES, tunnels, "Sum"),
            self._of_endpoints("FIX ports: time to connect (ms)", contract.FIX_PORT_CONNECT_MS, endpoints, "Maximum"),
            self._of_tunnels("Rekeys", [contract.REKEYS], tunnels, "Sum"),
            self._of_tunnels("Age of the child SA (s)", [contract.CHILD_SA_AGE_SECONDS], tunnels, "Maximum"),
            self._of_client("Packets dropped: begun by a venue, and outside a tunnel", DROPPED),
        ]
        if calls:
            answered = "Calls of venues: answered (1) or not (0)"
            graphs.append(self._of_endpoints(answered, contract.INBOUND_ANSWERED, calls, "Minimum"))
        places = [(n % 2 * _WIDTH, n // 2 * _HEIGHT) for n in range(len(graphs))]
        widgets = [_placed(graph, at, _WIDTH) for graph, at in zip(graphs, places, strict=True)]
        widgets.append(_placed(self._log(log), (0, (len(graphs) + 1) // 2 * _HEIGHT), 2 * _WIDTH))
        body = Stack.of(self).to_json_string({"widgets": widgets})
        cloudwatch.CfnDashboard(self, "Dashboard", dashboard_name=contract.stack_name(client), dashboard_body=body)

    def _of_client(self, title: str, names: Sequence[str]) -> dict[str, Any]:
        return self._graph(title, [_metric(name, self._client) for name in names], "Sum")

    def _of_tunnels(self, title: str, names: Sequence[str], tunnels: Sequence[str], statistic: str) -> dict[str, Any]:
        metrics = [_metric(name, self._client, tunnel) for tunnel in tunnels for name in names]
        return self._graph(title, metrics, statistic)

    def _of_endpoints(
        self, title: str, name: str, endpoints: Sequence[tuple[str, str]], statistic: str
    ) -> dict[str, Any]:
        metrics = [_metric(name, self._client, venue, endpoint) for venue, endpoint in endpoints]
        return self._graph(title, metrics, statistic)

    def _graph(self, title: str, metrics: Sequence[Sequence[str]], statistic: str) -> dict[str, Any]:
        shown = {"view": "timeSeries", "region": self._region, "period": 60, "stat": statistic}
        return {"type": "metric", "properties": {"title": title, "metrics": metrics, **shown}}

    def _log(self, place: contract.LogPlace) -> dict[str, Any]:
        # Others may write into a group that the firm named.
        ours = "" if place == contract.log_place(self._client) else f" and @logStream = '{place.said}'"
        fields = "fields @timestamp, said"
        query = f"SOURCE '{place.group}' | {fields} | filter ispresent(said){ours} | sort @timestamp desc | limit 50"
        shown = {"title": "What the gateway says", "region": self._region, "query": query, "view": "table"}
        return {"type": "log", "properties": shown}


def _metric(name: str, *of: str) -> list[str]:
    dimensions = zip(contract.METRICS[name], of, strict=True)
    return [contract.namespace(of[0]), name, *(word for pair in dimensions for word in pair)]


def _placed(widget: dict[str, Any], at: tuple[int, int], width: int) -> dict[str, Any]:
    return {**widget, "x": at[0], "y": at[1], "width": width, "height": _HEIGHT}
