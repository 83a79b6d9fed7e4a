"""Bad days of the PSK. The gateway looks for a new version now and then, so these wait until it has seen one."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

from rehearsal.faults.fault import fault
from rehearsal.faults.scene import Scene
from userdata.contract import PskState

_SEEN_LIMIT = 420.0
_REFUSED = "The old PSK is back in force and trading goes on; agree with the venue on one, and put it into the secret."


def _new_psk() -> bytes:
    return secrets.token_urlsafe(24).encode()


def _refused(scene: Scene) -> None:
    """Put a PSK into the secret that the venue does not have, and wait until the gateway has gone back."""
    # What it says of a former one must be over, or it would be taken for this one's.
    _wait_for(scene, "current")
    scene.set_secret(_new_psk())
    _wait_for(scene, "psk-refused")


def _wait_for(scene: Scene, word: PskState) -> None:
    scene.wait_until_gateway(lambda facts: facts["psk"] == word, what=f"a PSK that is {word}", limit=_SEEN_LIMIT)


def _accepted(scene: Scene, since: int) -> None:
    """Only a child SA that was made after the change shows that the venue agrees."""
    scene.wait_until_gateway(
        lambda facts: facts["psk"] == "current" and (facts["child_sa_since"] or 0) >= since,
        what="a new PSK that the venue accepts",
        limit=_SEEN_LIMIT,
    )


def _right(scene: Scene) -> None:
    scene.set_secret(scene.stage.psks[scene.connection.name])


@fault(
    10,
    "psk-wrong",
    "wrong PSK in Secrets Manager, then the right one",
    part="slow",
    doctor=("psk-refused", "either"),
    todo=_REFUSED,
)
def psk_wrong(scene: Scene) -> Iterator[None]:
    _refused(scene)
    scene.desk.steady(limit=120)
    yield
    _right(scene)


@fault(11, "psk-rotated", "PSK rotated on both sides", part="slow")
def psk_rotated(scene: Scene) -> Iterator[None]:
    new, since = _new_psk(), scene.gateway_clock
    scene.venue.change(psk=new)
    scene.set_secret(new)
    scene.stage.psks[scene.connection.name] = new
    _accepted(scene, since)
    yield


@fault(
    12,
    "psk-rotated-on-ours-alone",
    "PSK rotated on our side alone",
    part="slow",
    afterwards=_right,
    doctor=("psk-refused", "either"),
    todo=_REFUSED,
)
def psk_rotated_on_ours_alone(scene: Scene) -> Iterator[None]:
    _refused(scene)
    yield


FAULTS = (
    psk_wrong,
    psk_rotated,
    psk_rotated_on_ours_alone,
)
