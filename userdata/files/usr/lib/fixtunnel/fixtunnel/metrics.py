"""Metrics in the namespace `fixtunnel`: of a client, of each tunnel, and of each FIX endpoint.

Their dimensions: client; client and tunnel; client, venue and endpoint, whichever tunnel leads to it.
"""

import time
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from fixtunnel.keeper import Keeper


def of(
    client: str, keepers: Iterable[Keeper], *, engine_answers: bool, refused: Mapping[str, int], now: float
) -> list[dict[str, Any]]:
    """All metrics of this minute, as PutMetricData takes them."""
    gateway = [_datum("EngineRunning", float(engine_answers), "None", client=client)]
    gateway += [_datum(name, float(packets), "Count", client=client) for name, packets in refused.items()]
    kept = list(keepers)
    tunnels = [datum for keeper in kept for datum in _of_tunnel(client, keeper, now)]
    return [*gateway, *tunnels, *(datum for keeper in kept for datum in _of_endpoints(client, keeper))]


def take(keepers: Iterable[Keeper]) -> None:
    """They are on their way: counting begins anew."""
    for keeper in keepers:
        keeper.traffic.take()
        keeper.down_seconds = 0.0


def _of_tunnel(client: str, keeper: Keeper, now: float) -> list[dict[str, Any]]:
    traffic, seen = keeper.traffic, keeper.seen
    values: list[tuple[str, float, str]] = [
        ("TunnelState", float(keeper.is_well(now)), "None"),
        ("TunnelDownSeconds", keeper.down_seconds, "Seconds"),
        ("TunnelDataIn", traffic.bytes_in, "Bytes"),
        ("TunnelDataOut", traffic.bytes_out, "Bytes"),
        ("Rekeys", traffic.rekeys, "Count"),
    ]
    if seen.phase == "up" and seen.added:
        values.append(("ChildSaAgeSeconds", max(0.0, time.time() - seen.added), "Seconds"))
    return [_datum(name, value, unit, client=client, tunnel=keeper.tunnel.name) for name, value, unit in values]


def _of_endpoints(client: str, keeper: Keeper) -> Iterator[dict[str, Any]]:
    """Nothing while the tunnel is down: an alarm of its own says that."""
    for endpoint, probe in keeper.probes.decided() if keeper.seen.has_child else ():
        of_endpoint = {"client": client, "venue": keeper.tunnel.group, "endpoint": endpoint.name}
        yield _datum("FixPortUp", float(bool(probe.up)), "None", **of_endpoint)
        if probe.up:
            yield _datum("FixPortConnectMs", probe.milliseconds, "Milliseconds", **of_endpoint)


def _datum(name: str, value: float, unit: str, **dimensions: str) -> dict[str, Any]:
    return {
        "MetricName": name,
        "Dimensions": [{"Name": key, "Value": text} for key, text in dimensions.items()],
        "Timestamp": int(time.time()),
        "Value": round(value, 3),
        "Unit": unit,
    }
