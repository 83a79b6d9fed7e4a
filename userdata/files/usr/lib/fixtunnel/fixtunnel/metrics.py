"""The metrics of a client, of each tunnel, and of each endpoint, the venue's and ours, whichever tunnel leads there."""

import time
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from fixtunnel import contract
from fixtunnel.contract_of_pair import PairFacts
from fixtunnel.keeper import Keeper


def of(
    client: str,
    keepers: Iterable[Keeper],
    *,
    engine_answers: bool,
    agent_runs: bool,
    partner: PairFacts | None = None,
    are_dates_known: bool | None = None,
    refused: Mapping[str, int],
    calls: Mapping[tuple[str, str], bool] | None = None,
    now: float,
) -> list[dict[str, Any]]:
    """All metrics of this minute, as PutMetricData takes them. `calls`: by venue and name, whether what it called answered."""
    gateway = [_datum(contract.ENGINE_RUNNING, float(engine_answers), "None", client)]
    gateway.append(_datum(contract.AGENT_RUNNING, float(agent_runs), "None", client))
    if partner:
        gateway.append(_datum(contract.PARTNER_HEARD, float(partner["heard"] and partner["fit"] > 0), "None", client))
    if are_dates_known is not None:
        gateway.append(_datum(contract.CALENDAR_KNOWN, float(are_dates_known), "None", client))
    gateway += [_datum(name, float(packets), "Count", client) for name, packets in refused.items()]
    gateway += [
        _datum(contract.INBOUND_ANSWERED, float(well), "None", client, *of) for of, well in (calls or {}).items()
    ]
    all_keepers = list(keepers)
    tunnels = [datum for keeper in all_keepers for datum in _of_tunnel(client, keeper, now)]
    return [*gateway, *tunnels, *(datum for keeper in all_keepers for datum in _of_endpoints(client, keeper))]


def take(keepers: Iterable[Keeper]) -> None:
    """They are on their way: counting begins again."""
    for keeper in keepers:
        keeper.traffic.take()
        keeper.down_seconds = 0.0


def _of_tunnel(client: str, keeper: Keeper, now: float) -> list[dict[str, Any]]:
    traffic, seen = keeper.traffic, keeper.seen
    values: list[tuple[str, float, str]] = [
        (contract.TUNNEL_STATE, float(keeper.is_well(now)), "None"),
        (contract.TUNNEL_DOWN_SECONDS, keeper.down_seconds, "Seconds"),
        (contract.TUNNEL_DATA_IN, traffic.bytes_in, "Bytes"),
        (contract.TUNNEL_DATA_OUT, traffic.bytes_out, "Bytes"),
        (contract.REKEYS, traffic.rekeys, "Count"),
    ]
    if seen.phase == "up" and seen.added:
        values.append((contract.CHILD_SA_AGE_SECONDS, max(0.0, time.time() - seen.added), "Seconds"))
    return [_datum(name, value, unit, client, keeper.tunnel.name) for name, value, unit in values]


def _of_endpoints(client: str, keeper: Keeper) -> Iterator[dict[str, Any]]:
    """Nothing while the tunnel is down: an alarm of its own says that."""
    for endpoint, probe in keeper.probes.decided() if keeper.seen.has_child else ():
        of_endpoint = (client, keeper.tunnel.group, endpoint.name)
        yield _datum(contract.FIX_PORT_UP, float(bool(probe.up)), "None", *of_endpoint)
        if probe.up:
            yield _datum(contract.FIX_PORT_CONNECT_MS, probe.milliseconds, "Milliseconds", *of_endpoint)


def _datum(name: str, value: float, unit: str, *of: str) -> dict[str, Any]:
    dimensions = zip(contract.METRICS[name], of, strict=True)
    return {
        "MetricName": name,
        "Dimensions": [{"Name": key, "Value": text} for key, text in dimensions],
        "Timestamp": int(time.time()),
        "Value": round(value, 3),
        "Unit": unit,
    }
