"""The command, run in this process: what it prints and its exit status."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from botocore.model import OperationModel

from localaws.aws import EmbeddedAws
from ops.aws import Account, access
from ops.aws.access import Access
from ops.command import main
from ops.permissions import OF_VERB
from ops.schema import path
from tests.emulator.standing import Standing
from tests.ops.embedded import TUNNEL, Case, StandInGateway, bootstrapped
from tests.paths import VENUES


@dataclass(frozen=True)
class Ran:
    """One run of the command."""

    status: int
    out: str
    err: str


Fixtunnel = Callable[..., Ran]


def action_of(model: OperationModel) -> str:
    """A call as IAM's action; boto3 calls one service otherwise."""
    service = model.service_model.service_name
    return f"{'servicequotas' if service == 'service-quotas' else service}:{model.name}"


def watched(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Every call that is sent to AWS from now on, as IAM's action."""
    session, calls = access._session, set[str]()

    def noted(profile: str | None, region: str | None) -> Any:
        made = session(profile, region)
        made.events.register("before-call", note)
        return made

    def note(model: OperationModel, **_: Any) -> None:
        calls.add(action_of(model))

    monkeypatch.setattr(access, "_session", noted)
    return calls


@pytest.fixture
def fixtunnel(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Fixtunnel:
    """Run a verb on the example files. No run may end with a traceback, or ask AWS what docs/permissions.md does not name."""

    aws_calls = watched(monkeypatch)

    def run(*arguments: str) -> Ran:
        monkeypatch.setattr(sys, "argv", ["fixtunnel", *arguments])
        aws_calls.clear()
        status = main()
        out, err = capfd.readouterr()
        assert "Traceback" not in out + err
        assert aws_calls <= permitted(arguments), "ops/permissions.py does not know of these calls"
        if "--json" in arguments and out:
            fits_its_schema(verb_of(arguments), json.loads(out))
        return Ran(status, out, err)

    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    # A stack of the embedded AWS has no gateway that comes up.
    monkeypatch.setattr("ops.deploying.progress.LIMIT_SECONDS", 0.2)
    monkeypatch.setattr("ops.deploying.progress._LOOK_SECONDS", 0.05)
    return run


def verb_of(arguments: Sequence[str]) -> str:
    """The verb of a command line; of a family (`secret set`) the first two words."""
    names = {verb.split()[0] for verb in OF_VERB}
    at = next((n for n, one in enumerate(arguments) if one in names), len(arguments))
    two, one = (" ".join(arguments[at : at + many]) for many in (2, 1))
    return two if two in OF_VERB else one


def permitted(arguments: Sequence[str]) -> frozenset[str]:
    """What the verb of a command line may ask."""
    return OF_VERB.get(verb_of(arguments), frozenset())


def fits_its_schema(verb: str, said: Any) -> None:
    """Whether a verb's JSON is as its published schema says, with nothing more."""
    jsonschema.validate(said, closed(json.loads(path(verb).read_text())))


def closed(schema: Any) -> Any:
    """The schema without room for what it does not name."""
    if isinstance(schema, list):
        return [closed(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    inside = {key: closed(value) for key, value in schema.items()}
    return {**inside, "additionalProperties": False} if isinstance(schema.get("properties"), dict) else inside


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """A newcomer's folders: no client yet, and the example venues. Give it as `*folders(desk)`."""
    (tmp_path / "clients").mkdir()
    shutil.copytree(VENUES, tmp_path / "venues")
    return tmp_path


def folders(desk: Path) -> tuple[str, ...]:
    """The options that name the folders."""
    return "--clients-dir", str(desk / "clients"), "--venues-dir", str(desk / "venues")


class Person(StringIO):
    """Standard input of somebody at a terminal who types these lines."""

    def __init__(self, *lines: str) -> None:
        super().__init__("".join(f"{line}\n" for line in lines))

    def isatty(self) -> bool:
        return True


CANARY = "canary-psk-Zq7w3Xk9Lm2Vb5Nt8Rp1"
ACME = """\
tunnels:
  - venue: lse-proquote   # the article's
    sender_comp_ids: [ACME]
alarm_email: fix-ops@example.com
"""


@pytest.fixture(scope="session")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedAws]:
    with bootstrapped(tmp_path_factory.mktemp("aws"), signals="stand-in") as aws:
        yield aws


@pytest.fixture
def account(aws: EmbeddedAws, monkeypatch: pytest.MonkeyPatch) -> Account:
    for name, value in aws.environment().items():
        monkeypatch.setenv(name, value)
    return Account(Access(profile=None, region="eu-west-2"))


@pytest.fixture(scope="session")
def standing(aws: EmbeddedAws, tmp_path_factory: pytest.TempPathFactory) -> Standing:
    client = Standing(aws=aws, folder=tmp_path_factory.mktemp("clients"), name="acme", text=ACME)
    assert client.deploy(signal=None) == "CREATE_COMPLETE"
    return client


@pytest.fixture
def gateway(tmp_path: Path) -> StandInGateway:
    return StandInGateway(tmp_path / "gateway")


@pytest.fixture
def case(aws: EmbeddedAws, standing: Standing, gateway: StandInGateway) -> Case:
    aws.set_secret(aws.outputs("acme")["SecretLSEProquote"], CANARY)
    gateway.holds_psk(TUNNEL, CANARY)
    made = Case(gateway, aws)
    gateway.is_well(standing.address["PublicIp"], now=made.now)
    return made


@pytest.fixture
def acme(
    aws: EmbeddedAws, standing: Standing, fixtunnel: Fixtunnel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Fixtunnel]:
    """The command on a copy of the client's file. The canary is in no output and no command of any run."""
    clients = tmp_path / "clients"
    shutil.copytree(standing.folder, clients, ignore=shutil.ignore_patterns("cdk.out"))
    for name, value in aws.environment().items():
        monkeypatch.setenv(name, value)
    # No venue trades, whatever the hour at which this runs.
    monkeypatch.setattr("ops.verbs.secret.trading", lambda *_: ())
    stand_in = StandInGateway(tmp_path / "gateway")

    def run(*arguments: str) -> Ran:
        ran = fixtunnel("--clients-dir", str(clients), "--venues-dir", str(VENUES), *arguments)
        assert CANARY not in ran.out + ran.err + " ".join(arguments) + stand_in.asked
        return ran

    yield run


def reachable(gateway: StandInGateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIXTUNNEL_SESSION", gateway.session)


def diagnosed(acme: Fixtunnel, case: Case, monkeypatch: pytest.MonkeyPatch, *options: str) -> dict[str, Any]:
    reachable(case.gateway, monkeypatch)
    ran = acme("doctor", "acme", "--json", *options)
    findings = json.loads(ran.out)
    broken = [one for one in findings if not one["well"]]
    assert ran.status == (1 if broken else 0)
    assert findings[-1:] == broken or not broken, "nothing is looked at behind the first broken layer"
    return dict(findings[-1])


def piped(monkeypatch: pytest.MonkeyPatch, text: str, folder: Path) -> None:
    path = folder / "stdin"
    path.write_text(text)
    monkeypatch.setattr("sys.stdin", path.open())
