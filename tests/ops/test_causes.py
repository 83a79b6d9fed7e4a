"""Why a deploy does what it does: every field that matters is named with both values and its line, and nothing else is."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from model import effects
from model.deployment import Deployment
from model.effects import Effect
from model.resolved import Table, metadata, read_table, table
from ops.aws import Account, Change, Stack
from ops.deploying.causes import Cause, Compared, causes
from ops.options import Settings
from tests.literal import loaded
from tests.stacks.edits import CLIENT, EXISTING, OF_CLIENT, OF_VENUE, VENUE, WITH_HOSTS, Edits, place_of
from tests.unit.model.example import DEB, GONE, PUBLIC_KEY, edited, write
from userdata.program import archive

ELSEWHERE = ("name", "account", "region")
"""With another of these it is another stack: nothing is compared."""
RUNNING = "ami-0a1b2c3d"
STANDBY = "  - {venue: exchange, peer: B, role: standby}\n"


def client_of(folder: Path, client: Edits, venue: Edits | None = None) -> Deployment:
    """A client and a venue with these values."""
    changed = edited(VENUE, venue or {})
    venues = {"exchange": changed, "broker": edited(changed, {"name": "broker"})}
    write(folder, clients={"acme": edited(CLIENT, client)}, venues=venues)
    for number in ("one", "two"):
        (folder / f"clients/{number}.deb").write_bytes(DEB + number.encode())
        (folder / f"clients/{number}.asc").write_bytes(PUBLIC_KEY[:-2] + number[:2].encode())
    return loaded(folder / "clients", folder / "venues", "acme")


def deployed(deployment: Deployment, program: bytes | None = None) -> Table:
    """What is read back of its template."""
    sent = metadata(table(deployment, program=program or archive()))
    found = read_table(json.loads(json.dumps(sent)))
    assert found
    return found


def named(
    folder: Path,
    deployment: Deployment,
    before: Table | None,
    *,
    is_replaced: bool = True,
    running: str = RUNNING,
    newest: str = RUNNING,
    properties: tuple[str, ...] = (),
) -> tuple[Cause, ...]:
    """The causes, beside a stack with this table whose instance runs this image."""
    account = SimpleNamespace(
        instance=lambda _id: SimpleNamespace(image_id=running), newest_image=lambda *_: SimpleNamespace(id=newest)
    )
    compared = Compared(
        settings=Settings(clients=folder / "clients", venues=folder / "venues"),
        account=cast("Account", account),
        deployment=deployment,
        stack=cast("Stack", SimpleNamespace(instance_id="i-1")),
        deployed=before,
    )
    change = Change(action="Modify", logical_id="G", kind="AWS::EC2::Instance", replaces=is_replaced, causes=properties)
    return causes(compared, [change], is_replaced=is_replaced)


def field_of(cause: Cause) -> str:
    """The field that it names, whatever the number of an entry of a list is, or the label of a gateway."""
    if cause.what.startswith("tags."):
        return "tags"
    parts = [part for part in cause.what.split(".") if not part.isdigit()]
    return ".".join(parts if parts[0] != "peers" else [parts[0], *parts[2:]])


def is_named(field: str, effect: Effect, found: tuple[Cause, ...], file: Path) -> None:
    """The field has a line that is true; what has no effect has none."""
    assert (field in map(field_of, found)) is (effect != Effect.NONE)
    for one in found:
        if field_of(one) == field:
            assert one.before != one.after
            assert one.place == f"{file}:1"
            assert one.does == {Effect.REPLACE: "replaces the gateway", Effect.IN_PLACE: "in place"}[effect]


@pytest.mark.parametrize("field", [field for field in effects.CLIENT if field not in ELSEWHERE])
def test_every_field_of_a_client(tmp_path: Path, field: str) -> None:
    before, edits = OF_CLIENT[field]
    effect = effects.CLIENT[field]
    was = deployed(client_of(tmp_path, before))
    after = client_of(tmp_path, {**before, **edits})
    found = named(tmp_path, after, was, is_replaced=effect == Effect.REPLACE)
    is_named(field, effect, found, tmp_path / "clients/acme.yaml")


@pytest.mark.parametrize("field", OF_VENUE)
def test_every_field_of_a_venue(tmp_path: Path, field: str) -> None:
    was = deployed(client_of(tmp_path, WITH_HOSTS))
    after = client_of(tmp_path, WITH_HOSTS, {place_of(field): OF_VENUE[field]})
    effect = effects.VENUE[field]
    found = named(tmp_path, after, was, is_replaced=effect == Effect.REPLACE)
    is_named(field, effect, found, tmp_path / "venues/exchange.yaml")


def test_encryption_domain(tmp_path: Path) -> None:
    was = deployed(client_of(tmp_path, {}))
    gone = {f"tunnels.{n}.{key}": GONE for n in range(3) for key in ("local_network", "source_address")}
    found = named(tmp_path, client_of(tmp_path, gone, {"encryption_domain": "elastic-ip"}), was)
    is_named("encryption_domain", Effect.REPLACE, found, tmp_path / "venues/exchange.yaml")


VENUE_FILE = """\
name: exchange
description: An exchange
environment: test
connection: Exchange
peers:
  A: {address: 198.51.100.10}
  B: {address: 198.51.100.11}
