"""A gateway that no command reaches: status and doctor go by what it told AWS, and say so."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from fixtunnel import kept
from ops.aws import AwsFailure, access
from ops.gateway.kept import kept_state
from ops.gateway.session import ProgramSession
from tests.ops.conftest import Fixtunnel, reachable
from tests.ops.embedded import TUNNEL, Case, up
from userdata import contract

LOG = contract.log_place("acme")
AGENT: contract.AgentFacts = {"running": True, "since": 1, "why": ""}
WHY = "the SSM agent is signed with an unknown key"
Tell = Callable[..., None]


@pytest.fixture
def tells(case: Case, monkeypatch: pytest.MonkeyPatch) -> Tell:
    """Let no command reach the gateway; the test says what it told AWS last."""
    monkeypatch.setenv("FIXTUNNEL_SESSION", "/nonexistent/session")
    place: Any = {"logGroupName": LOG.group, "logStreamName": LOG.state}
    logs = case.aws.client("logs")
    # Each test begins with an empty stream: the account is shared.
    logs.delete_log_stream(**place)
    logs.create_log_stream(**place)

    def tell(*, instance: str = "", agent: contract.AgentFacts = AGENT, **tunnel: Any) -> None:
        state: Any = {"state": "holding", "engine": "running", "groups": {}, "aws": {}, "agent": agent}
        state["tunnels"] = {TUNNEL: up(case.now, **tunnel)}
        event = kept.event(instance or case.aws.outputs("acme")["InstanceId"], state)
        logs.put_log_events(**place, logEvents=[event])

    return tell


def status(acme: Fixtunnel) -> tuple[int, dict[str, Any]]:
    ran = acme("status", "acme", "--json")
    (client,) = json.loads(ran.out)
    return ran.status, client


def test_status_is_what_the_gateway_told_aws(acme: Fixtunnel, tells: Tell) -> None:
    tells(state="down")
    tells(fix_ports={"primary": {"host": "192.0.2.1", "port": 1, "up": True, "ms": 3.0, "at": int(time.time()) - 20}})
    code, client = status(acme)
    assert (code, client["well"], client["trouble"]) == (0, True, "")
    (note,) = client["notes"]
    assert "cannot be run: this is what the gateway reported to AWS" in note
    (tunnel,) = client["tunnels"]
    assert (tunnel["state"], tunnel["bytes_in"]) == ("up", 84000)
    assert re.match(r"up, [0-9]{2,} s ago", tunnel["fix_ports"]["primary"]), "it was seen 20 s before it was told"
    assert "acme: FIXTUNNEL_SESSION: " in acme("status").out


def test_what_another_instance_told_is_not_believed(acme: Fixtunnel, tells: Tell) -> None:
    """While a gateway is replaced, two of them write."""
    tells(state="down")
    tells(instance="i-0123456789abcdef0")
    assert status(acme)[1]["tunnels"][0]["state"] == "down"


def test_what_it_told_long_ago_is_shown_as_trouble(
    acme: Fixtunnel, tells: Tell, monkeypatch: pytest.MonkeyPatch
) -> None:
    tells()
    now = time.time
    monkeypatch.setattr("ops.gateway.kept.time.time", lambda: now() + 725)
    code, client = status(acme)
    assert code == 1
    assert "this is what the gateway reported to AWS 12 min" in client["trouble"]
    assert client["tunnels"][0]["state"] == "up"


def test_what_cannot_be_read_is_no_state(acme: Fixtunnel, case: Case, tells: Tell) -> None:
    place: Any = {"logGroupName": LOG.group, "logStreamName": LOG.state}
    event = {"timestamp": int(time.time() * 1000), "message": '{"instance": 1}'}
    case.aws.client("logs").put_log_events(**place, logEvents=[event])
    code, client = status(acme)
    assert (code, client["tunnels"][0]["state"]) == (1, "not seen")
    assert "cannot be run" in client["trouble"]


def test_status_says_why_there_is_no_agent(acme: Fixtunnel, tells: Tell) -> None:
    tells(agent={"running": False, "since": 1, "why": WHY})
    code, client = status(acme)
    assert code == 0, "trading does not need it"
    assert client["notes"][1] == f"no sessions by SSM: {WHY}"


def doctor(acme: Fixtunnel) -> tuple[int, dict[str, dict[str, Any]]]:
    ran = acme("doctor", "acme", "--json")
    return ran.status, {one["layer"]: one for one in json.loads(ran.out)}


def test_doctor_goes_by_it_and_names_the_agent_last(acme: Fixtunnel, tells: Tell) -> None:
    tells(agent={"running": False, "since": 1, "why": WHY})
    code, layers = doctor(acme)
    assert code == 1
    assert layers["traffic"]["well"] is True
    assert [name for name, one in layers.items() if one["well"] is None] == [
        *("secret", "selectors", "MTU", "FIX port")
    ]
    assert (layers["agent"]["cause"], layers["agent"]["evidence"].split("\n")[0]) == (
        "agent-silent",
        f"no sessions by SSM: {WHY}",
    )


def test_doctor_finds_a_tunnel_that_is_down(acme: Fixtunnel, tells: Tell) -> None:
    tells(state="trying", ike_up=False)
    code, layers = doctor(acme)
    assert (code, list(layers)[-1], layers["IKE"]["well"]) == (1, "IKE", False)
    assert "no command reaches" in layers["IKE"]["advice"]


def test_a_firm_that_denies_run_command(
    acme: Fixtunnel, case: Case, tells: Tell, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(_self: ProgramSession, _command: str, *, limit: float = 60) -> None:
        raise AwsFailure("AWS refuses ssm send_command to your role", code="AccessDeniedException")

    reachable(case.gateway, monkeypatch)
    monkeypatch.setattr(ProgramSession, "run", denied)
    tells()
    assert status(acme)[0] == 0
    ran = acme("doctor", "acme")
    assert ran.status == 0
    assert "AWS refuses ssm send_command to your role: what follows is what the gateway reported to AWS" in ran.out
    assert "Nothing broken was found. Not looked at: agent, secret, selectors, MTU" in ran.out


def test_an_empty_page_is_not_the_end_of_the_log() -> None:
    """CloudWatch Logs API Reference, GetLogEvents: a page may be empty; the same token twice is the end."""
    event = kept.event("i-1", {"state": "holding", "engine": "running", "tunnels": {}, "groups": {}, "aws": {}})
    told = [{**event, "ingestionTime": event["timestamp"]}]

    class Paged:
        """Empty pages before one with events, or none at all."""

        def __init__(self, pages: dict[str | None, tuple[list[Any], str]]) -> None:
            self.pages, self.calls = pages, 0

        def call(self, _service: str, _operation: str, *, nextToken: str | None = None, **_: Any) -> Any:
            self.calls += 1
            events, token = self.pages[nextToken]
            return {"events": events, "nextBackwardToken": token}

    late: Any = Paged({None: ([], "b1"), "b1": ([], "b2"), "b2": (told, "b3")})
    assert kept_state(late, LOG, "i-1") is not None
    empty: Any = Paged({None: ([], "b1"), "b1": ([], "b1")})
    assert kept_state(empty, LOG, "i-1") is None
    endless: Any = Paged({None: ([], "b1"), "b1": ([], "b2"), "b2": ([], "b1")})
    assert kept_state(endless, LOG, "i-1") is None
    assert endless.calls <= 10


READS = re.compile(r"(Describe|List|Get(?!SecretValue)|FilterLogEvents|Lookup)")
"""ReadOnlyAccess of AWS, as `cdk bootstrap` gives it to its look-up role: no command, no value of a secret."""


@pytest.fixture
def look_up_role(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every call that is more than to look is refused; what was refused."""
    refused: list[str] = []
    make = access._session

    def refuse(model: Any, **_: Any) -> None:
        if not READS.match(model.name):
            refused.append(model.name)
            said: Any = {"Code": "AccessDeniedException", "Message": "is not authorized to perform it"}
            raise ClientError({"Error": said}, model.name)

    def session(profile: str | None, region: str | None) -> Any:
        made = make(profile, region)
        made.events.register("before-call", refuse)
        return made

    monkeypatch.setattr(access, "_session", session)
    return refused


def test_the_cdks_look_up_role_reads_all_that_there_is_to_read(
    acme: Fixtunnel, tells: Tell, look_up_role: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("FIXTUNNEL_SESSION")
    tells()
    code, client = status(acme)
    assert (code, client["tunnels"][0]["state"]) == (0, "up")
    ran = acme("doctor", "acme")
    assert ran.status == 0
    assert "Nothing broken was found. Not looked at: " in ran.out
    assert set(look_up_role) == {"SendCommand", "GetSecretValue"}, "they ask, and go by what the gateway told AWS"
    for verb in (("logs", "acme"), ("render", "acme"), ("form", "acme")):
        assert acme(*verb).status == 0, verb
