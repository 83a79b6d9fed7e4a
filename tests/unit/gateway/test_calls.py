"""A pair's calls to EC2, and the process that makes them."""

from __future__ import annotations

import io
import json
import sys

import pytest

from fixtunnel import aws, calls, settings
from fixtunnel.command import Failed
from fixtunnel.lock import Lock
from fixtunnel.pair import FAILED, Call, Told
from fixtunnel.resident import Resident
from fixtunnel.settings import Settings
from tests.unit.gateway.test_card import OURS as CARD

# EC2's answers.


class Answers(Resident):
    """What the process with the calls says, asked within this one."""

    def __init__(self) -> None:
        super().__init__(())

    def ask(self, request: dict[str, object]) -> object:
        return json.loads(json.dumps(calls.do(json.loads(json.dumps(request)))))


@pytest.fixture
def lock(monkeypatch: pytest.MonkeyPatch, seed: Settings) -> Lock:
    monkeypatch.setattr(settings, "load", lambda: seed)
    made = Lock(CARD, Answers())
    made.partner = "i-1"
    return made


def test_who_holds_it(monkeypatch: pytest.MonkeyPatch, lock: Lock) -> None:
    answers: list[aws.Holder | None] = [
        None,
        aws.Holder(CARD.interface, CARD.secondary, "i-0", "eipassoc-1"),
        aws.Holder("eni-2", "10.64.0.70", "i-1", "eipassoc-2"),
        aws.Holder("eni-3", "10.64.0.80", "i-2", "eipassoc-3"),
    ]
    monkeypatch.setattr(aws, "holder", lambda _: answers.pop(0))
    ask = Call("ask")
    assert [lock.do(ask).who for _ in range(4)] == ["none", "me", "partner", "other"]


def test_what_ec2_refuses_is_told(monkeypatch: pytest.MonkeyPatch, lock: Lock) -> None:
    def refuse(*_: object, **__: object) -> str:
        raise Failed("AWS: associate address failed", "already associated")

    monkeypatch.setattr(aws, "associate", refuse)
    assert lock.do(Call("take")) == FAILED
    assert "already associated" in lock.failing
    monkeypatch.setattr(aws, "associate", lambda *_, **__: "eipassoc-9")
    assert lock.do(Call("take")) == Told("me", "eipassoc-9")
    assert lock.failing == ""


# The process with the calls.


def child(text: str, seconds: float = 20.0, start_seconds: float = 0.0) -> Resident:
    return Resident((sys.executable, "-c", text), seconds, start_seconds)


ECHO = "import os, sys\nfor line in sys.stdin: print('{\"answer\": %d}' % os.getpid(), flush=True)"
LAST = ECHO.replace("%d}", '%d, "is_last": true}')


def test_the_child_stays() -> None:
    one = child(ECHO)
    assert one.ask({}) == one.ask({})
    one.end()


def test_a_child_that_starts_slowly_is_not_ended_for_it() -> None:
    """Else another one would begin, and none would ever answer."""
    one = child("import os, sys, time\ntime.sleep(1.5)\n" + ECHO.split("\n")[1], 0.5, start_seconds=20)
    assert one.ask({}) == one.ask({})
    one.end()


def test_a_child_that_has_grown_makes_room_for_another() -> None:
    one = child(LAST)
    first = one.ask({})
    assert one._process is not None, "the next one is there before it is asked"
    assert one.ask({}) != first
    one.end()


def test_a_child_that_was_killed_is_started_again() -> None:
    one = child(ECHO)
    first = one.ask({})
    assert one._process
    one._process.kill()
    one._process.wait()
    assert one.ask({}) != first
    one.end()


def test_the_process_answers_until_nobody_asks(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def do(asked: dict[str, str]) -> object:
        if asked:
            raise Failed("AWS: no", "why")
        return {"who": "me"}

    monkeypatch.setattr(calls, "do", do)
    monkeypatch.setattr(calls.os, "nice", lambda _: 0)
    monkeypatch.setattr(calls, "MOST_KIB", 2**40)
    monkeypatch.setattr(sys, "stdin", io.StringIO('{}\n{"part": "lock"}\n'))
    calls.main()
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert told == [
        {"answer": {"who": "me"}, "is_last": False},
        {"failed": "AWS: no", "detail": "why", "is_last": False},
    ]


def test_a_child_that_does_not_answer_is_given_up() -> None:
    one = child("import time; time.sleep(60)", seconds=0.3)
    with pytest.raises(Failed, match="not within"):
        one.ask({})
    assert one._process is None


def test_a_child_that_says_nonsense_is_given_up() -> None:
    with pytest.raises(Failed, match="no answer"):
        child("print('so', flush=True)").ask({})
    with pytest.raises(Failed, match="cannot be started"):
        Resident(("/nowhere",)).ask({})