remote_networks: [192.0.2.0/24]
ike:
  version: 2
  proposal: aes256-sha2_256;modp2048
  lifetime: 28800
esp: {proposal: aes256-sha2_256}
encryption_domain: elastic-ip
fix:
  - {name: primary, host: 192.0.2.20, port: 5001, target_comp_id: XCH}
session:
  start: "07:00"
  end: "17:30"
"""
CLIENT_FILE = """\
name: acme
gateway:
  ami: ami-0a1b2c3d
tunnels:
  - venue: exchange
"""


class Desk:
    """A client's files, what was deployed of them, and what `plan` names after an edit."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._folder = folder
        monkeypatch.chdir(folder)
        write(folder, clients={"acme": CLIENT_FILE}, venues={"exchange": VENUE_FILE})
        self.deployed: Table | None = deployed(self._loaded())

    def _loaded(self) -> Deployment:
        return loaded(self._folder / "clients", self._folder / "venues", "acme")

    def edit(self, file: str, old: str, new: str) -> None:
        """Another text in the place of one."""
        path = self._folder / file
        assert old in path.read_text()
        path.write_text(path.read_text().replace(old, new))

    def named(self, **stack: Any) -> list[str]:
        """Each cause as it is printed."""
        return [str(one) for one in named(self._folder, self._loaded(), self.deployed, **stack)]


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    return Desk(tmp_path, monkeypatch)


def test_a_value_is_named_with_its_line(desk: Desk) -> None:
    desk.edit("venues/exchange.yaml", "28800", "14400")
    assert desk.named() == ["ike.lifetime 28800 -> 14400, venues/exchange.yaml:12: replaces the gateway"]


def test_what_replaces_comes_first(desk: Desk) -> None:
    desk.edit("venues/exchange.yaml", '"17:30"', '"16:30"')
    desk.edit("venues/exchange.yaml", "28800", "14400")
    desk.edit("clients/acme.yaml", "name: acme", "name: acme\ntrading_hosts: [10.1.0.0/24]\nnetwork: " + EXISTING)
    found = desk.named()
    assert "trading_hosts none -> 10.1.0.0/24, clients/acme.yaml:2: replaces the gateway" in found
    assert found[-1] == "session.end 17:30 -> 16:30, venues/exchange.yaml:19: in place"


def test_a_default_is_named_so(desk: Desk) -> None:
    desk.edit("venues/exchange.yaml", "28800", "14400")
    desk.deployed = deployed(desk._loaded())
    desk.edit("venues/exchange.yaml", "  lifetime: 14400\n", "")
    assert desk.named() == ["ike.lifetime 14400 -> 28800, venues/exchange.yaml:9 (by default): replaces the gateway"]


def test_a_default_written_out_is_no_cause(desk: Desk) -> None:
    desk.edit("venues/exchange.yaml", "{address: 198.51.100.10}", "{address: 198.51.100.10, id: 198.51.100.10}")
    desk.edit("clients/acme.yaml", "- venue: exchange", "- {venue: exchange, name: Exchange}")
    assert desk.named(is_replaced=False) == []


