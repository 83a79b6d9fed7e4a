"""The article's script taken literally, on this gateway, in the place of our files: last, since it breaks what works."""

from __future__ import annotations

import pytest

from rehearsal.run.timeline import StepFailed
from rehearsal.seed import take_literally
from tests.rehearsal.scene import Scene, until


def test_it_fails_and_the_verdict_says_why(seed: Scene) -> None:
    with (
        pytest.raises(StepFailed) as failed,
        seed.rehearsal.timeline.step("the article’s script in the place of our files"),
    ):
        take_literally(seed.stage)
    failure = seed.explained(failed.value)
    assert failure.cause == "engine-refuses-configuration", (failure.words, str(failed.value.__cause__))
    assert any("nat_traversal" in word for word in failure.words), failure.words
    assert "OpenSwan" in failure.advice
    assert not any("canary" in word for word in failure.words)
    until(lambda: not seed.venue.is_up, what="the venue knows that the tunnel is gone", limit=120)
