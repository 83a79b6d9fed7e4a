"""Whether this instance holds the Elastic IP, and what follows: only its holder may speak IKE with the venue."""

import json
import re
from pathlib import Path

from fixtunnel.command import run
from fixtunnel.metadata import Metadata, NoAnswer
from fixtunnel.settings import Settings

LAST = Path("/var/lib/fixtunnel/address.json")
MISSING_IS_DEFINITE_AFTER = 3
_ADDRESS = re.compile(r"[0-9]{1,3}(\.[0-9]{1,3}){3}")
_GUARD = "/etc/fixtunnel/guard.nft"
_TABLE = "fixtunnel"
_SET = ("inet", _TABLE, "venue_gateways")


class Address:
    """Asks the metadata service. Only a definite answer changes what is known; silence leaves it, over a reboot too."""

    def __init__(self, settings: Settings, metadata: Metadata, last: Path = LAST) -> None:
        self._settings = settings
        self._metadata = metadata
        self._last = last
        self._missing = 0
        self.held = self._remembered()

    def look(self) -> bool:
        """Ask once, and return whether this instance holds the Elastic IP."""
        try:
            public = self._metadata.get("public-ipv4")
        except NoAnswer:
            return self.held
        if public is not None and not _ADDRESS.fullmatch(public):
            return self.held  # an answer, and not to what was asked
        self._missing = self._missing + 1 if public is None else 0
        # One 404 may be the moment of a move: AWS takes the old address away before the new one shows.
        if public is not None or self._missing >= MISSING_IS_DEFINITE_AFTER:
            self._remember(public == self._settings.elastic_ip)
        return self.held

    def _remembered(self) -> bool:
        try:
            return bool(json.loads(self._last.read_text())[self._settings.elastic_ip])
        except (OSError, ValueError, KeyError, TypeError):
            return False

    def _remember(self, held: bool) -> None:
        if held != self.held:
            self.held = held
            new = self._last.with_suffix(".new")
            new.write_text(json.dumps({self._settings.elastic_ip: held}))
            new.replace(self._last)


def guard() -> int | None:
    """Which guard is loaded, by the kernel's number for its table: another after each load. None if there is none."""
    done = run("nft", "--json", "list", "tables", "inet", check=False)
    found = json.loads(done.stdout or "{}").get("nftables", ()) if not done.returncode else ()
    tables = (one["table"] for one in found if "table" in one)
    return next((table["handle"] for table in tables if table["name"] == _TABLE), None)


def load_guard() -> None:
    """Put it in force. It begins closed: without the venues' gateways, and without the hosts' passage."""
    run("nft", "-f", _GUARD)


def let_ike_out(settings: Settings) -> None:
    """Open UDP 500 and 4500 to the venues' gateways in our own firewall."""
    peers = sorted({tunnel.peer for tunnel in settings.tunnels})
    run("nft", "add", "element", *_SET, "{ " + ", ".join(peers) + " }")


def keep_ike_in() -> None:
    """Close them: this instance must be silent towards the venue."""
    run("nft", "flush", "set", *_SET)
