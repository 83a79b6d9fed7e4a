"""`fixtunnel status` of many clients, and again and again: one that cannot be seen hides no other and ends nothing."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from fixtunnel import keyed, words
from ops.aws import AwsFailure
from ops.doctor.secret import _UNDER_WAY
from ops.gateway.psk_change import _TOLD
from ops.interrupts import Interrupted
from ops.verbs.status import _STYLES
from tests.ops.conftest import Fixtunnel


def test_a_mistyped_file_hides_no_other_client(acme: Fixtunnel, tmp_path: Path) -> None:
    (tmp_path / "clients" / "broken.yaml").write_text(
        "name: broken\ntunnels: [{venue: lse-proquote}]\nalarm_mail: a@b.example\n"
    )
    ran = acme("status", "--json")
    found = {one["client"]: one for one in json.loads(ran.out)}
    assert (ran.status, {*found}) == (1, {"acme", "broken"})
    assert "did you mean 'alarm_email'?" in found["broken"]["trouble"]
    assert "fixtunnel check broken" in found["broken"]["trouble"]
    assert found["acme"]["stack"] == "CREATE_COMPLETE"
    assert acme("status", "broken").status == 2


def test_a_name_that_is_no_client_is_a_wrong_argument(acme: Fixtunnel) -> None:
    ran = acme("status", "acme", "acmee")
    assert (ran.status, "did you mean 'acme'?" in ran.err) == (2, True)


def test_a_watch_for_a_machine_is_refused(acme: Fixtunnel) -> None:
    ran = acme("status", "--watch", "--json")
    assert (ran.status, "exclude each other" in ran.err) == (2, True)


def test_a_watch_outlives_a_look_that_fails(acme: Fixtunnel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One client: asked for alone its failure would end the command."""

    def looks() -> Iterator[None]:
        yield
        (tmp_path / "clients" / "acme.yaml").write_text("name: [\n")
        yield
        raise Interrupted(signal.SIGINT)

    def fail(*_: Any) -> None:
        raise AwsFailure("AWS did not answer (sts)")

    going = looks()
    # Not in the module `time` itself, which belongs to every thread.
    clock = SimpleNamespace(sleep=lambda _seconds: next(going), strftime=time.strftime)
    monkeypatch.setattr("ops.verbs.status.time", clock)
    monkeypatch.setattr("ops.verbs.status.status_of", fail)
    ran = acme("status", "acme", "--watch")
    assert ran.status == 130
    assert "did not answer" in ran.out or "acme.yaml" in ran.out


def test_every_word_of_the_gateways_is_known() -> None:
    """Its program and this command are deployed apart, and its words are the contract."""
    told_by_default = {"silent", "unknown", "unseen"}
    assert words.TUNNEL.keys() - told_by_default == _STYLES.keys()
    assert words.PSK.keys() - keyed.WORDS.keys() == {*_UNDER_WAY, "psk-refused"} == _TOLD.keys()
