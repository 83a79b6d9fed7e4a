"""`fixtunnel evidence`."""

from __future__ import annotations

import io
import os
import tarfile
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from model.configuration import home
from ops.aws import open_account
from ops.console import note, show, show_json, waiting
from ops.doctor.examination import Examination
from ops.failure import BadInput, Failure
from ops.gateway.evidence import Evidence, gather
from ops.loading import load_client
from ops.options import AsJson, ClientName
from ops.output import EvidenceKept

EXAMPLE = "fixtunnel evidence acme"


def evidence(
    context: typer.Context,
    client: ClientName,
    *,
    to: Annotated[Path | None, typer.Option(help="Folder for the archive.", show_default="out/evidence")] = None,
    as_json: AsJson = False,
) -> None:
    """Keep what is known of an incident: one archive without secrets.

    Use it before you restart, reboot or replace anything. It has what doctor, status and logs say, the engine's and the
    firewall's state, the stack's events, the console and your files. It connects to no FIX port and changes nothing. What can't
    be reached is listed in about.json. It has addresses, so send it only to people who may know those.
    """
    deployment = load_client(context.obj, client)
    account = open_account(context.obj, deployment)
    with waiting(f"{client}: gathering"):
        found = gather(Examination(settings=context.obj, deployment=deployment, probe=False), account)
    path = _archive(found, to or home() / "out" / "evidence", f"{client}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}")
    if as_json:
        show_json(
            asdict(EvidenceKept(client=client, file=str(path), parts=tuple(sorted(found.texts)), missing=found.missing))
        )
        return
    for name, why in found.missing.items():
        note(f"missing: {name}: {why.splitlines()[0]}", style="yellow")
    show(f"wrote {path}")


def _archive(found: Evidence, folder: Path, name: str) -> Path:
    """Only you may read it."""
    path = folder / f"{name}.tar.gz"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise BadInput(f"{path} is there already", advice="name another folder with --to") from None
    except OSError as error:
        raise Failure(f"cannot write {path}: {error.strerror}", advice="name another folder with --to") from None
    with os.fdopen(opened, "wb") as file, tarfile.open(fileobj=file, mode="w:gz") as archive:
        for member, text in sorted(found.texts.items()):
            data = text.encode(errors="replace")
            info = tarfile.TarInfo(f"{name}/{member}")
            info.size, info.mode, info.mtime = len(data), 0o600, datetime.now(UTC).timestamp()
            archive.addfile(info, io.BytesIO(data))
    return path