def test_a_tunnel_more_is_one_cause_and_one_less_another(desk: Desk) -> None:
    before = desk.deployed
    desk.edit("clients/acme.yaml", "  - venue: exchange\n", "  - venue: exchange\n" + STANDBY)
    assert desk.named() == ["tunnels.1 none -> exchange, clients/acme.yaml:6: replaces the gateway"]
    desk.deployed = deployed(desk._loaded())
    desk.edit("clients/acme.yaml", STANDBY, "")
    assert desk.named() == ["tunnels.1 exchange -> none, clients/acme.yaml:4: replaces the gateway"]
    assert deployed(desk._loaded()) == before


def test_an_endpoint_more_is_in_place(desk: Desk) -> None:
    more = "  - {name: dropcopy, host: 192.0.2.30, port: 5002, target_comp_id: XCH}\nsession:"
    desk.edit("venues/exchange.yaml", "session:", more)
    assert desk.named(is_replaced=False) == ["fix.1 none -> dropcopy, venues/exchange.yaml:17: in place"]


def test_of_long_lists_the_difference_is_shown(desk: Desk) -> None:
    networks = ", ".join(f"192.0.2.{n}/27" for n in range(0, 256, 32))
    desk.edit("venues/exchange.yaml", "[192.0.2.0/24]", f"[{networks}]")
    desk.deployed = deployed(desk._loaded())
    desk.edit("venues/exchange.yaml", ", 192.0.2.224/27", "")
    assert desk.named() == ["remote_networks 192.0.2.224/27 -> none, venues/exchange.yaml:8: replaces the gateway"]


def test_another_order_is_said_to_be_one(desk: Desk) -> None:
    networks = ["10.200.100.0/24", "10.200.101.0/24", "10.200.102.0/24", "192.0.2.0/24"]
    desk.edit("venues/exchange.yaml", "[192.0.2.0/24]", f"[{', '.join(networks)}]")
    desk.deployed = deployed(desk._loaded())
    desk.edit("venues/exchange.yaml", ", ".join(networks), ", ".join(networks[::-1]))
    (found,) = desk.named()
    assert "-> the same in another order, venues/exchange.yaml:8" in found


def test_an_image_is_compared_with_the_one_that_runs(desk: Desk) -> None:
    (found,) = desk.named(running="ami-11111111")
    assert found == "gateway.ami ami-11111111 -> ami-0a1b2c3d, clients/acme.yaml:3: replaces the gateway"
    desk.edit("clients/acme.yaml", "gateway:\n  ami: ami-0a1b2c3d\n", "")
    (found,) = desk.named(running="ami-11111111", newest="ami-22222222")
    assert "not pinned, and the newest debian-13 is another image: ami-11111111 -> ami-22222222" in found
    assert not desk.named(running="ami-11111111", newest="ami-11111111", is_replaced=False)


def test_another_program_is_a_cause(desk: Desk) -> None:
    desk.deployed = deployed(desk._loaded(), program=b"an earlier one")
    (found,) = desk.named()
    assert found.startswith("this version of fixtunnel has another program for the gateway: sha256:")


def test_what_no_value_explains_is_in_cloudformations_words(desk: Desk) -> None:
    assert desk.named(properties=("ImageId",)) == ["the instance's ImageId changed: replaces the gateway"]
    assert desk.named() == ["this version of fixtunnel writes other user data: replaces the gateway"]


def test_an_earlier_versions_stack_has_no_table(desk: Desk) -> None:
    desk.deployed = None
    assert desk.named() == []
    assert read_table({}) is None


@pytest.mark.parametrize("found", [None, [], {}, {"client": 1}, {"client": {"a": {}}, "venues": {}, "program": ""}, 7])
def test_a_table_that_is_none_is_not_read(found: Any) -> None:
    assert read_table({"fixtunnel": found}) is None


def test_a_row_of_an_earlier_or_later_version_is_no_fault(desk: Desk) -> None:
    assert desk.deployed
    client = {key: value for key, value in desk.deployed.client.items() if key != "psk_rotation"}
    odd = {"gateway.colour": "red", "tunnels.\u00b2.x": 1, f"fix.{'9' * 5000}.x": 1, "": "x", ".": True}
    desk.deployed = desk.deployed.model_copy(update={"client": {**client, **odd}})
    assert desk.named(is_replaced=False) == []
