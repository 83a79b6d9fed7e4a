"""What one of a pair must know of the pair: the key, and which instance the other gateway is."""

import json
from dataclasses import asdict
from pathlib import Path

from fixtunnel import aws, psk
from fixtunnel.command import Failed
from fixtunnel.resident import Resident
from fixtunnel.settings import Pair

PARTNER = Path("/var/lib/fixtunnel/partner.json")
KEY = Path("/var/lib/fixtunnel/pair.key")


def key(here: Pair, path: Path = KEY) -> bytes:
    """The pair's key: as it lies here, or from Secrets Manager.

    Raises:
        Failed: it is not here, and cannot be read.
    """
    if not path.exists():
        try:
            psk.replace(path, aws.secret(here.key)[1].decode())
        except aws.NoValueYet:
            raise Failed("the pair's secret has no value", here.key) from None
    return path.read_bytes()


def remembered(path: Path = PARTNER) -> aws.Partner | None:
    """The other gateway as it was found last."""
    try:
        return aws.Partner(**json.loads(path.read_text()))
    except (OSError, ValueError, TypeError):
        return None


def seek(image: str, calls: Resident) -> aws.Partner | None:
    """The other gateway as EC2 has it now, remembered for when EC2 is silent; None if there is none, or EC2 does not say."""
    try:
        told = calls.ask({"part": "partner", "given": {"image": image}})
    except Failed:
        return None
    found = aws.Partner(**told) if told else None
    if found and found != remembered():
        psk.replace(PARTNER, json.dumps(asdict(found)))
    return found
