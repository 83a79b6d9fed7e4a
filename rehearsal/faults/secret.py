"""Bad days of the PSK. The gateway looks for a new version now and then, so these wait until it has seen one."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

from rehearsal.faults.fault import fault
from rehearsal.faults.scene import Scene

_SEEN_LIMIT = 420.0
_SPEAKS_OF_IT = r"psk|PSK|secret|refus"
_REFUSED = "The old PSK is back in force and trading goes on; agree with the venue on one, and put it into the secret."


def _new_psk() -> bytes:
    return secrets.token_urlsafe(24).encode()


def _right(scene: Scene) -> None:
    scene.set_secret(scene.stage.psks[scene.connection.name])


@fault(10, "psk-wrong", "wrong PSK in Secrets Manager, then the right one", part="slow", todo=_REFUSED)
def psk_wrong(scene: Scene) -> Iterator[None]:
    scene.set_secret(_new_psk())
    scene.wait_for_word(_SPEAKS_OF_IT, limit=_SEEN_LIMIT)
    scene.hold(60)
    yield
    _right(scene)


@fault(11, "psk-rotated", "PSK rotated on both sides", part="slow")
def psk_rotated(scene: Scene) -> Iterator[None]:
    new = _new_psk()
    scene.venue.change(psk=new)
    scene.set_secret(new)
    scene.stage.psks[scene.connection.name] = new
    scene.wait_for_word(_SPEAKS_OF_IT, limit=_SEEN_LIMIT)
    # What proves that both have the new one: an IKE SA that is made with it.
    scene.on_gateway(f"ipsec whack --name {scene.connection.name} --asynchronous --initiate", may_fail=True)
    scene.wait_for_new("ike", limit=60)
    yield


@fault(12, "psk-rotated-on-ours-alone", "PSK rotated on our side alone", part="slow", afterwards=_right, todo=_REFUSED)
def psk_rotated_on_ours_alone(scene: Scene) -> Iterator[None]:
    scene.set_secret(_new_psk())
    scene.wait_for_word(_SPEAKS_OF_IT, limit=_SEEN_LIMIT)
    scene.hold(60)
    yield
