"""`fixtunnel render`."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Table

from ops.console import show, show_json
from ops.failure import BadInput
from ops.files import rendering
from ops.files.rendering import ELSEWHERE
from ops.files.rendering import explain as why_is
from ops.loading import load_client, load_undeployed
from ops.options import AsJson, ClientName
from ops.pager import paged
from userdata.render import File

EXAMPLE = "fixtunnel render acme --explain"


def render(
    context: typer.Context,
    client: ClientName,
    *,
    user_data: Annotated[bool, typer.Option("--user-data", help="The whole cloud-config, as EC2 is given it.")] = False,
    only: Annotated[str | None, typer.Option("--file", help="One file alone, such as /etc/ipsec.conf.")] = None,
    explain: Annotated[bool, typer.Option("--explain", help="Beside each line the article's, and why.")] = False,
    deployed: Annotated[bool, typer.Option("--deployed", help="Address and secrets of the deployed stack.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show exactly what will stand on the gateway, secrets as references.

    Without --deployed a name in angle brackets stands for what only the deployed stack knows, or the venue has not assigned yet.
    """
    if as_json and (user_data or explain):
        raise BadInput("--json goes without --user-data and --explain", advice="it has every file, or that of --file")
    deployment = (load_client if deployed else load_undeployed)(context.obj, client)
    values = rendering.deployed(deployment)
    if deployed:
        from ops.aws import open_account  # noqa: PLC0415  boto3 takes half a second, and only --deployed needs it

        stack = open_account(context.obj, deployment).stack(client)
        secrets = {one.name: stack.secret(one.name) for one in deployment.connections}
        values = rendering.deployed(deployment, elastic_ip=stack.address, secrets=secrets)
    if user_data:
        print(rendering.user_data(deployment, values), end="")
        return
    files = rendering.files(deployment, values)
    if only and as_json:
        files = [_one(files, only)]
    if as_json:
        show_json([{"path": file.path, "mode": file.mode, "content": file.content} for file in files])
    elif only:
        print(_one(files, only).content, end="")
    else:
        with paged():
            for file in files:
                _explain(file) if explain else _show(file)
            if explain:
                _show_elsewhere()


def _one(files: list[File], path: str) -> File:
    for file in files:
        if file.path == path:
            return file
    raise BadInput(
        f"{path} is not a file of the gateway", advice=f"available: {', '.join(file.path for file in files)}"
    )


def _show(file: File) -> None:
    show(f"── {file.path} {file.mode}", style="bold")
    print(file.content)


def _explain(file: File) -> None:
    """Programs and units speak for themselves: they are shown without --explain."""
    if not any(why_is(file.path, line) for line in file.content.splitlines()):
        return
    table = Table(title=f"{file.path} {file.mode}", title_justify="left", box=None, padding=(0, 2, 0, 0))
    table.add_column("line", overflow="fold", ratio=5)
    table.add_column("in the article", style="dim", overflow="fold", ratio=3)
    table.add_column("why", style="cyan", overflow="fold", ratio=4)
    for line in file.content.splitlines():
        why = why_is(file.path, line)
        table.add_row(line, why.seed if why else "", why.why if why else "")
    show(table)
    show("")


def _show_elsewhere() -> None:
    table = Table(title="In the article, and no line of a file here", title_justify="left", box=None)
    table.add_column("in the article", style="dim", overflow="fold")
    table.add_column("what does its work", style="cyan", overflow="fold")
    for row in ELSEWHERE:
        table.add_row(*row)
    show(table)
