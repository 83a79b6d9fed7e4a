"""Bad days of the PSK. The gateway looks for a new version now and then, so these wait until it has seen one."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

from rehearsal.faults.fault import fault
from rehearsal.faults.scene import Scene

_SEEN_LIMIT = 420.0
_REFUSAL, _CONSENT = "psk-refused", "accepts the new PSK"
_REFUSED = "The old PSK is back in force and trading goes on; agree with the venue on one, and put it into the secret."


def _new_psk() -> bytes:
    return secrets.token_urlsafe(24).encode()


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
    scene.set_secret(_new_psk())
    scene.wait_for_word(_REFUSAL, limit=_SEEN_LIMIT)
    scene.desk.steady(limit=120)
    yield
    _right(scene)


@fault(11, "psk-rotated", "PSK rotated on both sides", part="slow")
def psk_rotated(scene: Scene) -> Iterator[None]:
    new = _new_psk()
    scene.venue.change(psk=new)
    scene.set_secret(new)
    scene.stage.psks[scene.connection.name] = new
    scene.wait_for_word(_CONSENT, limit=_SEEN_LIMIT)
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
    scene.set_secret(_new_psk())
    scene.wait_for_word(_REFUSAL, limit=_SEEN_LIMIT)
    yield
