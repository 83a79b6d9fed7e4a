"""Where signals are waited for at the end, two gateways boot at once: a rehearsal's time is short."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from localaws.cloudformation import operation
from localaws.cloudformation.clients import Clients
from localaws.cloudformation.kinds import Made, Request
from localaws.cloudformation.operation import Maker, Operation
from localaws.cloudformation.stack import Stack, Target

INSTANCE = {"Type": "AWS::EC2::Instance", "CreationPolicy": {"ResourceSignal": {"Timeout": "PT20S"}}}
BODY: dict[str, Any] = {"Resources": {"First": INSTANCE, "Second": {**INSTANCE, "DependsOn": "First"}}}


class Kind:
    """Is made at once."""

    def __init__(self, _clients: Clients) -> None:
        pass

    def create(self, request: Request) -> Made:
        return Made(physical_id=f"i-{request.logical_id}", attributes={})

    def delete(self, _made: Made, _properties: object) -> None:
        pass


def until(is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Stack:
    monkeypatch.setattr(operation, "KINDS", {"AWS::EC2::Instance": Kind})
    monkeypatch.setattr(Maker, "_hold_to_schema", lambda *_: None)
    made = Stack(name="pair", stack_id="arn:pair", protected=False)
    made.mark("CREATE_IN_PROGRESS", "")
    clients = Clients(endpoint="", account="123456789012", region="eu-west-2", key=None)  # type: ignore[arg-type]
    maker = Maker(stack=made, clients=clients, awaited=lambda *_: None, awaits_at_end=True)
    target = Target(text=json.dumps(BODY), body=BODY, given={}, resolved={}, tags={})
    work = Operation(stack=made, maker=maker)
    threading.Thread(target=work.deploy, args=(target,), daemon=True).start()
    return made


def test_the_second_one_is_there_before_the_first_one_has_signalled(stack: Stack) -> None:
    until(lambda: "Second" in stack.resources)
    assert stack.status == "CREATE_IN_PROGRESS"
    stack.signals.send("Second", unique_id="i-2", status="SUCCESS")
    stack.signals.send("First", unique_id="i-1", status="SUCCESS")
    until(lambda: stack.status == "CREATE_COMPLETE")


def test_one_that_fails_takes_both_back(stack: Stack) -> None:
    until(lambda: "Second" in stack.resources)
    stack.signals.send("First", unique_id="i-1", status="SUCCESS")
    stack.signals.send("Second", unique_id="i-2", status="FAILURE")
    until(lambda: stack.status == "ROLLBACK_COMPLETE")
    assert stack.resources == {}
