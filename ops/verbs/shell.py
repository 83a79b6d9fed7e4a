"""`fixtunnel shell`."""

from __future__ import annotations

import json
import shutil
import sys

import typer

from ops.aws import Account, open_account
from ops.beside import become, python
from ops.failure import BadInput, Failure
from ops.loading import load_client
from ops.options import LOCAL, REHEARSAL, ClientName

EXAMPLE = "fixtunnel shell acme"
_PLUGIN = "session-manager-plugin"
_RESPONSE = "AWS_SSM_START_SESSION_RESPONSE"
"""The plugin reads the session's token from this variable, and not from its command line, since its version 1.2.497.0."""


def shell(context: typer.Context, client: ClientName) -> None:
    """Open a command line on the gateway.

    By SSM's Session Manager, with AWS's plugin for it; there is no SSH. Exit status: the shell's.
    """
    settings = context.obj
    deployment = load_client(settings, client)
    if settings.stand_in == LOCAL:
        raise Failure(
            "no machine was booted: the boot signal was simulated", advice="boot it: fixtunnel rehearse CLIENT --keep"
        )
    if settings.stand_in == REHEARSAL:
        become(python("rehearsal.shell", "gateway"))
    if not sys.stdin.isatty():
        raise BadInput("a shell needs a terminal", advice="run it at one")
    if not shutil.which(_PLUGIN):
        advice = "https://docs.aws.amazon.com/systems-manager/latest/userguide/session-manager-working-with-install-plugin.html"
        raise Failure(f"AWS's {_PLUGIN} is not installed", advice=advice)
    _open(open_account(settings, deployment), client)


def _open(account: Account, client: str) -> None:
    instance = account.stack(client).instance_id
    if not instance:
        raise Failure(f"{client} has no gateway yet", advice=f"fixtunnel status {client}")
    access, target = account.access, {"Target": instance}
    session = access.call("ssm", "start_session", secretly=True, **target)
    said = {key: session[key] for key in ("SessionId", "TokenValue", "StreamUrl")}
    endpoint = access.client("ssm").meta.endpoint_url
    argv = [_PLUGIN, _RESPONSE, account.region, "StartSession", "", json.dumps(target), endpoint]
    become(argv, **access.environment(), **{_RESPONSE: json.dumps(said)})
