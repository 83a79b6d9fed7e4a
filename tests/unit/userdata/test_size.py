"""What AWS would refuse half-way through a deploy is refused before it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from model.deployment import Deployment
from model.venue import PEER_LABELS
from ops.files.checking import check_files
from tests.literal import example, loaded
from tests.unit.model.example import CLIENT, VENUE, edited, write
from userdata.size import check_size


def with_endpoints(count: int) -> Deployment:
    """The larger client, whose first venue has so many FIX endpoints."""
    deployment = example("acme-capital")
    first = deployment.connections[0].venue.fix[0]
    fix = tuple(first.model_copy(update={"name": f"{'x' * 28}-{n:03}"}) for n in range(count))
    connections = [
        replace(one, venue=one.venue.model_copy(update={"fix": fix})) if one.venue.name == "northbridge" else one
        for one in deployment.connections
    ]
    return replace(deployment, connections=tuple(connections))


def test_as_many_endpoints_as_one_venue_may_have() -> None:
    assert check_size(with_endpoints(16)) == []


def with_networks(folder: Path, count: int, *, tunnels: int = 1) -> Deployment:
    """A client with so many tunnels, each to a venue with so many networks."""
    venues = {
        f"exchange-{n}": edited(
            VENUE,
            {
                "name": f"exchange-{n}",
                "connection": f"Exchange_{n}",
                "peers": f"{{A: {{address: 198.51.100.{n + 10}}}}}",
                "remote_networks": json.dumps([f"10.{n}.{number}.0/24" for number in range(count)]),
                "fix.0.host": f"10.{n}.0.20",
            },
        )
        for n in range(tunnels)
    }
    client = edited(CLIENT, {"tunnels": json.dumps([{"venue": name} for name in venues])})
    write(folder, clients={"acme": client}, venues=venues)
    return loaded(folder / "clients", folder / "venues", "acme")


def test_sixteen_networks_and_nine_tunnels(tmp_path: Path) -> None:
    """Seen at venues; no number bounds them, only what user data holds."""
    assert check_size(with_networks(tmp_path, 16, tunnels=4)) == []
    assert check_size(with_networks(tmp_path, 1, tunnels=9)) == []


def test_every_gateway_that_a_venue_may_have(tmp_path: Path) -> None:
    tunnels = [{"venue": "exchange", "peer": label, "role": "standby"} for label in PEER_LABELS]
    tunnels[0]["role"] = "active"
    peers = {label: {"address": f"198.51.100.{n + 10}"} for n, label in enumerate(PEER_LABELS)}
    client, venue = edited(CLIENT, {"tunnels": json.dumps(tunnels)}), edited(VENUE, {"peers": json.dumps(peers)})
    write(tmp_path, clients={"acme": client}, venues={"exchange": venue})
    deployment = loaded(tmp_path / "clients", tmp_path / "venues", "acme")
    names = [connection.name for connection in deployment.connections]
    assert (names[0], names[2], names[-1]) == ("Exchange", "Exchange_C", "Exchange_DR2")
    assert check_size(deployment) == []


def test_more_than_user_data_holds(tmp_path: Path) -> None:
    """Said by `check`, in bytes and with the way out; CDK does not look, and AWS refuses it half-way through a deploy."""
    (fault,) = check_size(with_networks(tmp_path, 40, tunnels=3))
    (said,) = [one for one in check_files((), clients=tmp_path / "clients", venues=tmp_path / "venues") if not one.key]
    assert said == fault
    assert fault.severity == "error"
    assert "bytes of user data (3 tunnels, 120 remote networks), " in fault.message
    assert " more than AWS takes; move tunnels to another client file" in fault.message


def test_an_address_that_is_still_to_come_has_its_room(tmp_path: Path) -> None:
    write(tmp_path, clients={"acme": CLIENT}, venues={"exchange": edited(VENUE, {"encryption_domain": "assigned"})})
    found = check_files((), clients=tmp_path / "clients", venues=tmp_path / "venues")
    assert [one.key for one in found if one.severity == "error"] == []


def test_more_than_a_parameter_holds() -> None:
    (fault,) = check_size(with_endpoints(90))
    assert "a parameter takes 4096; name fewer FIX endpoints, services and dates" in fault.message
    assert fault.file.endswith("acme-capital.yaml")
