"""A beat of a pair's as a datagram: JSON behind its HMAC-SHA256. Bytes in, bytes out; no socket here.

The key is the pair's own secret: a PSK would do, but it changes at one gateway before the other. One key serves both ways, so
a beat names its sender: one that is sent back to it is refused. What was recorded is refused by its order within one run of
the sender's program, and by the run. Only one that never heard that run takes it for new: such a beat is silent news at worst,
since the security group lets the partner's address in alone, and EC2 has the lock.
"""

import hashlib
import hmac
import json
import math
from dataclasses import asdict, fields
from typing import Any, get_args

from fixtunnel.pair import NEVER, Beat, State

LONGEST = 1024
_MAC = hashlib.sha256().digest_size
_VERSION = 1


def seal(beat: Beat, key: bytes, *, sender: str, run: str) -> bytes:
    """The datagram. `sender` is the gateway's name in the pair, `run` is drawn at random when the program starts."""
    said = asdict(beat) | {"heard": None if beat.heard == NEVER else beat.heard}
    text = json.dumps({"v": _VERSION, "from": sender, "run": run, **said}, allow_nan=False).encode()
    return hmac.digest(key, text, "sha256") + text


class Ear:
    """Hears one partner. `refused` counts what was no beat of its."""

    def __init__(self, key: bytes, *, partner: str) -> None:
        self._key = key
        self._partner = partner
        self._run = ""
        self._former: set[str] = set()
        self._newest = NEVER
        self.refused = 0

    def hear(self, datagram: bytes) -> Beat | None:
        """The beat; None if it is not the partner's, not newer than what was heard, or no beat at all."""
        try:
            said = self._opened(datagram)
            run, beat = said["run"], _beat(said)
        except (ValueError, KeyError, TypeError, RecursionError):
            self.refused += 1
            return None
        if said["from"] != self._partner or run in self._former or (run == self._run and beat.sent <= self._newest):
            self.refused += 1
            return None
        if run != self._run:
            self._former.add(self._run)
        self._run, self._newest = run, beat.sent
        return beat

    def _opened(self, datagram: bytes) -> dict[str, Any]:
        mac, text = datagram[:_MAC], datagram[_MAC:]
        if len(datagram) > LONGEST or not hmac.compare_digest(mac, hmac.digest(self._key, text, "sha256")):
            raise ValueError("not the partner's")
        said = json.loads(text)
        if not isinstance(said, dict) or said.pop("v") != _VERSION or not isinstance(said["run"], str):
            raise ValueError("not a beat that is understood here")
        return said


def _beat(said: dict[str, Any]) -> Beat:
    """Every field, and of its kind. The other fields are a later version's."""
    found = {field.name: said[field.name] for field in fields(Beat)}
    found["heard"] = NEVER if found["heard"] is None else _moment(found["heard"])
    beat = Beat(**found | {"sent": _moment(found["sent"])})
    if beat.state not in get_args(State) or type(beat.holds) is not str or type(beat.wants) is not bool:
        raise ValueError("not a beat")
    if type(beat.fit) is not int or not 0 <= beat.fit <= 2:
        raise ValueError("not a fitness")
    return beat


def _moment(said: object) -> float:
    if type(said) not in (int, float) or not math.isfinite(said):  # type: ignore[arg-type]
        raise ValueError("not a moment")
    return float(said)  # type: ignore[arg-type]
