"""The stacks of the account, and the threads that work on them."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from localaws.cloudformation.clients import Clients
from localaws.cloudformation.faults import AlreadyExists, Invalid
from localaws.cloudformation.operation import Awaited, Maker, Operation
from localaws.cloudformation.stack import Stack, Target
from localaws.cloudformation.template import given_parameters, parse, resolved_parameters

Tags = Sequence[Mapping[str, str]]


@dataclass(kw_only=True)
class Cloud:
    """CloudFormation's memory. `signal_cap` shortens every wait for signals, in seconds; `refused` types are not made.

    `awaits_at_end`: all signals are waited for once everything is made.
    """

    clients: Clients
    awaited: Awaited = lambda _stack, _resource: None
    signal_cap: float | None = None
    awaits_at_end: bool = False
    refused: frozenset[str] = frozenset()
    shuffles_zones: bool = False
    stacks: list[Stack] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def find(self, name: str) -> Stack:
        """A stack by its name, or by its id, which finds one that was deleted too. Raises Invalid."""
        for stack in reversed(self.stacks):
            if stack.stack_id == name or (stack.name == name and stack.status != "DELETE_COMPLETE"):
                return stack
        raise Invalid(f"Stack with id {name} does not exist")

    @property
    def live(self) -> list[Stack]:
        """The stacks that are not deleted."""
        return [stack for stack in self.stacks if stack.status != "DELETE_COMPLETE"]

    def target(self, text: str, request: Sequence[Mapping[str, Any]], tags: Tags, stack: Stack | None) -> Target:
        """What a request asks for. Raises Invalid."""
        body, former = parse(text), stack.target if stack else None
        given = given_parameters(body, request, former.given if former else {})
        resolved = resolved_parameters(body, given, self.clients)
        named = {tag["Key"]: tag["Value"] for tag in tags}
        return Target(text=text, body=body, given=given, resolved=resolved, tags=named)

    def new_stack(self, name: str, *, protected: bool = False) -> Stack:
        """Begin a stack. Raises AlreadyExists."""
        with self._lock:
            if any(stack.name == name for stack in self.live):
                raise AlreadyExists(f"Stack [{name}] already exists")
            where = f"arn:aws:cloudformation:{self.clients.region}:{self.clients.account}"
            stack = Stack(name=name, stack_id=f"{where}:stack/{name}/{uuid.uuid4()}", protected=protected)
            self.stacks.append(stack)
            return stack

    def deploy(self, stack: Stack, target: Target) -> None:
        """Begin to bring a stack to its target; return at once. Raises Invalid if it cannot be changed now."""
        self._begin(stack, "UPDATE_IN_PROGRESS" if stack.target else "CREATE_IN_PROGRESS")
        self._work(stack, lambda operation: operation.deploy(target))

    def delete(self, stack: Stack) -> None:
        """Begin to delete a stack; return at once. Raises Invalid if it is protected or busy."""
        if stack.protected:
            raise Invalid(f"Stack [{stack.name}] cannot be deleted while TerminationProtection is enabled")
        self._begin(stack, "DELETE_IN_PROGRESS")
        self._work(stack, lambda operation: operation.delete())

    def _begin(self, stack: Stack, status: str) -> None:
        with self._lock:
            dead = stack.status in ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED") and status != "DELETE_IN_PROGRESS"
            if stack.is_busy or dead:
                raise Invalid(f"Stack:{stack.stack_id} is in {stack.status} state and can not be updated.")
            stack.mark(status, "User Initiated")

    def _work(self, stack: Stack, job: Any) -> None:
        maker = Maker(
            stack=stack,
            clients=self.clients,
            awaited=self.awaited,
            signal_cap=self.signal_cap,
            awaits_at_end=self.awaits_at_end,
            refused=self.refused,
            shuffles_zones=self.shuffles_zones,
        )
        operation = Operation(stack=stack, maker=maker)
        threading.Thread(target=job, args=(operation,), name=f"stack {stack.name}", daemon=True).start()
