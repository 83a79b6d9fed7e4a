"""What the watch wants of AWS, done in a process of its own that ends with it: read from stdin, answered on stdout.

Each part stands for itself: that one service is away is no reason not to ask the others.
"""

import base64
import json
import sys
from collections.abc import Callable
from typing import Any

from fixtunnel import aws, settings
from fixtunnel.card import Card
from fixtunnel.claim import Claim
from fixtunnel.command import Failed
from fixtunnel.keyed import NoPsk, psk_in


def do(request: dict[str, Any]) -> dict[str, Any]:
    """The answer to each part of the request; what failed stands under `errors` by the part's name."""
    answer: dict[str, Any] = {"errors": {}}
    for part, arguments in request.items():
        try:
            answer[part] = _PARTS[part](arguments)
        except Failed as failure:
            answer["errors"][part] = str(failure)[-600:]
    return answer


def _secrets(asked: dict[str, dict[str, Any]]) -> dict[str, dict[str, str]]:
    return {name: _secret(one["arn"], one["key"], one["known"]) for name, one in asked.items()}


def _secret(arn: str, key: str, known: list[str]) -> dict[str, str]:
    """The current version, with its PSK, or why it has none, if the watch does not know that version."""
    try:
        version = aws.secret_version(arn)
        if not version or version in known:
            return {"version": version}
        version, value = aws.secret(arn)
    except aws.NoValueYet:
        return {"version": ""}
    except Failed as failure:
        return {"version": "", "error": str(failure)[-300:]}
    try:
        return {"version": version, "value": base64.b64encode(psk_in(value, key)).decode()}
    except NoPsk as without:
        return {"version": version, "no_psk": without.word}


def _metrics(asked: dict[str, Any]) -> bool:
    aws.put_metrics(asked["namespace"], asked["data"])
    return True


def _events(asked: dict[str, Any]) -> bool:
    aws.put_events(asked["group"], asked["stream"], asked["events"])
    return True


def _address(asked: dict[str, Any]) -> str:
    return _claim(asked).take_if_free()


def _routes(asked: dict[str, Any]) -> list[str]:
    return _claim(asked).lead_if_mine()


def _astray(asked: dict[str, Any]) -> list[str]:
    return _claim(asked).astray_if_mine()


def _claim(asked: dict[str, Any]) -> Claim:
    return Claim(settings.load(), Card(**asked["card"]), asked["tables"])


_PARTS: dict[str, Callable[[Any], Any]] = {
    "secrets": _secrets,
    "operations": aws.parameter,
    "metrics": _metrics,
    "events": _events,
    "state": _events,
    "address": _address,
    "routes": _routes,
    "astray": _astray,
}


if __name__ == "__main__":
    json.dump(do(json.load(sys.stdin)), sys.stdout)
