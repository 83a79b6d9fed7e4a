"""Whether this instance holds the Elastic IP, and what follows: only its holder may speak IKE with the venue."""

import json
import re
import threading
import time
from pathlib import Path

from fixtunnel.card import Card
from fixtunnel.command import run
from fixtunnel.contract import said
from fixtunnel.metadata import Metadata, NoAnswer
from fixtunnel.settings import Settings

LAST = Path("/var/lib/fixtunnel/address.json")
MISSING_IS_DEFINITE_AFTER = 3
LAG_SECONDS = 60.0
"""Word of an association reaches the metadata service after 3 to 20 s as seen in the field; AWS publishes no limit."""
_ADDRESS = re.compile(r"[0-9]{1,3}(\.[0-9]{1,3}){3}")
_GUARD = "/etc/fixtunnel/guard.nft"
_TABLE = "fixtunnel"
_SET = ("inet", _TABLE, "venue_gateways")


class Address:
    """Goes by EC2's answer to our own claim, then by the metadata service.

    Until that service has shown the address once, that it has none is no news: AWS publishes no limit for its delay, so EC2
    is asked again (`is_doubted`), and what it answers counts. Only a definite answer changes what is known; silence leaves
    it, over a reboot too. What is remembered is by address:
    another Elastic IP is not ours.
    """

    def __init__(self, settings: Settings, card: Card, metadata: Metadata, last: Path = LAST) -> None:
        self._ip = settings.elastic_ip
        self._private = card.secondary
        self._path = f"network/interfaces/macs/{card.mac}/ipv4-associations/{settings.elastic_ip}"
        self._metadata = metadata
        self._last = last
        self._missing = 0
        self._lock = threading.Lock()  # one thread asks the metadata service, another takes EC2's answers
        self.held, self._claimed_at = self._remembered()
        self._kept: tuple[bool, float | None] | None = (self.held, self._claimed_at)

    def claimed(self) -> None:
        """EC2 has answered that this instance holds it now. The metadata service learns of it later."""
        with self._lock:
            self._know(True, claimed_at=time.monotonic())  # since the boot, so the boot and the watch have one

    def is_elsewhere(self) -> None:
        """EC2 has answered that this instance does not hold it."""
        with self._lock:
            self._know(False, claimed_at=None)

    @property
    def is_doubted(self) -> bool:
        """Whether EC2 gave it to us a while ago, and the metadata service still does not show it."""
        return self._claimed_at is not None and time.monotonic() - self._claimed_at >= LAG_SECONDS

    def look(self) -> bool:
        """Ask once, and return whether this instance holds the Elastic IP."""
        self.ask()
        return self.held

    def ask(self) -> bool | None:
        """Ask once: what the service says now, and None while that is nothing definite."""
        try:
            found = self._metadata.get(self._path)
        except NoAnswer:
            return None
        addresses = found.split() if found is not None else []
        if found is not None and not (addresses and all(map(_ADDRESS.fullmatch, addresses))):
            return None  # an answer, and not to what was asked
        with self._lock:
            if found is not None:
                self._missing = 0
                self._know(self._private in addresses, claimed_at=None)
                return self.held
            if self._claimed_at is not None:
                return None  # word of it is on its way
            self._missing += 1
            # One 404 may be the moment of a move: AWS takes the old address away before the new one shows.
            if self._missing < MISSING_IS_DEFINITE_AFTER:
                return None
            self._know(False, claimed_at=None)
            return False

    def _remembered(self) -> tuple[bool, float | None]:
        try:
            told = json.loads(self._last.read_text())
            held, claimed_at = bool(told[self._ip]), told.get("claimed_at")
            # In the clock of an earlier boot it says nothing: then the metadata service counts.
            return held, claimed_at if claimed_at is None or claimed_at <= time.monotonic() else None
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return False, None

    def _know(self, held: bool, *, claimed_at: float | None) -> None:
        """What is known counts, whether or not the disk takes it: a full one must end no session."""
        self.held, self._claimed_at = held, claimed_at
        if (held, claimed_at) == self._kept:
            return
        try:
            new = self._last.with_suffix(".new")
            new.write_text(json.dumps({self._ip: held, "claimed_at": claimed_at}))
            new.replace(self._last)
        except OSError as error:
            if self._kept is not None:
                print(said(f"who holds the address is not kept over a reboot: {error}"), flush=True)
            self._kept = None
        else:
            self._kept = (held, claimed_at)


def guard() -> int | None:
    """Which guard is loaded, by the kernel's number for its table: another after each load. None if there is none."""
    done = run("nft", "--json", "list", "tables", "inet", check=False)
    found = json.loads(done.stdout or "{}").get("nftables", ()) if not done.returncode else ()
    tables = (one["table"] for one in found if "table" in one)
    return next((table["handle"] for table in tables if table["name"] == _TABLE), None)


def load_guard() -> None:
    """Put it in force. It begins closed: without the venues' gateways, and without the hosts' passage."""
    run("nft", "-f", _GUARD)


def let_ike_out(settings: Settings, card: Card) -> None:
    """Open UDP 500 and 4500 in our own firewall, from the address that carries the Elastic IP to the venues' gateways."""
    pairs = sorted({f"{card.secondary} . {tunnel.peer}" for tunnel in settings.tunnels})
    run("nft", "add", "element", *_SET, "{ " + ", ".join(pairs) + " }")


def let_ike_out_for(settings: Settings, card: Card, seconds: float) -> None:
    """Open them for so long from now, whatever becomes of this program: the kernel closes them again.

    In one step, since an element that is there would keep the time that it has.
    """
    pairs = sorted({f"{card.secondary} . {tunnel.peer}" for tunnel in settings.tunnels})
    words, limit = " ".join(_SET), f" timeout {max(1, int(seconds * 1000))}ms"
    timed = ", ".join(f"{pair}{limit}" for pair in pairs)
    script = f"flush set {words}\nadd element {words} {{ {timed} }}\n"
    run("nft", "-f", "-", stdin=script, seconds=5)


def keep_ike_in() -> None:
    """Close them: this instance must be silent towards the venue."""
    run("nft", "flush", "set", *_SET)
