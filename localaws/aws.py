"""The embedded AWS: a context manager that deploys a client to it with the CDK's own command line and reads it back.

    with EmbeddedAws(run_dir, signals="wait") as aws:
        aws.bootstrap()
        with aws.deploying("acme") as deploy:          # blocks on the gateway's signal, so it runs in the background
            gateway = aws.wait_for_instance("acme", limit=120)
            boot(gateway.user_data)                    # the gateway signals once its tunnels are loaded
            deploy.wait(limit=600)

It proves wiring, not AWS's semantics: `localaws.cloudformation` says where the difference lies.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

from localaws.account import DeployedAccount
from localaws.cdk import Cdk
from localaws.cloudformation import process
from localaws.cloudformation.clients import Clients
from localaws.cloudformation.process import EmulatorFailed, Listening
from ops.deploying.cdk import OnLine, silent
from ops.interrupts import held, released
from ops.options import PROJECT
from userdata.contract import stack_name

Signalling = Literal["wait", "at-end", "stand-in"]
ACCOUNT, REGION = "123456789012", "eu-west-2"
DEPLOY_LIMIT = 1800.0
"""Seconds for a whole deploy: the gateway's own limit to signal is shorter."""


class EmbeddedAws(DeployedAccount):
    """One account in one region.

    `signals`: who signals for a gateway, itself or (none is booted) a stand-in. `at-end`: itself, and what comes after it is made
    meanwhile, unlike in CloudFormation: two gateways boot at once.
    """

    def __init__(
        self,
        run_dir: Path,
        *,
        signals: Signalling = "wait",
        signal_cap: float | None = None,
        zones: Literal["in-order", "shuffled"] = "in-order",
        account: str = ACCOUNT,
        region: str = REGION,
    ) -> None:
        self.run_dir = run_dir
        self._account = account
        self._options = {"signals": signals, "signal_cap": signal_cap, "region": region, "zones": zones}
        self._process: subprocess.Popen[bytes] | None = None
        self._where: Listening | None = None

    def start(self, *, outlive: bool = False) -> Self:
        """Start the server. It ends with this process, unless it shall outlive it. Raises EmulatorFailed."""
        where, self._process = process.start(self.run_dir, account=self._account, outlive=outlive, **self._options)
        self._attach(where)
        return self

    def find(self) -> bool:
        """Attach to a server that outlived the process that started it; False if there is none."""
        try:
            where = Listening.read(self.run_dir / "aws.json")
        except FileNotFoundError:
            return False
        if found := process.is_running(where):
            self._attach(where)
        return found

    def _attach(self, where: Listening) -> None:
        self._where = where
        self.clients = Clients(endpoint=where.endpoint, region=where.region, account=where.account, key=where.key)

    def stop(self) -> None:
        """End the server. Raises EmulatorFailed if it does not end."""
        process.stop(self.where, self._process)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def where(self) -> Listening:
        """Port, socket, account and region of the server."""
        if self._where is None:
            raise EmulatorFailed("the embedded AWS is not started: use it in a `with` block")
        return self._where

    @property
    def socket(self) -> Path:
        """The unix socket on which the same server answers."""
        return Path(self.where.socket)

    def environment(self) -> dict[str, str]:
        """What a program needs in its environment to ask this instead of AWS."""
        return {
            "AWS_ENDPOINT_URL": self.where.endpoint,
            "AWS_ACCESS_KEY_ID": self.where.key.access_key_id,
            "AWS_SECRET_ACCESS_KEY": self.where.key.secret_access_key,
            "AWS_REGION": self.where.region,
            "AWS_DEFAULT_REGION": self.where.region,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": "/dev/null",
            "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
            "CDK_DISABLE_CLI_TELEMETRY": "true",
            # The CLI remembers there which account a key belongs to: not for a key that has another one tomorrow.
            "CDK_HOME": str(self.run_dir / "cdk-home"),
        }

    def bring(self, parts: Mapping[str, Any]) -> None:
        """Put parts into the account that a client says exist already (see `localaws.cloudformation.seeds.existing`)."""
        process.bring(self.where, dict(parts))

    def confirm_mail(self, address: str) -> None:
        """The person behind a mail address confirms its subscriptions."""
        process.confirm(self.where, address)

    @contextmanager
    def refusing(self, resource_type: str) -> Iterator[None]:
        """While it is open CloudFormation cannot create or change what is of this type, in deploys that begin meanwhile."""
        process.refuse(self.where, [resource_type])
        try:
            yield
        finally:
            process.refuse(self.where, [])

    def bootstrap(self, *, on_line: OnLine = silent) -> None:
        """`cdk bootstrap`, unless it was done. Raises CdkFailed."""
        if self.status("CDKToolkit") != "CREATE_COMPLETE":
            target = f"aws://{self.where.account}/{self.where.region}"
            self._to_its_end("bootstrap", target, on_line=on_line, folder=self.run_dir)

    def deploying(
        self,
        client: str,
        *,
        context: Mapping[str, str] | None = None,
        parameters: Mapping[str, str] | None = None,
        on_line: OnLine = silent,
    ) -> Cdk:
        """`cdk deploy` of a client in the background."""
        return self._cdk(*_deploy(client, context or {}, parameters or {}), on_line=on_line)

    def deploy(
        self,
        client: str,
        *,
        limit: float = DEPLOY_LIMIT,
        context: Mapping[str, str] | None = None,
        parameters: Mapping[str, str] | None = None,
        on_line: OnLine = silent,
    ) -> None:
        """`cdk deploy` of a client, to its end, which a signal brings nearer. Raises CdkFailed."""
        self._to_its_end(*_deploy(client, context or {}, parameters or {}), on_line=on_line, limit=limit)

    def destroy(self, client: str, *, context: Mapping[str, str] | None = None, on_line: OnLine = silent) -> None:
        """`cdk destroy` of a client, its protection taken off first. Raises CdkFailed."""
        name = stack_name(client)
        if self.status(name) is None:
            return
        cloudformation = self.clients.cloudformation
        cloudformation.update_termination_protection(StackName=name, EnableTerminationProtection=False)
        chosen = _context({"client": client, **(context or {})})
        self._to_its_end("destroy", name, *chosen, "--force", on_line=on_line)

    def _to_its_end(self, *arguments: str, limit: float = DEPLOY_LIMIT, **options: Any) -> None:
        """A signal is heard while it runs, and neither between its start and our knowing it nor while it is ended."""
        with held(), self._cdk(*arguments, **options) as run, released():
            run.wait(limit=limit)

    def _cdk(self, verb: str, *arguments: str, on_line: OnLine, folder: Path = PROJECT) -> Cdk:
        own = ["--output", str(self.run_dir / "cdk.out"), "--no-notices", "--ci"]
        method = ["--method=direct"] if verb == "deploy" else []
        # jsii leaves its temporary files behind when it is interrupted: where they go with everything else.
        temporary = self.run_dir / "tmp"
        temporary.mkdir(exist_ok=True)
        environment = {**self.environment(), "TMPDIR": str(temporary)}
        return Cdk([verb, *arguments, *method, *own], environment=environment, on_line=on_line, folder=folder)


def _deploy(client: str, context: Mapping[str, str], parameters: Mapping[str, str]) -> list[str]:
    name = stack_name(client)
    chosen = _context({"client": client, **context})
    given = [f"--parameters={name}:{key}={value}" for key, value in parameters.items()]
    return ["deploy", name, *chosen, *given, "--require-approval=never"]


def _context(chosen: Mapping[str, str]) -> list[str]:
    return [word for key, value in chosen.items() for word in ("--context", f"{key}={value}")]
