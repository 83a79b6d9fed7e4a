"""What a client costs a month, by part, beside AWS's own VPN for the same tunnels."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from model.account import LOG_DAYS
from model.client import ExistingNetwork
from model.deployment import Deployment
from model.disk import ROOT_GIB
from ops.failure import BadInput

PRICES = Path(__file__).parent / "prices.yaml"
METRICS_PER_TUNNEL, METRICS_PER_ENDPOINT, METRICS = 6, 2, 4
WATCHED_PER_TUNNEL, WATCHED_PER_ENDPOINT, WATCHED = 4, 1, 3
"""What the gateway publishes, and what the stack's alarms look at: an alarm over an expression costs for each metric in it."""
OF_A_PAIR = 1
"""Where there are two gateways: the pair's secret and its metric. Two alarms more, and both gateways ask for the secrets."""
STATE_BYTES, STATE_BYTES_PER_TUNNEL = 500, 500
"""Of an event of the gateway's state, rounded up: one with a tunnel measured 470 bytes, without its FIX ports."""
MINUTES_AN_HOUR, MONTHS_A_YEAR, DAYS_A_YEAR = 60, 12, 365
"""Once a minute the gateway puts its metrics and its state, and asks for the version of each secret; for a value only if that
is new."""


@dataclass(frozen=True, kw_only=True)
class Item:
    """One part of the bill. `dollars` is None where the price is not known."""

    name: str
    how: str
    dollars: float | None

    def as_dict(self) -> dict[str, Any]:
        """For a machine to read."""
        return asdict(self)


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """Both bills, in US dollars a month."""

    region: str
    as_of: str
    gateway: tuple[Item, ...]
    site_to_site: tuple[Item, ...]


def total(parts: tuple[Item, ...]) -> float | None:
    """The sum; None where a part's price is not known."""
    known = [part.dollars for part in parts if part.dollars is not None]
    return round(sum(known), 2) if len(known) == len(parts) else None


def estimate(deployment: Deployment, *, region: str, gib_out: float) -> Estimate:
    """The estimate for a region, with so much traffic out to the venues. Raises BadInput for a region without prices."""
    prices = YAML(typ="safe").load(PRICES)
    if region not in prices["regions"]:
        known = ", ".join(sorted(prices["regions"]))
        raise BadInput(f"{PRICES.name} has no prices of {region}", advice=f"it has {known}; add yours there")
    local, common = prices["regions"][region], prices["everywhere"]
    hours = prices["hours_a_month"]
    traffic = _part("traffic out", f"{gib_out:g} GiB", gib_out * local["out_gib"])
    address = common["public_ipv4_hour"] * hours
    gateways = 2 if deployment.client.gateway.standby else 1
    return Estimate(
        region=region,
        as_of=str(prices["as_of"]),
        gateway=(
            *[_instance(deployment, local, hours), _disk(local)] * gateways,
            _addresses(deployment, address),
            *_watching(deployment, common, hours),
            traffic,
        ),
        site_to_site=(*_vpn(deployment, common, hours), traffic),
    )


def kept_month(*, addresses: int, secrets: int, log_of: int) -> float:
    """What is kept costs a month, once its stack is gone. `log_of`: tunnels whose states are in the log; 0 without a log."""
    prices = YAML(typ="safe").load(PRICES)
    common, hours = prices["everywhere"], prices["hours_a_month"]
    _, log = _gigabytes(log_of, hours * MINUTES_AN_HOUR) if log_of else (0, 0)
    address = common["public_ipv4_hour"] * hours
    parts = addresses * address + secrets * common["secret_month"] + log * common["log_gb_month"]
    return round(float(parts), 2)


def _part(name: str, how: str, dollars: float | None) -> Item:
    return Item(name=name, how=how, dollars=None if dollars is None else round(dollars, 2))


def _addresses(deployment: Deployment, dollars: float) -> Item:
    client = deployment.client
    if isinstance(client.network, ExistingNetwork) and not client.network.public_address:
        return _part("public addresses", "the Elastic IP", dollars)
    if client.gateway.standby:
        return _part("public addresses", "the Elastic IP, and each gateway's own way to AWS", 3 * dollars)
    return _part("public addresses", "the Elastic IP, and the gateway's own way to AWS", 2 * dollars)


def _disk(local: Any) -> Item:
    return _part("disk", f"gp3, {ROOT_GIB} GiB", ROOT_GIB * local["gp3_gib_month"])


def _instance(deployment: Deployment, local: Any, hours: int) -> Item:
    kind = deployment.client.gateway.instance_type
    price = local["instance_hour"].get(kind)
    how = f"{kind}, {hours} h" if price else f"{kind}: no price in {PRICES.name}"
    return _part("instance", how, price and price * hours)


def _watching(deployment: Deployment, common: Any, hours: int) -> tuple[Item, ...]:
    more = OF_A_PAIR if deployment.client.gateway.standby else 0
    tunnels, minutes = len(deployment.connections), hours * MINUTES_AN_HOUR
    made = sum(one.tunnel.secret is None for one in deployment.connections) + more
    endpoints = sum(len(venue.probed) for venue in deployment.venues)
    # Each has a metric and its alarm.
    calls = sum(len(group[0].tunnel.inbound) for group in deployment.groups.values())
    metrics = METRICS + more + METRICS_PER_TUNNEL * tunnels + METRICS_PER_ENDPOINT * endpoints + calls
    watched = WATCHED + 2 * more + WATCHED_PER_TUNNEL * tunnels + WATCHED_PER_ENDPOINT * endpoints + calls
    puts, asks = (
        minutes * common["put_metric_data_1000"] / 1000,
        (1 + more) * minutes * tunnels * common["secret_calls_10000"] / 10_000,
    )
    return (
        _part("secrets", f"{made} that the stack makes", made * common["secret_month"]),
        _part("secrets' calls", f"DescribeSecret, {(1 + more) * minutes * tunnels}", asks),
        _part("metrics", f"{metrics}, up to", metrics * common["metric_month"]),
        _part("metrics' calls", f"PutMetricData, {minutes}", puts),
        _log(len(deployment.connections), common, minutes),
        _part("alarms", f"over {watched} metrics", watched * common["alarm_metric_month"]),
        _part("dashboard", "three an account are free", common["dashboard_month"]),
    )


def _log(tunnels: int, common: Any, events: int) -> Item:
    taken, kept = _gigabytes(tunnels, events)
    dollars = taken * common["log_gb"] + kept * common["log_gb_month"]
    return _part("log", f"{events} states, kept {LOG_DAYS} days", dollars)


def _gigabytes(tunnels: int, events: int) -> tuple[float, float]:
    """What the log takes in a month, and what it holds once it holds as much as it keeps."""
    taken = events * (STATE_BYTES + STATE_BYTES_PER_TUNNEL * tunnels) / 1e9
    return taken, taken * LOG_DAYS * MONTHS_A_YEAR / DAYS_A_YEAR


def _vpn(deployment: Deployment, common: Any, hours: int) -> tuple[Item, ...]:
    number = len(deployment.connections)
    return (
        _part("connections", f"{number} × {hours} h", number * common["vpn_connection_hour"] * hours),
        _part("public addresses", f"{2 * number}, AWS's own", 2 * number * common["public_ipv4_hour"] * hours),
    )
