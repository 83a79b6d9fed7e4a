"""The instance metadata service, as cloud-init and a gateway's own program ask it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta

import pytest
import urllib3

from localaws.metadata.service import Metadata
from tests.unit.rehearsal.embedded import REGION, USER_DATA, Deployed, Emulator

TTL = "X-aws-ec2-metadata-token-ttl-seconds"


class Guest:
    """Asks as a program on the instance does."""

    def __init__(self, address: str) -> None:
        self._base = f"http://{address}"
        self._http = urllib3.PoolManager(retries=False)
        self.token = self.ask("PUT", "/latest/api/token", {TTL: "21600"})[1].decode()

    def ask(self, method: str, path: str, headers: Mapping[str, str]) -> tuple[int, bytes]:
        response = self._http.request(method, self._base + path, headers=dict(headers))
        return response.status, response.data

    def get(self, path: str) -> str:
        status, body = self.ask("GET", path, {"X-aws-ec2-metadata-token": self.token})
        return body.decode() if status == 200 else str(status)


@pytest.fixture
def guest(metadata: Metadata) -> Guest:
    return Guest(metadata.address)


@pytest.mark.parametrize("headers", [{}, {"X-aws-ec2-metadata-token": "made-up"}])
def test_nothing_is_told_without_a_token(guest: Guest, headers: dict[str, str]) -> None:
    assert guest.ask("GET", "/latest/meta-data/instance-id", headers)[0] == 401


@pytest.mark.parametrize(
    ("headers", "status"),
    [({}, 400), ({TTL: "0"}, 400), ({TTL: "21601"}, 400), ({TTL: "60", "X-Forwarded-For": "10.0.0.1"}, 403)],
)
def test_a_token_is_asked_for_as_ec2_wants_it(guest: Guest, headers: dict[str, str], status: int) -> None:
    assert guest.ask("PUT", "/latest/api/token", headers)[0] == status


def test_the_user_data_is_byte_identical(guest: Guest) -> None:
    answer = guest.ask("GET", "/2021-03-23/user-data", {"X-aws-ec2-metadata-token": guest.token})
    assert answer == (200, USER_DATA)


def test_every_path_that_a_listing_names_is_there(guest: Guest) -> None:
    leaves = list(walk(guest, "/2021-03-23/meta-data/")) + list(walk(guest, "/2021-03-23/dynamic/"))
    assert "/2021-03-23/dynamic/instance-identity/document" in leaves
    assert any(leaf.endswith("/subnet-ipv4-cidr-block") for leaf in leaves)
    assert [leaf for leaf in leaves if guest.get(leaf) in ("404", "503")] == []


def walk(guest: Guest, folder: str) -> Iterator[str]:
    for name in guest.get(folder).splitlines():
        yield from walk(guest, folder + name) if name.endswith("/") else [folder + name]


def test_what_it_tells_is_what_was_deployed(guest: Guest, deployed: Deployed) -> None:
    mac = guest.get("/latest/meta-data/mac")
    assert guest.get("/latest/meta-data/instance-id") == deployed.instance_id
    assert guest.get("/latest/meta-data/local-ipv4") == "10.64.0.4"
    assert guest.get("/latest/meta-data/placement/region") == REGION
    assert guest.get(f"/latest/meta-data/network/interfaces/macs/{mac}/subnet-ipv4-cidr-block") == "10.64.0.0/27"
    assert guest.get("/latest/meta-data/no-such-thing") == "404"
    document = json.loads(guest.get("/latest/dynamic/instance-identity/document"))
    assert (document["region"], document["accountId"]) == (REGION, "123456789012")


def test_the_roles_credentials_are_temporary_and_stay_for_an_hour(guest: Guest) -> None:
    path = "/latest/meta-data/iam/security-credentials/"
    role = guest.get(path)
    first, again = (json.loads(guest.get(path + role)) for _ in range(2))
    assert (role, first["Code"], first["AccessKeyId"]) == ("gateway", "Success", again["AccessKeyId"])
    expires = datetime.strptime(first["Expiration"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    assert expires - datetime.now(UTC) > timedelta(hours=4)


def test_the_public_address_follows_the_elastic_ip(guest: Guest, emulator: Emulator, deployed: Deployed) -> None:
    path = "/latest/meta-data/public-ipv4"
    temporary = guest.get(path)
    ec2 = emulator.client("ec2")
    association = ec2.associate_address(InstanceId=deployed.instance_id, AllocationId=deployed.allocation_id)
    assert temporary != deployed.elastic_ip
    until(lambda: guest.get(path) == deployed.elastic_ip)
    ec2.disassociate_address(AssociationId=association["AssociationId"])
    until(lambda: guest.get(path) != deployed.elastic_ip)


def test_the_address_of_a_secondary_one_is_told_beside_the_primarys(
    guest: Guest, emulator: Emulator, deployed: Deployed
) -> None:
    card = f"/latest/meta-data/network/interfaces/macs/{guest.get('/latest/meta-data/mac')}"
    primary, temporary = guest.get("/latest/meta-data/local-ipv4"), guest.get("/latest/meta-data/public-ipv4")
    assert guest.get(f"{card}/local-ipv4s").splitlines() == [primary, deployed.secondary_address]
    ec2 = emulator.client("ec2")
    association = ec2.associate_address(
        AllocationId=deployed.allocation_id,
        NetworkInterfaceId=deployed.interface_id,
        PrivateIpAddress=deployed.secondary_address,
    )
    path = f"{card}/ipv4-associations/{deployed.elastic_ip}"
    began = time.monotonic()
    until(lambda: guest.get(path) == deployed.secondary_address)
    assert time.monotonic() - began > 2, "word of it takes its time"
    assert guest.get("/latest/meta-data/public-ipv4") == temporary
    assert guest.get(f"{card}/public-ipv4s").splitlines() == [temporary, deployed.elastic_ip]
    ec2.disassociate_address(AssociationId=association["AssociationId"])
    until(lambda: guest.get(path) == "404")
    assert guest.get(f"{card}/ipv4-associations/{temporary}") == primary


def until(condition: Callable[[], bool], *, limit_s: float = 8.0) -> None:
    """Wait: word of an association takes three seconds, and what the service read is good for half of one."""
    deadline = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < deadline, f"it did not happen within {limit_s:g} s"
        time.sleep(0.05)


def test_the_public_address_can_be_withheld(guest: Guest, metadata: Metadata) -> None:
    metadata.pause("public-ipv4")
    assert guest.get("/latest/meta-data/public-ipv4") == "404"
    assert "public-ipv4" not in guest.get("/latest/meta-data/").splitlines()
    metadata.resume("public-ipv4")
    assert guest.get("/latest/meta-data/public-ipv4") != "404"


def test_the_whole_service_can_fall_silent(guest: Guest, metadata: Metadata) -> None:
    metadata.pause("metadata", "reset")
    with pytest.raises(urllib3.exceptions.ProtocolError):
        guest.get("/latest/meta-data/instance-id")
    metadata.pause("metadata", "unavailable")
    assert guest.get("/latest/meta-data/instance-id") == "503"
    metadata.resume("metadata")
    assert guest.get("/latest/meta-data/instance-id").startswith("i-")
