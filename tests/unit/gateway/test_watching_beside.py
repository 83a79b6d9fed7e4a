"""What runs beside the watch, and what it does between two looks."""

from __future__ import annotations

import runpy
import select
import threading
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from fixtunnel import address, card, holding, settings, watch
from fixtunnel.child import Child
from fixtunnel.metadata import Metadata, NoAnswer
from fixtunnel.probes import Probes
from fixtunnel.settings import Settings
from tests.unit.gateway.test_card import OURS
from tests.unit.gateway.watching import Watching, world

__all__ = ["world"]


class Connecting:
    """A connect that is decided at a moment."""

    def __init__(self, decided: float) -> None:
        self._decided = decided
        self.looked: list[float] = []

    @property
    def waiting(self) -> object | None:
        return None if self.looked and self.looked[-1] >= self._decided else self

    def look(self, now: float) -> None:
        self.looked.append(now)


def test_a_connect_is_looked_at_as_it_is_decided_and_the_next_look_is_not_late(
    world: Watching, no_waiting: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    began, probe = no_waiting[0], Connecting(no_waiting[0] + 0.25)

    def wait(read: Any, write: list[Connecting], failed: Any, seconds: float) -> None:
        """Until one is decided, or the time is over."""
        assert (read, failed) == ([], [])
        at = [one._decided for one in write]
        no_waiting[0] = min([no_waiting[0] + seconds, *at])

    monkeypatch.setattr(select, "select", wait)
    monkeypatch.setattr(
        Probes, "waiting", property(lambda self: [probe] if self is first and probe.waiting is not None else [])
    )
    first = next(iter(world.watch._keepers.values())).probes
    world.watch.wait(1.0)
    assert probe.looked == [began + 0.25]
    assert no_waiting[0] == began + 1.0


def test_who_holds_the_address_is_asked_each_second(no_waiting: list[float]) -> None:
    asked: list[float] = []

    class Held:
        def look(self) -> None:
            asked.append(no_waiting[0])
            if len(asked) == 3:
                raise KeyboardInterrupt

    looked: list[float] = []
    way = SimpleNamespace(look=looked.append)
    with pytest.raises(KeyboardInterrupt):
        holding._follow(Held(), way)
    assert looked == [1001.0, 1002.0]
    assert asked == [1001.0, 1002.0, 1003.0]


def test_what_keeps_it_from_being_asked_is_said_once_until_it_is_asked_again(
    no_waiting: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    ends = iter([OSError("a"), OSError("a"), None, OSError("a"), OSError("b"), KeyboardInterrupt()])

    class Held:
        def look(self) -> None:
            if (end := next(ends)) is not None:
                raise end

    with pytest.raises(KeyboardInterrupt):
        holding._follow(Held(), SimpleNamespace(look=lambda _now: None))
    said = [line[-5:] for line in capsys.readouterr().out.splitlines() if "cannot be asked" in line]
    assert said == ["('a')", "('a')", "('b')"]


@pytest.mark.parametrize(("told", "name"), [("i-0a1b2c3d", "i-0a1b2c3d"), ("", "gateway"), (NoAnswer("no"), "gateway")])
def test_an_instance_whose_name_nobody_tells_has_one(told: str | NoAnswer, name: str) -> None:
    class Said(Metadata):
        def get(self, path: str) -> str:
            assert path == "instance-id"
            if isinstance(told, NoAnswer):
                raise told
            return told

    assert watch._instance(Said()) == name


def test_what_runs_beside_what(large: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """The address is asked for in a thread that ends with the watch; AWS and EC2 by a child each: neither waits."""
    made: dict[str, Any] = {}
    waited: list[float] = []

    def keeping(name: str) -> Callable[..., Any]:
        def make(*positional: Any, **named: Any) -> Any:
            made[name] = (positional, named)
            return made.setdefault(f"the {name}", Thing())

        return make

    class Thing:
        tell = claimed = held = "of it"
        pause = watch.PERIOD_SECONDS

        def look(self) -> None:
            made.setdefault("looks", []).append(1)

        def start(self) -> None:
            made["started"] = True

        def wait(self, seconds: float) -> None:
            waited.append(seconds)
            if len(waited) == 2:
                raise KeyboardInterrupt

    monkeypatch.setattr(settings, "load", lambda: large)
    monkeypatch.setattr(card, "load", lambda metadata: OURS if isinstance(metadata, Metadata) else None)
    monkeypatch.setattr(Metadata, "get", lambda _self, _path: "i-0a1b2c3d")
    monkeypatch.setattr(address, "Address", keeping("address"))
    monkeypatch.setattr(threading, "Thread", keeping("thread"))
    monkeypatch.setattr(holding, "WayOut", keeping("wayout"))
    for name in ("Reporter", "Reclaim", "Watch"):
        monkeypatch.setattr(watch, name, keeping(name.lower()))
    with pytest.raises(KeyboardInterrupt):
        watch.main()
    held = made["the address"]
    assert made["address"][0][:2] == (large, OURS) and isinstance(made["address"][0][2], Metadata)
    assert made["thread"] == ((), {"target": holding._follow, "args": (held, made["the wayout"]), "daemon": True})
    assert made["started"]
    assert made["wayout"][0][0] == OURS
    assert made["wayout"][1]["holds"]() == "of it"
    here, instance, child = made["reporter"][0]
    assert (here, instance, type(child)) == (large, "i-0a1b2c3d", Child)
    (own, another), named = made["reclaim"]
    assert (own, type(another), another is not child) == (OURS, Child, True)
    assert named == {"tell": made["the reporter"].tell, "held": held, "takes_address": True}
    given, named = made["watch"]
    assert given == (large, OURS)
    assert named["holds"]() == "of it"
    assert named["pair"] is None
    assert (named["reporter"], named["reclaim"]) == (made["the reporter"], made["the reclaim"])
    assert waited == [watch.PERIOD_SECONDS] * 2
    assert len(made["looks"]) == 3, "the address at once, and the watch twice"


def test_its_unit_starts_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def begun() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(settings, "load", begun)
    with pytest.raises(KeyboardInterrupt):
        runpy.run_path(watch.__file__, run_name="__main__")
