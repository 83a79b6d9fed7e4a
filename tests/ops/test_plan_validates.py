"""The CDK's validator takes half of a synthesis: a plan that is kept asks it, since its deploy synthesises no more."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any, cast

import pytest

from ops.aws import Account
from ops.deploying import planning
from ops.options import Settings
from tests.literal import example


@pytest.mark.parametrize(("kept", "validates"), [("", False), ("fixtunnel-plan-0a1b", True)])
def test_a_plan_that_is_kept_is_validated(kept: str, validates: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[str, Any] = {}

    @contextmanager
    def cdk(_verb: str, _client: str, **how: Any) -> Iterator[Any]:
        asked.update(how)
        run = SimpleNamespace(ended=lambda within: True, check=lambda: None)
        yield run

    stack = SimpleNamespace(name="fixtunnel-acme", status="CREATE_COMPLETE", is_busy=False, address="203.0.113.7")
    account = SimpleNamespace(find_stack=lambda _: stack, kept=lambda _: {}, access=None)
    monkeypatch.setattr(planning, "cdk", cdk)
    monkeypatch.setattr(planning, "obstacles", lambda *_: ())
    monkeypatch.setattr(planning, "change_set", lambda *_: ((), ""))
    monkeypatch.setattr(planning, "drop_change_set", lambda *_: None)
    plan = planning.plan_of(Settings(), cast(Account, account), example("lse-proquote"), keep=kept)
    assert (plan.kind, asked["validates"]) == ("nothing", validates)
