"""An embedded AWS with one deployed gateway in it, reached over a unix socket as in the rehearsal."""

from __future__ import annotations

import socket
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server

from localaws.authority import Authority
from localaws.cloudformation import associations
from localaws.front import Front
from localaws.metadata.service import Metadata
from tests.unit.rehearsal.embedded import REGION, Deployed, Emulator, deploy


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:
        pass


@pytest.fixture(scope="session")
def folder() -> Iterator[Path]:
    # Short: the path of a unix socket has 107 bytes (unix(7)), and pytest's own are long.
    with tempfile.TemporaryDirectory(prefix="ft-") as name:
        yield Path(name)


@pytest.fixture(scope="session")
def emulator(folder: Path) -> Iterator[Emulator]:
    associations.install()
    application = DomainDispatcherApplication(create_backend_app)
    path = folder / "aws.sock"
    servers = [
        make_server(host, 0, application, threaded=True, request_handler=_Quiet)
        for host in (f"unix://{path}", "127.0.0.1")
    ]
    for server in servers:
        threading.Thread(target=server.serve_forever, daemon=True).start()
    yield Emulator(socket=path, endpoint=f"http://127.0.0.1:{servers[1].server_port}")
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="session")
def deployed(emulator: Emulator) -> Deployed:
    return deploy(emulator)


@pytest.fixture(scope="session")
def metadata(emulator: Emulator, deployed: Deployed, folder: Path) -> Iterator[Metadata]:
    with Metadata(
        namespace=None,
        address="127.0.0.1:0",
        emulator_socket=emulator.socket,
        instance_id=deployed.instance_id,
        region=REGION,
        run_dir=folder,
    ) as service:
        yield service


@pytest.fixture(scope="session")
def authority(folder: Path) -> Authority:
    return Authority(folder / "ca")


@pytest.fixture(scope="session")
def front(emulator: Emulator, authority: Authority, folder: Path) -> Iterator[Front]:
    with Front(
        namespace=None,
        address="127.0.0.1:0",
        emulator_socket=emulator.socket,
        region=REGION,
        authority=authority,
        run_dir=folder,
    ) as server:
        yield server


@pytest.fixture
def aws_names(front: Front, monkeypatch: pytest.MonkeyPatch) -> None:
    """Resolve AWS's names to the front, as the edge's DNS does for the gateway."""
    host, _, port = front.address.rpartition(":")
    real: Callable[..., Any] = socket.getaddrinfo

    def resolve(name: Any, service: Any, *args: Any, **more: Any) -> Any:
        if str(name).endswith("amazonaws.com"):
            return [(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (host, int(port)))]
        return real(name, service, *args, **more)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)


@pytest.fixture(scope="session")
def sdk() -> boto3.Session:
    """One for all tests: each new one reads the services' models from disk again."""
    return boto3.Session(region_name=REGION)


@pytest.fixture
def gateway(
    sdk: boto3.Session, metadata: Metadata, authority: Authority, aws_names: None, monkeypatch: pytest.MonkeyPatch
) -> Callable[[Any], Any]:
    """A boto3 client as it is on the gateway: credentials from the metadata service, AWS's own names, our authority."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", f"http://{metadata.address}")
    monkeypatch.setenv("AWS_CA_BUNDLE", str(authority.certificate))
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    return sdk.client
