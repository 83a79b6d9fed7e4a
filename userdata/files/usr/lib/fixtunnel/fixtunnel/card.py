"""This instance's network card, as EC2 made it, and the private address on it that carries the Elastic IP.

That is a secondary one: the primary keeps AWS's own public address, and with it a way to AWS, whichever has the Elastic IP
(EC2 User Guide, "Secondary IP addresses for your EC2 instances"). EC2 chooses both at launch, so user data cannot name them.
"""

import json
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from fixtunnel.command import Failed, run
from fixtunnel.contract import LEFT_FILE
from fixtunnel.metadata import Metadata, NoAnswer

LAST = Path("/var/lib/fixtunnel/card.json")
_LEFT = """# Written at each boot, from what EC2 says of this instance's card.
conn %default
    left={}
"""


@dataclass(frozen=True)
class Card:
    """`interface` is its id in EC2; `primary` and `secondary` are its private addresses."""

    mac: str
    interface: str
    primary: str
    secondary: str


def load(metadata: Metadata, last: Path = LAST) -> Card:
    """Ask what the card is; what was known before where the service is silent: an instance keeps its private addresses.

    Raises:
        Failed: it is not known, or has no secondary address.
    """
    former = _remembered(last)
    try:
        found = _ask(metadata, former)
    except NoAnswer as silence:
        if former is None:
            raise Failed("the network card is not known", str(silence)) from None
        return former
    if found != former:
        with suppress(OSError):  # a full disk: then it is asked at the next boot
            new = last.with_suffix(".new")
            new.write_text(json.dumps(asdict(found)))
            new.replace(last)
    return found


def _ask(metadata: Metadata, former: Card | None) -> Card:
    mac, primary = _said(metadata, "mac"), _said(metadata, "local-ipv4")
    folder = f"network/interfaces/macs/{mac}"
    others = [one for one in _said(metadata, f"{folder}/local-ipv4s").split() if one != primary]
    if not others:
        raise Failed("the instance has no secondary address", f"{folder}/local-ipv4s has {primary} only")
    # Others may have come since, and may be named first: ours is the one that the address was claimed for.
    secondary = former.secondary if former and former.secondary in others else others[0]
    return Card(mac=mac, interface=_said(metadata, f"{folder}/interface-id"), primary=primary, secondary=secondary)


def _said(metadata: Metadata, path: str) -> str:
    if not (value := metadata.get(path)):
        raise NoAnswer(f"metadata service: nothing at {path}")
    return value


def _remembered(last: Path) -> Card | None:
    try:
        return Card(**json.loads(last.read_text()))
    except (OSError, ValueError, TypeError):
        return None


def own_secondary(card: Card) -> None:
    """Have the secondary address on this host. On `lo`, where no restart of the network takes it away."""
    found = json.loads(run("ip", "-json", "address", "show").stdout or "[]")
    # cloud-init may have put it onto the card already: on both the engine would listen twice.
    if card.secondary not in {one.get("local") for link in found for one in link.get("addr_info", ())}:
        run("ip", "address", "replace", f"{card.secondary}/32", "dev", "lo")


def write_left(card: Card, path: Path = Path(LEFT_FILE)) -> None:
    """Tell the engine which end of every tunnel is ours."""
    told = _LEFT.format(card.secondary)
    if path.exists() and path.read_bytes() == told.encode():
        return  # a later boot on a full disk
    new = path.with_suffix(".new")
    new.write_text(told)
    new.replace(path)
