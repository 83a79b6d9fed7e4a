"""The emulator as a process: started, found again, and ended by its id."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from localaws import program
from localaws.iam.access_key import AccessKey
from localaws.program import RehearsalFailed
from localaws.serving.backend import Backend, BackendSilent
from model.configuration import stranger
from model.source import Unreadable, content
from ops.interrupts import held, released

_PROJECT = Path(__file__).parents[2]
_MOST_STATE = 64 * 1024
START_LIMIT = 180.0
"""Seconds for the server to listen: it takes 3 on a quiet machine, most of it to load moto, and over 60 where many share one."""

STOP_LIMIT = 10.0
"""Seconds for the server to end after SIGTERM."""

SOCKET_PATH_LIMIT = 100
"""unix(7): the path of a socket has 108 bytes at most."""


EXISTING = "/fixtunnel/existing"
"""Where `POST` puts parts that are there before any deploy."""

REFUSED = "/fixtunnel/refused"
"""Where `POST` tells the types of resources that cannot be created from now on."""

CONFIRMED = "/fixtunnel/confirmed"
"""Where `POST` tells the mail address whose owner confirms what was subscribed for it."""

ABOUT = "/fixtunnel/about"
"""Where `GET` shows the process's id, so that no other process with the old number is ended."""


class EmulatorFailed(RehearsalFailed):
    """The emulator did not start, answer or end: what it was, its evidence, what to do."""


@dataclass(frozen=True, kw_only=True)
class Listening:
    """Where and with which key a server can be reached, as it writes it down for its owner."""

    pid: int
    port: int
    socket: str
    account: str
    region: str
    signals: str
    key: AccessKey

    def write(self, path: Path) -> None:
        """Write it in one step: a reader sees nothing or all of it. It has a secret in it: see the caller's umask."""
        draft = path.with_suffix(".draft")
        draft.unlink(missing_ok=True)
        draft.write_text(json.dumps(asdict(self)))
        draft.replace(path)

    @staticmethod
    def read(path: Path) -> Listening:
        """Read it. Raises FileNotFoundError before the server listens, and EmulatorFailed where it says no such thing."""
        if not path.exists():
            raise FileNotFoundError(path)
        try:
            if why := stranger(path):
                raise ValueError(why)
            found: dict[str, Any] = json.loads(content(path, most=_MOST_STATE))
            return Listening(**{**found, "key": AccessKey(**found["key"])})
        except (Unreadable, ValueError, KeyError, TypeError, RecursionError) as error:
            words = f"{error}" if isinstance(error, Unreadable | ValueError) else "it lacks what an embedded AWS writes"
            raise EmulatorFailed(f"{path}: {words}", advice="remove it if no embedded AWS of yours runs") from None

    @property
    def endpoint(self) -> str:
        """The URL of every service. `localhost` by name: the CDK's template URLs are read by path only so."""
        return f"http://localhost:{self.port}"


def start(
    run_dir: Path, *, account: str, outlive: bool = False, **options: Any
) -> tuple[Listening, subprocess.Popen[bytes]]:
    """Start a server that keeps its state, its socket and its log in `run_dir`, and wait until it listens.

    It ends with us, even if we are killed, unless it shall `outlive` us. Raises EmulatorFailed.
    """
    run_dir.mkdir(parents=True, exist_ok=True)
    state, socket = run_dir / "aws.json", run_dir / "aws.sock"
    if len(str(socket)) > SOCKET_PATH_LIMIT:
        raise EmulatorFailed(f"{socket} is too long for a socket; choose a directory nearer to the root")
    state.unlink(missing_ok=True)
    command = _command(state, socket, outlive, {"account": account, **options})
    environment = _environment(account)
    log = run_dir / "aws.log"
    log.unlink(missing_ok=True)
    with held():
        process = program.start(command, cwd=_PROJECT, environment=environment, log=log, lifeline=not outlive)
        try:
            with released():
                return _listening(state, process, log), process
        except BaseException:
            # Nobody would know of it.
            process.kill()
            process.wait()
            raise


def _command(state: Path, socket: Path, outlive: bool, options: dict[str, Any]) -> list[str]:
    given = {"--" + name.replace("_", "-"): str(value) for name, value in options.items() if value is not None}
    flags = [word for pair in given.items() for word in pair]
    where = ["--state", str(state), "--socket", str(socket), *([] if outlive else ["--lifeline"])]
    return [sys.executable, "-m", "localaws.cloudformation", *where, *flags]


def _environment(account: str) -> dict[str, str]:
    """Ours, without the credentials and endpoints of a real account; and what moto reads as it is imported."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "MOTO_"))}
    for_moto = {"MOTO_EC2_LOAD_DEFAULT_AMIS": "false", "MOTO_IAM_LOAD_MANAGED_POLICIES": "true"}
    return {**kept, **for_moto, "MOTO_ACCOUNT_ID": account}


def _listening(state: Path, process: subprocess.Popen[bytes], log: Path) -> Listening:
    program.until(lambda: state.exists() or process.poll() is not None, limit=START_LIMIT)
    if process.poll() is None and state.exists():
        return Listening.read(state)
    words = log.read_text(errors="replace")[-2000:]
    raise EmulatorFailed(f"the embedded AWS did not listen within {START_LIMIT:.0f} s; {log} ends with:\n{words}")


def stop(where: Listening, process: subprocess.Popen[bytes] | None = None) -> None:
    """End the server, by the id that it gives itself. One that has ended already is no fault. Raises EmulatorFailed."""
    if process is None and not is_running(where):
        return
    os.kill(where.pid, signal.SIGTERM)
    if program.until(lambda: process.poll() is not None if process else _has_ended(where.pid), limit=STOP_LIMIT):
        return
    os.kill(where.pid, signal.SIGKILL)
    raise EmulatorFailed(f"the embedded AWS, process {where.pid}, had to be killed: it did not end after SIGTERM")


def is_running(where: Listening) -> bool:
    """Whether the process that answers at that socket is the one that was written down."""
    try:
        answer: dict[str, Any] = json.loads(ask(where, "GET", ABOUT))
    except (EmulatorFailed, ValueError):
        return False
    return answer.get("pid") == where.pid


def _has_ended(pid: int) -> bool:
    """Whether the process is gone; a child process that has ended is there until it is waited for."""
    try:
        return os.waitpid(pid, os.WNOHANG)[0] == pid
    except ChildProcessError:
        pass
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def bring(where: Listening, parts: dict[str, Any]) -> None:
    """Put parts into the account that are there before any deploy (`seeds.existing` has their form)."""
    ask(where, "POST", EXISTING, json.dumps(parts))


def refuse(where: Listening, types: Sequence[str]) -> None:
    """From now on CloudFormation cannot create resources of these types; of none, for an empty list."""
    ask(where, "POST", REFUSED, json.dumps(list(types)))


def confirm(where: Listening, mail_address: str) -> None:
    """The person behind a mail address confirms its subscriptions."""
    ask(where, "POST", CONFIRMED, json.dumps(mail_address))


def ask(where: Listening, method: str, path: str, body: str | None = None) -> bytes:
    """One request that AWS does not know. Raises EmulatorFailed without an answer, and at an error of the server."""
    backend = Backend(path=Path(where.socket), region=where.region)
    try:
        reply = backend.send(method=method, target=path, headers={}, body=(body or "").encode())
    except BackendSilent as error:
        raise EmulatorFailed(str(error)) from error
    if reply.status >= 400:
        raise EmulatorFailed(f"the embedded AWS answered {reply.status} to {method} {path}: {reply.body[:500]!r}")
    return reply.body
