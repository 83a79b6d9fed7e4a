"""A step that takes long says what it does, not only how long that has taken."""

from __future__ import annotations

import time
from io import StringIO

import pytest
from rich.console import Console

from rehearsal.run import timeline
from rehearsal.run.timeline import Timeline
from rehearsal.world.image import ImageFailed
from rehearsal.world.image.build import _run


@pytest.mark.parametrize("is_terminal", [False, True])
def test_a_step_names_what_it_does_just_now(monkeypatch: pytest.MonkeyPatch, is_terminal: bool) -> None:
    monkeypatch.setattr(timeline, "_STILL_AFTER_S", 0.02)
    log = StringIO()
    with Timeline(Console(file=log, force_terminal=is_terminal, width=140)).step("image of debian-13") as does:
        does("installing [essential] packages")
        wanted = time.monotonic() + 10
        while "installing" not in log.getvalue() and time.monotonic() < wanted:
            time.sleep(0.02)
    assert "image of debian-13: installing [essential] packages" in log.getvalue()


def test_what_a_build_says_of_itself_is_told_and_its_last_words_are_kept() -> None:
    told: list[str] = []
    talk = "echo I: extracting archives... >&2; echo 5%; echo I: running --customize-hook directly: /x; echo E: no space; exit 3"
    with pytest.raises(ImageFailed, match=r"sh failed \(3\)[^\n]*\n(.*\n)*E: no space"):
        _run(["sh", "-c", talk], does=told.append)
    assert told == ["extracting archives", "our files over Debian's"]
