"""The CDK's own command line, run as a program: synthesis, assets and deployment are its work."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
import tempfile
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from model.configuration import home, is_clone, stranger
from ops import debug
from ops.aws import Access
from ops.deploying.npm import npx
from ops.failure import BadInput, Failure
from ops.interrupts import held, released
from ops.options import PROJECT, Settings
from userdata.contract import stack_name

_LAST_LINES, _STOP_SECONDS = 40, 10.0
UNVALIDATED = {"CDK_VALIDATION": "false"}
_QUIET = ("--no-notices", "--ci", "--no-color")
_WHO = re.compile(
    r"AWS_(ACCESS_KEY_ID|SECRET_ACCESS_KEY|SESSION_TOKEN|SECURITY_TOKEN|CREDENTIAL_EXPIRATION|ACCOUNT_ID|(DEFAULT_)?PROFILE"
    r"|ROLE_\w+|WEB_IDENTITY_\w+|CONTAINER_\w+)"
)
"""Variables that say who asks. Those that say where or how (endpoints, a CA bundle, the folders of the files) are no such."""


OnLine = Callable[[str], None]


def silent(_line: str) -> None:
    """Drop a line."""


def _cli() -> Path:
    """Of the firm's own repository, which `fixtunnel init` made; else of the clone."""
    folders = [folder / "node_modules" / ".bin" for folder in (home(), PROJECT)]
    return next((folder / "cdk" for folder in folders if folder.is_dir()), folders[0] / "cdk")


class CdkRun:
    """One run of the CLI in the background, with its last lines."""

    def __init__(
        self,
        arguments: Sequence[str],
        *,
        environment: Mapping[str, str],
        on_line: OnLine = silent,
        folder: Path = PROJECT,
    ) -> None:
        """Start it with this environment and no other. Raises Failure where the CLI is not installed."""
        cli = _cli()
        if not cli.exists():
            advice = f"run: make -C {PROJECT} setup" if is_clone() else "run: fixtunnel init"
            raise Failure("the CDK's command line is missing", evidence=str(cli), advice=advice)
        if why := "" if cli.is_relative_to(PROJECT) else stranger(cli.parent):
            raise BadInput(f"the CDK's command line {why}")
        self._arguments, self._on_line = arguments, on_line
        self._last: deque[str] = deque(maxlen=_LAST_LINES)
        self._process = _started([str(cli), *arguments], dict(environment), folder)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._last.append(line.rstrip())
            self._on_line(line.rstrip())

    @property
    def last_lines(self) -> str:
        """What it said at last."""
        return "\n".join(self._last)

    @property
    def status(self) -> int | None:
        """How it ended; None while it runs."""
        return self._process.poll()

    def ended(self, *, within: float) -> bool:
        """Whether it has ended, or does within so many seconds."""
        try:
            self._process.wait(within)
        except subprocess.TimeoutExpired:
            return False
        self._reader.join(_STOP_SECONDS)
        return True

    def check(self) -> None:
        """Raise Failure, with the CLI's own words, if it ended with an error."""
        if self._process.returncode:
            said = "\n".join(_plain([line for line in self._last if line.strip()]))
            raise Failure(f"cdk {self._arguments[0]} failed", evidence=said, advice=_advice(said))

    def stop(self) -> None:
        """End it with all that it started, if it still runs. What CloudFormation has begun goes on without it."""
        if self._process.poll() is None:
            self._signal(signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(_STOP_SECONDS)
        # The app that it synthesises with is a process of its own, and need not have heard.
        self._signal(signal.SIGKILL)
        self._process.wait()

    def _signal(self, number: int) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)


@contextmanager
def cdk(
    verb: str,
    client: str,
    *,
    settings: Settings,
    access: Access,
    options: Sequence[str] = (),
    validates: bool = True,
) -> Iterator[CdkRun]:
    """Run a verb of the CLI on a client's stack, as the one who asked before; at the end of the block it is gone.

    Without `validates` the CDK's own validator of templates is not asked.

    Raises:
        Failure: the CLI is not installed.
    """
    chosen = {"client": client, **settings.context}
    context = [word for key, value in chosen.items() for word in ("--context", f"{key}={value}")]
    # A signal is heard while it runs, and neither between its start and our knowing it nor while we tidy up.
    with held(), tempfile.TemporaryDirectory(prefix="fixtunnel-") as folder:
        arguments = [verb, stack_name(client), *context, *options, *_QUIET, "--output", f"{folder}/cdk.out"]
        debug.tell(f"cdk {shlex.join(arguments)}")
        run = CdkRun(arguments, environment=_environment(access) | ({} if validates else UNVALIDATED))
        try:
            with released():
                yield run
        finally:
            run.stop()


def parameters(client: str, values: Mapping[str, str]) -> list[str]:
    """Parameters of the client's stack, as options of `cdk deploy`."""
    return [word for key, value in values.items() for word in ("--parameters", f"{stack_name(client)}:{key}={value}")]


def _started(argv: list[str], environment: dict[str, str], folder: Path) -> subprocess.Popen[str]:
    pipes: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    # A group of its own: Ctrl-C comes to us, and we end it with all that it started.
    how: dict[str, Any] = {"text": True, "errors": "replace", "start_new_session": True}
    return subprocess.Popen(argv, cwd=folder, env=environment, **how, **pipes)


def _environment(access: Access) -> dict[str, str]:
    """Ours with one identity alone.

    The CLI has an order of its own among profiles, keys and roles: given more than one it may deploy into another account
    than the plan was made for, and it cannot ask for a second factor.
    """
    return {**ours_without(_WHO), **access.environment()}


def ours_without(names: re.Pattern[str]) -> dict[str, str]:
    """Our environment without these variables, and with this Python's programs first: `python` for the app."""
    left = {name: value for name, value in os.environ.items() if not names.fullmatch(name)}
    return {**left, "PATH": f"{sys.prefix}/bin{os.pathsep}{os.environ.get('PATH', os.defpath)}"}


def _plain(lines: list[str]) -> list[str]:
    """Without a Python traceback: of that its last line, which is the error."""
    shown: list[str] = []
    inside = False
    for line in lines:
        begins = line.startswith("Traceback (most recent call last)")
        inside = begins or (inside and line.startswith(" "))
        if not inside:
            shown.append(line)
    return shown


def _advice(said: str) -> str:
    if "bootstrap" in said:
        return f"prepare the account once: {npx()} cdk bootstrap"
    return "the words above are the CDK's own"
