"""Whether AWS's own VPN would do, and what each costs."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from model.disk import ROOT_GIB
from model.load import load
from ops.failure import BadInput
from ops.files.choice import reasons, verdict
from ops.files.cost import estimate, total
from tests.ops.conftest import Fixtunnel, folders
from tests.paths import CLIENTS, ROOT, VENUES
from tests.stacks.synthesis import synthesise
from tests.unit.model.example import CLIENT as ACME
from tests.unit.model.example import VENUE, edited, write


def test_the_articles_venue_cannot_be_served_and_it_says_why() -> None:
    (deployment,) = load(clients=CLIENTS, venues=VENUES, selected=["lse-proquote"]).deployments
    found = reasons(deployment)
    assert verdict(found) == "no"
    assert {reason.about for reason in found if reason.verdict == "no"} == {
        "who initiates",
        "phase 1 cipher and hash",
        "phase 2 cipher and hash",
        "source address",
    }
    assert any("43200" in reason.why for reason in found if reason.verdict == "ask")


def test_a_venue_that_aws_could_serve(fixtunnel: Fixtunnel, desk: Path) -> None:
    modern = (desk / "venues" / "harbour.yaml").read_text().replace("version: 1", "version: 2").replace("20s", "30s")
    (desk / "venues" / "harbour.yaml").write_text(modern)
    fixtunnel(*folders(desk), "new", "acme", "--venue", "harbour", "--local-network", "10.91.0.1/32", "--no-backup")
    assert json.loads(fixtunnel(*folders(desk), "choose", "acme", "--json").out)["verdict"] == "ask"
    assert "if the venue agrees" in fixtunnel(*folders(desk), "choose", "acme").out


@pytest.mark.parametrize("theirs", ["@gw.example.com", "10.20.0.1"])
def test_an_identity_that_is_not_the_address_is_none_of_awss(theirs: str, tmp_path: Path) -> None:
    client = edited(ACME, {"tunnels.0.local_id": "'@acme.example.com'"})
    write(tmp_path, clients={"acme": client}, venues={"exchange": edited(VENUE, {"peers.A.id": f"'{theirs}'"})})
    (deployment,) = load(clients=tmp_path / "clients", venues=tmp_path / "venues").deployments
    said = [one.why for one in reasons(deployment) if one.about == "identity"]
    assert len(said) == 2
    assert theirs in said[0] and "@acme.example.com" in said[1]


def test_the_bill_adds_up_and_has_its_date(fixtunnel: Fixtunnel) -> None:
    bill = json.loads(fixtunnel("cost", "acme-capital", "--json").out)
    for name in ("gateway", "site_to_site_vpn"):
        assert bill[name]["total"] == pytest.approx(sum(part["dollars"] for part in bill[name]["parts"]), abs=0.01)
    assert bill["as_of"] >= "2026-11-23"
    assert "t3.medium" in fixtunnel("cost", "acme-capital").out


def test_a_price_that_is_not_known_is_not_invented() -> None:
    (deployment,) = load(clients=CLIENTS, venues=VENUES, selected=["acme-capital"]).deployments
    gateway = deployment.client.gateway.model_copy(update={"instance_type": "z9.huge"})
    odd = replace(deployment, client=deployment.client.model_copy(update={"gateway": gateway}))
    assert total(estimate(odd, region="eu-west-2", gib_out=1).gateway) is None
    with pytest.raises(BadInput, match="mars-1"):
        estimate(deployment, region="mars-1", gib_out=1)


def watched(alarm: Any) -> int:
    """How many metrics AWS bills an alarm for."""
    return sum("MetricStat" in query for query in alarm["Properties"].get("Metrics", [])) or 1


@pytest.mark.parametrize("client", ["lse-proquote", "acme-capital"])
def test_what_is_counted_is_what_the_stack_makes(client: str) -> None:
    deployments = load(clients=CLIENTS, venues=VENUES, selected=[client]).deployments
    parts = {part.name: part for part in estimate(deployments[0], region="eu-west-2", gib_out=1).gateway}
    stack = synthesise(deployments)[client]
    assert parts["alarms"].how == f"over {sum(map(watched, stack.all('CloudWatch::Alarm').values()))} metrics"
    assert parts["secrets"].how == f"{len(stack.all('SecretsManager::Secret'))} that the stack makes"
    assert parts["secrets' calls"].how == f"DescribeSecret, {43_800 * len(deployments[0].connections)}"
    assert stack.one("EC2::Instance")["BlockDeviceMappings"][0]["Ebs"]["VolumeSize"] == ROOT_GIB


def test_the_readme_quotes_the_command(fixtunnel: Fixtunnel) -> None:
    bill = json.loads(fixtunnel("--region", "eu-west-2", "cost", "lse-proquote", "--json").out)
    said = (ROOT / "README.md").read_text()
    assert f"says {bill['gateway']['total']:.2f} USD" in said and bill["as_of"] in said
    assert f"{bill['site_to_site_vpn']['total']:.2f} USD" in said
    for part in ("instance", "public addresses", "dashboard"):
        price = next(one["dollars"] for one in bill["gateway"]["parts"] if one["name"] == part)
        assert f"{part} {price:.2f}" in said
