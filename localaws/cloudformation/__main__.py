"""`python -m localaws.cloudformation`: the server's process. `localaws.cloudformation.process` starts and ends it.

moto's own application with what is ours in it (CloudFormation, the public addresses, the seeds), on a TCP port of loopback
for who signs with this run's key, and on a unix socket that is its owner's alone. The socket is for a program in another
network namespace of the same file system, and for what AWS does not know.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from flask import Flask
from moto.core.utils import convert_to_flask_response
from moto.moto_server.werkzeug_app import (
    BackendRequest,
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)
from werkzeug.serving import BaseWSGIServer, make_server

from localaws import rules
from localaws.cloudformation import addresses, associations, routes, seeds
from localaws.cloudformation.api import bound
from localaws.cloudformation.claims import claim
from localaws.cloudformation.clients import Clients
from localaws.cloudformation.cloud import Cloud
from localaws.cloudformation.owner import Application, Owner, signed_only
from localaws.cloudformation.process import ABOUT, CONFIRMED, EXISTING, REFUSED, Listening
from localaws.cloudformation.stack import Resource, Stack
from localaws.iam.access_key import AccessKey
from localaws.rules import mail

ENDED = threading.Event()
Takers = Mapping[str, Callable[[Any], None]]


def main() -> None:
    """Serve until SIGTERM, or until the other end of standard input is closed where --lifeline says so."""
    options = _options()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ENDED.set())
    if options.lifeline:
        threading.Thread(target=_end_with_parent, daemon=True).start()
    _serve(options)
    os._exit(0)  # all there is lies in memory: taking it apart object by object would cost seconds


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--state", type=Path, required=True, help="file to write port and pid to")
    parser.add_argument("--socket", type=Path, required=True, help="unix socket to listen on too")
    parser.add_argument("--port", type=int, default=0, help="TCP port on 127.0.0.1; any free one by default")
    parser.add_argument("--account", default="123456789012")
    parser.add_argument("--region", default="eu-west-2")
    parser.add_argument("--signals", choices=("wait", "at-end", "stand-in"), default="wait")
    parser.add_argument("--signal-cap", type=float, help="wait no longer than this many seconds for a signal")
    parser.add_argument("--zones", choices=("in-order", "shuffled"), default="in-order", help="Fn::GetAZs at an update")
    parser.add_argument("--lifeline", action="store_true", help="end when standard input does")
    return parser.parse_args()


def _end_with_parent() -> None:
    """A parent that was killed cannot end us, but the pipe to it closes."""
    while os.read(sys.stdin.fileno(), 1):  # not sys.stdin.read: its lock would be in the way of our own end
        pass
    ENDED.set()


def _serve(options: argparse.Namespace) -> None:
    os.umask(0o077)  # the socket, and the file with the key
    account = {"account": options.account, "region": options.region, "key": AccessKey.new()}
    clients = Clients(endpoint="", **account)
    moto, takers = _application(clients, options)
    owners, our_own = signed_only(moto, Owner(**account)), _with_our_own(moto, takers)
    servers = _bind(owners, our_own, port=options.port, socket=options.socket)
    clients.endpoint = f"http://127.0.0.1:{servers[0].port}"
    known = {"pid": os.getpid(), "port": servers[0].port, "socket": str(options.socket), "signals": options.signals}
    where = Listening(**known, **account)
    where.write(options.state)
    try:
        for server in servers:
            threading.Thread(target=server.serve_forever, daemon=True).start()
        ENDED.wait()
    finally:
        options.socket.unlink(missing_ok=True)
        options.state.unlink(missing_ok=True)


def _application(clients: Clients, options: argparse.Namespace) -> tuple[Application, Takers]:
    """moto's application with all our rules in it, and what takes a request that AWS does not know."""
    addresses.install()
    associations.install()
    routes.install()
    rules.install()
    seeds.images(clients)
    cloud = Cloud(
        clients=clients,
        signal_cap=options.signal_cap,
        awaits_at_end=options.signals == "at-end",
        shuffles_zones=options.zones == "shuffled",
    )
    if options.signals == "stand-in":
        cloud.awaited = lambda stack, resource: _stand_in(clients, stack, resource)
    ours = _cloudformation(cloud)
    moto = DomainDispatcherApplication(
        lambda service: ours if service == "cloudformation" else create_backend_app(service)
    )

    def refuse(types: list[str]) -> None:
        cloud.refused = frozenset(types)

    def confirm(mail_address: str) -> None:
        mail.confirm(clients.account, clients.region, mail_address)

    takers: Takers = {
        EXISTING: lambda parts: seeds.existing(clients, parts),
        REFUSED: refuse,
        CONFIRMED: confirm,
    }
    return moto, takers


def _cloudformation(cloud: Cloud) -> Flask:
    """The one service that is not moto's. So moto's own is never imported, nor the forty services that it would import."""
    service = Flask("cloudformation")
    service.request_class = BackendRequest
    view = convert_to_flask_response(bound(cloud).dispatch)
    service.add_url_rule("/", endpoint="cloudformation", view_func=view, methods=["POST"])
    return service


def _stand_in(clients: Clients, stack: Stack, resource: Resource) -> None:
    """Claim and signal for a gateway that is not booted, over the API as the gateway itself would, and as soon as it runs."""
    arguments = {"StackName": stack.name, "LogicalResourceId": resource.logical_id, "UniqueId": "stand-in"}

    def act() -> None:
        claim(clients, resource.physical_id)
        clients.cloudformation.signal_resource(**arguments, Status="SUCCESS")

    signal = threading.Thread(
        target=act,
        name=f"stand-in for the gateway {resource.physical_id}",
        daemon=True,
    )
    signal.start()


def _with_our_own(application: Application, takers: Takers) -> Application:
    """The application with the requests that AWS does not know: who takes what is posted where."""

    def answer(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if path in takers:
            takers[path](json.loads(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))))
        elif path != ABOUT:
            return application(environ, start_response)
        start_response("200 OK", [("Content-Type", "application/json")])
        return [json.dumps({"pid": os.getpid()}).encode()]

    return answer


def _bind(
    over_tcp: Application, over_socket: Application, *, port: int, socket: Path
) -> tuple[BaseWSGIServer, BaseWSGIServer]:
    """Two listening servers of one account."""
    socket.unlink(missing_ok=True)
    wanted: dict[str, Any] = {"threaded": True, "request_handler": Handler}
    return make_server("127.0.0.1", port, over_tcp, **wanted), make_server(f"unix://{socket}", 0, over_socket, **wanted)


class Handler(MotoRequestHandler):
    """Requests are logged only where the server fails; what is in them, which may be a secret, never."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Write a line for one of our errors."""
        if str(code).startswith("5"):
            super().log_request(code, size)


if __name__ == "__main__":
    main()
