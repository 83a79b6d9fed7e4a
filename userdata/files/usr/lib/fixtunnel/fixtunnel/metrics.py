"""Metrics in the namespace `fixtunnel`, of a client and of each of its tunnels (dimensions: client, tunnel)."""

import time
from collections.abc import Iterable
from typing import Any

from fixtunnel.keeper import Keeper


def of(client: str, keepers: Iterable[Keeper], engine_answers: bool, now: float) -> list[dict[str, Any]]:
    """All metrics of this minute, as PutMetricData takes them."""
    gateway = [_datum("EngineRunning", float(engine_answers), "None", client=client)]
    return [*gateway, *(datum for keeper in keepers for datum in _of_tunnel(client, keeper, now))]


def take(keepers: Iterable[Keeper]) -> None:
    """They are on their way: counting begins anew."""
    for keeper in keepers:
        keeper.traffic.take()
        keeper.down_seconds = 0.0


def _of_tunnel(client: str, keeper: Keeper, now: float) -> list[dict[str, Any]]:
    traffic, seen, probe = keeper.traffic, keeper.seen, keeper.probe
    values: list[tuple[str, float, str]] = [
        ("TunnelState", float(keeper.is_well(now)), "None"),
        ("TunnelDownSeconds", keeper.down_seconds, "Seconds"),
        ("TunnelDataIn", traffic.bytes_in, "Bytes"),
        ("TunnelDataOut", traffic.bytes_out, "Bytes"),
        ("Rekeys", traffic.rekeys, "Count"),
    ]
    if seen.phase == "up" and seen.added:
        values.append(("ChildSaAgeSeconds", max(0.0, time.time() - seen.added), "Seconds"))
    if seen.has_child and probe.up is not None:
        values.append(("FixPortUp", float(probe.up), "None"))
        if probe.up:
            values.append(("FixPortConnectMs", probe.milliseconds, "Milliseconds"))
    return [_datum(name, value, unit, client=client, tunnel=keeper.tunnel.name) for name, value, unit in values]


def _datum(name: str, value: float, unit: str, **dimensions: str) -> dict[str, Any]:
    return {
        "MetricName": name,
        "Dimensions": [{"Name": key, "Value": text} for key, text in dimensions.items()],
        "Timestamp": int(time.time()),
        "Value": round(value, 3),
        "Unit": unit,
    }
