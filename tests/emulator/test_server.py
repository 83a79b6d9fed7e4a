"""The emulator's process: where it listens, what it knows, and that it never stays behind."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from localaws.aws import EmbeddedAws
from localaws.cloudformation.process import EmulatorFailed, start
from tests.emulator.standing import Standing
from tests.paths import ROOT

LARGE = (ROOT / "clients" / "acme-capital.yaml").read_text().partition("\n\n")[2]


def test_answers_on_the_unix_socket_too(aws: EmbeddedAws) -> None:
    with socket.socket(socket.AF_UNIX) as unix:
        unix.connect(str(aws.socket))
        unix.sendall(b"GET /fixtunnel/about HTTP/1.1\r\nHost: any\r\nConnection: close\r\n\r\n")
        answer = http.client.HTTPResponse(unix)
        answer.begin()
        assert answer.read().decode() == f'{{"pid": {aws.where.pid}}}'


def test_image_parameters_name_images(aws: EmbeddedAws) -> None:
    for release in ("12", "13"):
        for architecture, machine in (("amd64", "x86_64"), ("arm64", "arm64")):
            name = f"/aws/service/debian/release/{release}/latest/{architecture}"
            ami = aws.clients.ssm.get_parameter(Name=name)["Parameter"]["Value"]
            (image,) = aws.clients.ec2.describe_images(ImageIds=[ami])["Images"]
            assert image["Architecture"] == machine


def test_large_client_stands_in_its_own_network(client: Standing) -> None:
    client.text = "description: Acme Capital, London desk\n" + LARGE
    client.bring_what_exists()
    assert client.deploy() == "CREATE_COMPLETE"
    old = client.aws.instance(client.name)
    assert (old.vpc_id, old.source_dest_check) == ("vpc-0a1b2c3d4e5f60718", False)
    parked = routes(client)
    assert len(parked) == 1
    client.text = client.text.replace("image: debian-13", "image: debian-12")
    assert client.deploy() == "UPDATE_COMPLETE"
    assert client.aws.instance(client.name).instance_id != old.instance_id
    assert routes(client) == parked, "the gateway leads them to itself, not CloudFormation: see test_claims.py"
    assert client.destroy() == "DELETE_COMPLETE"
    assert routes(client) == set()


def routes(client: Standing) -> set[str]:
    """The network interfaces to which the trading hosts' routes lead."""
    (table,) = client.aws.clients.ec2.describe_route_tables(RouteTableIds=["rtb-0a1b2c3d4e5f60718"])["RouteTables"]
    return {route["NetworkInterfaceId"] for route in table["Routes"] if route.get("NetworkInterfaceId")}


def test_ends_when_the_one_who_started_it_is_killed(tmp_path: Path) -> None:
    script = (
        "import sys, time, pathlib; from localaws.aws import EmbeddedAws\n"
        "aws = EmbeddedAws(pathlib.Path(sys.argv[1])).start(); print(aws.where.pid, flush=True); time.sleep(600)"
    )
    with subprocess.Popen([sys.executable, "-c", script, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        parent.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 10
    while (tmp_path / "aws.sock").exists():
        assert time.monotonic() < deadline, f"process {pid} outlived the one that started it"
        time.sleep(0.05)


def test_path_that_is_too_long_for_a_socket_is_named(tmp_path: Path) -> None:
    with pytest.raises(EmulatorFailed, match="too long for a socket"):
        start(tmp_path / ("x" * 120), account="123456789012")


def test_next_command_finds_one_that_outlives_its_own(tmp_path: Path) -> None:
    first = EmbeddedAws(tmp_path).start(outlive=True)
    try:
        second = EmbeddedAws(tmp_path)
        assert second.find()
        assert second.where == first.where
    finally:
        first.stop()
    assert not EmbeddedAws(tmp_path).find()
    with pytest.raises(ProcessLookupError):
        os.kill(first.where.pid, 0)
