"""The venue attacks through its real tunnel: Debian 13, IKEv1, the FIX engine on the gateway."""

from __future__ import annotations

import time

import pytest

from rehearsal.report import AttemptSeen
from tests.rehearsal.scene import Scene, until
from tests.rehearsal.siege import besieged, got_through, only_the_rules_refuse
from userdata import contract

REPORT_LIMIT = 150.0
"""The gateway reports each minute; the metric of the attack's last second goes out with the next."""


@pytest.fixture(scope="module")
def rows(seed: Scene) -> list[AttemptSeen]:
    return besieged(seed, name="lse-proquote")


def test_nothing_gets_through(rows: list[AttemptSeen]) -> None:
    assert got_through(rows) == {}


def test_without_the_rules_it_would(rows: list[AttemptSeen]) -> None:
    assert len(only_the_rules_refuse(rows)) >= 9, rows
    assert rows[0].without_rules == rows[0].packets > 40, "each listener is reached by a plain socket"


def test_it_is_counted(seed: Scene, rows: list[AttemptSeen]) -> None:
    sent = sum(row.packets for row in rows if row.place == "tunnel")
    counted = seed.on_gateway("nft list counter inet fixtunnel unasked")
    assert int(counted.split("packets ")[1].split()[0]) > sent / 2


def test_it_is_a_metric(seed: Scene, rows: list[AttemptSeen]) -> None:
    sent = sum(row.packets for row in rows if row.place == "tunnel")
    beside = sum(row.packets for row in rows if row.place == "beside")
    until(lambda: reported(seed, contract.UNASKED_PACKETS) > sent / 2, what="the metric", limit=REPORT_LIMIT)
    assert reported(seed, contract.UNDECRYPTED_PACKETS) > beside / 2


def reported(seed: Scene, metric: str) -> float:
    """What CloudWatch has of it."""
    client, now = seed.stage.client, time.time()
    told = seed.stage.aws.client("cloudwatch").get_metric_statistics(
        Namespace=contract.namespace(client),
        MetricName=metric,
        Dimensions=[{"Name": contract.CLIENT, "Value": client}],
        StartTime=now - 7200,
        EndTime=now + 60,
        Period=60,
        Statistics=["Sum"],
    )
    return float(sum(point["Sum"] for point in told["Datapoints"]))
