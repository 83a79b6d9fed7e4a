"""Puts moto together with what is ours: CloudFormation, the public addresses, the seeds."""

from __future__ import annotations

import threading

from flask import Flask
from moto.core.utils import convert_to_flask_response
from moto.moto_server.werkzeug_app import (
    BackendRequest,
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)

from localaws.cloudformation import addresses, associations, seeds
from localaws.cloudformation.api import bound
from localaws.cloudformation.clients import Clients
from localaws.cloudformation.cloud import Cloud
from localaws.cloudformation.server import EXISTING, REFUSED, Application, with_our_own
from localaws.cloudformation.stack import Resource, Stack


class Handler(MotoRequestHandler):
    """Requests are logged only where the server fails; what is in them, which may be a secret, never."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Write a line for an error of ours."""
        if str(code).startswith("5"):
            super().log_request(code, size)


def clients(*, account: str, region: str) -> Clients:
    """Clients of a server whose port is not known yet."""
    return Clients(endpoint="", account=account, region=region)


def application(clients: Clients, *, signals: str, signal_cap: float | None) -> Application:
    """moto's application with everything of ours in it."""
    addresses.install()
    associations.install()
    seeds.images(clients)
    cloud = Cloud(clients=clients, signal_cap=signal_cap)
    if signals == "stand-in":
        cloud.awaited = lambda stack, resource: _stand_in(clients, stack, resource)
    ours = _cloudformation(cloud)
    moto = DomainDispatcherApplication(
        lambda service: ours if service == "cloudformation" else create_backend_app(service)
    )

    def refuse(types: list[str]) -> None:
        cloud.refused = frozenset(types)

    return with_our_own(moto, {EXISTING: lambda parts: seeds.existing(clients, parts), REFUSED: refuse})


def _cloudformation(cloud: Cloud) -> Flask:
    """The one service that is not moto's. So moto's own is never imported, nor the forty services that it would import."""
    service = Flask("cloudformation")
    service.request_class = BackendRequest
    view = convert_to_flask_response(bound(cloud).dispatch)
    service.add_url_rule("/", endpoint="cloudformation", view_func=view, methods=["POST"])
    return service


def _stand_in(clients: Clients, stack: Stack, resource: Resource) -> None:
    """Signal for a gateway that nobody boots, over the API as the gateway itself would, and as soon as it runs."""
    arguments = {"StackName": stack.name, "LogicalResourceId": resource.logical_id, "UniqueId": "stand-in"}
    signal = threading.Thread(
        target=lambda: clients.cloudformation.signal_resource(**arguments, Status="SUCCESS"),
        name=f"stand-in for the gateway {resource.physical_id}",
        daemon=True,
    )
    signal.start()
