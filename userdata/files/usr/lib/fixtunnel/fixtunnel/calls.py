"""A pair's calls to EC2, in a process that stays: questions on stdin, answers on stdout, a line each (`fixtunnel.resident`).

boto3 computes for seconds when it is imported and while it connects. In the process that beats, that would make a beat late and a
look too, and then this gateway must be silent.
"""

import json
import os
import resource
import sys
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from fixtunnel import aws, operations, settings
from fixtunnel.card import Card
from fixtunnel.claim import Claim
from fixtunnel.command import Failed
from fixtunnel.pair import FREED, Call, Told

COMMAND = ("/usr/bin/python3", "-m", "fixtunnel.calls")
MOST_KIB = 160 * 1024
"""One that has grown to so much memory ends after its answer, and another one is started. boto3 with EC2 takes 70 MB."""
_NICER = 15
"""The beat's process is at -15. This one is where everybody is."""


def do(asked: dict[str, Any]) -> Any:
    """The answer to one question, of which a part is given.

    Raises:
        Failed: EC2 did not, or its answer was lost.
    """
    part, given = asked["part"], asked["given"]
    return _PARTS[part](settings.load(), **given)


def _lock(here: settings.Settings, *, call: dict[str, str], card: dict[str, Any], partner: str) -> dict[str, str]:
    return asdict(_told(here, Call(**call), Card(**card), partner))  # type: ignore[arg-type]


def _told(here: settings.Settings, call: Call, own: Card, partner: str) -> Told:
    if call.kind == "free":
        aws.disassociate(call.association)
        return FREED
    if call.kind == "take":
        return Told("me", aws.associate(here.allocation, own.interface, own.secondary, may_move=False))
    holder = aws.holder(here.allocation)
    if holder is None:
        return Told("none")
    if (holder.interface, holder.private) == (own.interface, own.secondary):
        return Told("me", holder.association)
    is_partner = bool(holder.instance) and holder.instance == partner
    return Told("partner" if is_partner else "other", holder.association)


def _partner(here: settings.Settings, *, image: str) -> dict[str, str] | None:
    assert here.pair
    found = aws.partner(here.stack, here.pair.partner, image)
    return asdict(found) if found else None


def _routes(here: settings.Settings, *, card: dict[str, Any], moves: bool) -> list[str]:
    tables = operations.remembered().route_tables
    return Claim(here, Card(**card), tables).lead_here(moves=moves) if tables else []


_PARTS: dict[str, Callable[..., Any]] = {"lock": _lock, "partner": _partner, "routes": _routes}


def _answer(line: str) -> dict[str, Any]:
    try:
        return {"answer": do(json.loads(line))}
    except Failed as failure:
        if "credential" in str(failure).lower():
            aws.forget()
        return {"failed": failure.reason, "detail": failure.detail[-300:]}


def main() -> None:
    """Answer until no question comes any more, or this has grown."""
    os.nice(_NICER)
    aws.prepare("ec2")  # before the first question: it takes seconds
    is_last = False
    while not is_last and (line := sys.stdin.readline()):
        told = _answer(line)
        is_last = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss > MOST_KIB
        print(json.dumps({**told, "is_last": is_last}), flush=True)


if __name__ == "__main__":
    main()
