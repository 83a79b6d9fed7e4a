"""What is asked instead of AWS: the rehearsal that is up, or the AWS on this machine that `make deploy-local` started.

Their accounts, addresses and images are invented. Nothing of them may get into a file that is meant for AWS or for a venue:
the verbs that write one look at `Settings.stand_in`.
"""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from model.configuration import is_clone, stranger
from model.source import Unreadable, content
from ops.failure import BadInput
from ops.options import LOCAL, REHEARSAL

VARIABLE = "FIXTUNNEL_SESSION"
"""The variable that says how a gateway is reached where that is not by SSM: see `ops.gateway.session`."""
GUEST, NOBODY = "qga:", "no-machine:"
_MOST = 64 * 1024
_START_REHEARSAL = "start one that stays: fixtunnel rehearse CLIENT --keep"
_START_LOCAL = "start it: make deploy-local CLIENT=…"
_NOT_IN_A_WHEEL = (
    "it needs a clone (make deploy-local); without one: fixtunnel rehearse CLIENT --keep, then --rehearsal"
)


def enter_rehearsal(project: Path) -> None:
    """Let everything that asks AWS in this process, and in those it starts, ask the rehearsal. Raises BadInput."""
    run_dir = _rehearsal(project)
    if run_dir is None:
        other = f"{LOCAL} is up: ask it with --local; or " if _locals(project) else ""
        raise BadInput("no rehearsal is up", advice=f"{other}{_START_REHEARSAL}")
    _ask(run_dir / "aws", session=f"{GUEST}{run_dir}/{{instance}}/agent.sock")


def enter_local(project: Path, *, region: str | None) -> None:
    """The same with the AWS of `make deploy-local`; `region` says which, where several are up. Raises BadInput."""
    found = {path.name: path for path in _locals(project) if region in (None, _where(path)["region"])}
    if not found:
        other = f"{REHEARSAL} is up: ask it with --rehearsal; or " if _rehearsal(project) else ""
        in_region = f" in {region}" if region else ""
        start = _START_LOCAL if is_clone() else _NOT_IN_A_WHEEL
        theirs = " which you may ask" if _anothers(project) else ""
        raise BadInput(
            f"no AWS{theirs} on this machine is up{in_region}",
            advice=f"{other}{start}",
        )
    if len(found) > 1:
        advice = f"say which with --region, or end one: make destroy-local CLIENT=…; available: {', '.join(found)}"
        raise BadInput("several are up on this machine", advice=advice)
    _ask(next(iter(found.values())), session=NOBODY)


def _rehearsal(project: Path) -> Path | None:
    """The folder of the rehearsal that is up."""
    with suppress(Unreadable, OSError, ValueError, IndexError):
        run_dir = Path(_text(project / "out" / "rehearsal" / "up").splitlines()[0])
        return run_dir if _is_up(run_dir / "aws") else None
    return None


def _locals(project: Path) -> list[Path]:
    """The folders of those that `make deploy-local` started and that still run: one for each account and region."""
    return [path for path in sorted((project / "out" / "local").glob("*")) if _is_up(path)]


def _anothers(project: Path) -> bool:
    """Whether there is one that another user started."""
    return any(not os.access(path, os.R_OK) for path in (project / "out" / "local").glob("*/aws.json"))


def _where(folder: Path) -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads(_text(folder / "aws.json"))
    return found


def _text(path: Path) -> str:
    """Somebody else's run may have left it, and not as we write it."""
    return content(path, most=_MOST).decode()


def _is_up(folder: Path) -> bool:
    """Whether the server that wrote this down still lives and listens: one that was killed leaves its file behind.

    Another user's does not count: the file has its key in it, and is its owner's alone.
    """
    try:
        if stranger(folder / "aws.json"):
            return False
        where = _where(folder)
        known = [where["region"], where["key"]["access_key_id"], where["key"]["secret_access_key"]]
        with suppress(PermissionError):  # somebody else's, and it lives
            os.kill(where["pid"], 0)
        socket.create_connection(("localhost", where["port"]), timeout=1).close()
    except (Unreadable, OSError, ValueError, LookupError, TypeError, OverflowError, RecursionError):
        return False
    return all(isinstance(one, str) for one in known)


def _ask(folder: Path, *, session: str) -> None:
    where = _where(folder)
    # A profile, a role or an endpoint of the desk's own would be asked before, or beside, what stands below.
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ |= {
        # By name: the embedded AWS reads its own addresses of templates only so.
        "AWS_ENDPOINT_URL": f"http://localhost:{where['port']}",
        "AWS_ACCESS_KEY_ID": where["key"]["access_key_id"],
        "AWS_SECRET_ACCESS_KEY": where["key"]["secret_access_key"],
        "AWS_REGION": where["region"],
        "AWS_DEFAULT_REGION": where["region"],
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        # The CDK's CLI remembers there which account a key belongs to: not an invented one, beside the desk's own.
        "CDK_HOME": f"{folder}/cdk-home",
        "CDK_DISABLE_CLI_TELEMETRY": "true",
        VARIABLE: session,
    }
