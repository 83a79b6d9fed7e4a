"""`fixtunnel destroy`: what it says before, what it keeps or gives back, and what it leaves when it is ended half-way."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from localaws.aws import EmbeddedAws
from ops.aws import Account, AwsFailure
from ops.interrupts import Interrupted
from tests.emulator.standing import Standing
from tests.ops.conftest import ACME, Fixtunnel, Person, Ran
from tests.paths import VENUES
from userdata.contract import stack_name

Destroy = Callable[..., Ran]


@pytest.fixture
def client(aws: EmbeddedAws, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Standing]:
    """A client of the test's own name, which is not deployed yet; its network does not stay, since AWS limits them."""
    name = request.node.name.removeprefix("test_").replace("_", "-")[:30].strip("-")
    made = Standing(aws=aws, folder=tmp_path, name=name, text=ACME)
    made.load()
    yield made
    if aws.status(stack_name(name)):
        made.destroy()


@pytest.fixture
def destroy(
    aws: EmbeddedAws, client: Standing, fixtunnel: Fixtunnel, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Destroy]:
    """The verb on that client, outside session hours; in the place of the CDK's command line CloudFormation is asked."""

    @contextmanager
    def cdk(_verb: str, name: str, **_: Any) -> Iterator[Any]:
        aws.clients.cloudformation.delete_stack(StackName=stack_name(name))
        client.settle()
        yield SimpleNamespace(ended=lambda within: True, check=lambda: None)

    for name, value in aws.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("ops.verbs.destroy.trading", lambda *_: ())
    monkeypatch.setattr("ops.verbs.destroy.cdk", cdk)
    folders = ("--clients-dir", str(client.folder), "--venues-dir", str(VENUES))
    yield lambda *options: fixtunnel(*folders, "destroy", client.name, *options)


def fail_to_deploy(client: Standing) -> None:
    with client.aws.refusing("AWS::EC2::Instance"):
        assert client.deploy(signal=None) == "ROLLBACK_COMPLETE"


def test_a_failed_first_deploy_leaves_nothing_to_keep(client: Standing, destroy: Destroy) -> None:
    """No venue knows its address yet, and nobody has put a PSK into its secret."""
    fail_to_deploy(client)
    ran = destroy("--yes")
    assert (ran.status, ran.out) == (0, f"destroyed {stack_name(client.name)}\n")
    assert client.kept_addresses == []


def test_what_was_kept_can_be_given_back_later(client: Standing, destroy: Destroy) -> None:
    client.deploy(signal=None)
    assert "kept the address" in destroy("--yes").out
    ran = destroy("--yes", "--release-address", "--delete-secrets", "--delete-log", "--json")
    assert {one["outcome"] for one in json.loads(ran.out)["parts"]} == {"released", "deleted"}
    assert "released" in ran.err
    ran = destroy("--yes")
    assert (ran.status, "nothing of it is kept" in ran.err) == (1, True)


def test_an_address_that_the_client_file_names_is_nobody_elses_to_give_back(client: Standing, destroy: Destroy) -> None:
    client.deploy(signal=None)
    own = client.address
    elastic_ip = f"{{address: {own['PublicIp']}, allocation_id: {own['AllocationId']}}}"
    client.text += f"gateway: {{elastic_ip: {elastic_ip}}}\n"
    client.load()
    ran = destroy("--yes", "--release-address")
    assert (ran.status, own["PublicIp"] in ran.out) == (0, False)
    assert client.kept_addresses == [own["PublicIp"]]


def test_what_becomes_of_each_part_is_in_the_question(
    client: Standing, destroy: Destroy, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.deploy(signal=None)
    monkeypatch.setattr("sys.stdin", Person("no"))
    ran = destroy()
    assert ran.status == 2
    assert "The address is kept, the secrets are kept, the log of the gateway is kept." in ran.err


def test_the_log_stays_until_it_is_deleted_by_name(client: Standing, destroy: Destroy) -> None:
    client.deploy(signal=None)
    ran = destroy("--yes")
    assert f"kept the log group /fixtunnel/{client.name}" in ran.out
    assert _logs(client) == [f"/fixtunnel/{client.name}"]
    ran = destroy("--yes", "--delete-log")
    assert f"deleted the log group /fixtunnel/{client.name}" in ran.out
    assert _logs(client) == []


def _logs(client: Standing) -> list[str]:
    found = client.aws.clients.client("logs").describe_log_groups(logGroupNamePrefix=f"/fixtunnel/{client.name}")
    return [one["logGroupName"] for one in found["logGroups"]]


@pytest.fixture
def ended_by_ctrl_c(destroy: Destroy, monkeypatch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def cdk(*_: Any, **__: Any) -> Iterator[Any]:
        raise Interrupted(signal.SIGINT)
        yield

    monkeypatch.setattr("ops.verbs.destroy.cdk", cdk)


@pytest.mark.usefixtures("ended_by_ctrl_c")
def test_a_stack_that_stays_is_protected_again(client: Standing, destroy: Destroy) -> None:
    client.deploy(signal=None)
    assert destroy("--yes").status == 130
    (found,) = client.aws.clients.cloudformation.describe_stacks(StackName=stack_name(client.name))["Stacks"]
    assert found["EnableTerminationProtection"]


@pytest.mark.usefixtures("ended_by_ctrl_c")
def test_protection_that_cannot_be_set_again_does_not_hide_the_interrupt(
    client: Standing, destroy: Destroy, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, protected: bool) -> None:
        if protected:
            raise AwsFailure("AWS did not answer")

    client.deploy(signal=None)
    monkeypatch.setattr("ops.verbs.destroy.protect", refuse)
    ran = destroy("--yes")
    assert (ran.status, "stays off: AWS did not answer" in ran.err) == (130, True)


@pytest.mark.usefixtures("ended_by_ctrl_c")
def test_a_stack_that_is_being_deleted_is_not_protected(
    client: Standing, destroy: Destroy, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.deploy(signal=None)
    asked: list[bool] = []
    states, find = ["CREATE_COMPLETE", "DELETE_IN_PROGRESS"], Account.find_stack
    monkeypatch.setattr(Account, "find_stack", lambda one, name: replace(find(one, name), status=states.pop(0)))  # type: ignore[type-var]
    monkeypatch.setattr("ops.verbs.destroy.protect", lambda *_, protected: asked.append(protected))
    assert destroy("--yes").status == 130
    assert asked == [False]
