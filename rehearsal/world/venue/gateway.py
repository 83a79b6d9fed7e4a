"""One VPN gateway of a venue: strongSwan, configured from the venue file, mirrored."""

from __future__ import annotations

import base64
import os
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network
from itertools import product
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from model.proposal import Proposal
from model.venue import PeerLabel, Venue
from rehearsal.world.network import Namespace
from rehearsal.world.venue.charon import Charon, ChildSa, IkeSa, VenueError
from rehearsal.world.venue.exchange import Exchange
from rehearsal.world.venue.journal import Complaint, last_complaint
from rehearsal.world.venue.terms import ClientSide, Terms, terms_of

_TEMPLATES = Path(__file__).parent / "templates"
_UPDOWN = "usr/lib/venue/updown"
# Of ESP in UDP (RFC 3948) the SPI comes first.
_LOST = """table inet lost {{
  chain lost {{
    type filter hook input priority 0;
    udp dport 4500 @th,64,32 0x{spi} drop
  }}
}}
"""


class VenueGateway:
    """A gateway in a namespace that is there already and can reach the client's public address.

    Where two venues have one address they have one gateway: the second is `behind` the first, a child of its connection, and
    what starts, stops or kills the one does so with the other.

    The PSK lies in one file of `run_dir`, 0600, while the gateway lives, and in no log, argument or error.
    """

    def __init__(
        self,
        *,
        venue: Venue,
        label: PeerLabel,
        namespace: str,
        exchange: Exchange,
        client: ClientSide,
        psk: bytes,
        run_dir: Path,
        behind: VenueGateway | None = None,
    ) -> None:
        self.name = f"{venue.name}-{label}"
        self._terms = terms_of(venue=venue, label=label, client=client)
        self._psk = psk
        self._namespace = Namespace(namespace)
        self._exchange = exchange
        self._behind = behind
        self._sharing: list[VenueGateway] = behind._sharing if behind else []
        self._folder: Path = behind._folder if behind else run_dir / self.name
        self._charon: Charon = behind._charon if behind else Charon(namespace=self._namespace, folder=self._folder)
        self._inside: IPv4Address | None = None

    def __enter__(self) -> Self:
        with ExitStack() as undo:
            undo.callback(self._clean)
            self._folder.mkdir(parents=True, mode=0o700, exist_ok=bool(self._behind))
            self._inside = self._exchange.attach(self._namespace, beside=len(self._sharing))
            self._sharing.append(self)
            self._write_all()
            (self._charon.load if self._behind else self._charon.start)()
            undo.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._clean()

    def _clean(self) -> None:
        with ExitStack() as undo:
            undo.callback(self._psk_file.unlink, missing_ok=True)
            if not self._behind:
                undo.callback(self._charon.stop)

    @property
    def namespace(self) -> Namespace:
        """Where it runs."""
        return self._namespace

    @property
    def terms(self) -> Terms:
        """What it holds to be agreed just now."""
        return self._terms

    def sas(self) -> tuple[IkeSa, ...]:
        """Its security associations; none while it is down. Of an IKE SA that it shares, its own children."""
        held = self._charon.sas() if self._charon.is_running else ()
        if len(self._sharing) < 2:
            return held
        return tuple(
            replace(sa, children=tuple(one for one in sa.children if one.name == self._terms.connection)) for sa in held
        )

    @property
    def is_up(self) -> bool:
        """Whether a child SA, for the networks that were agreed, can carry traffic."""
        return any(child.is_up and not self._is_narrowed(child) for child in self._children())

    def _children(self) -> Iterator[ChildSa]:
        return (child for sa in self.sas() if sa.is_up for child in sa.children)

    def _is_narrowed(self, child: ChildSa) -> bool:
        """Whether it is for a part of the networks only: strongSwan takes that, most gateways of venues do not."""
        agreed = {str(network) for network in (*self._terms.networks, *self._terms.client_networks)}
        return not {*_networks(child.local_ts), *_networks(child.remote_ts)} <= agreed

    @property
    def log(self) -> tuple[str, ...]:
        """Its log so far, line by line."""
        path = self._charon.log
        return tuple(path.read_text(errors="replace").splitlines()) if path.exists() else ()

    @property
    def log_path(self) -> Path:
        """Where the log lies."""
        return self._charon.log

    def what_went_wrong(self) -> Complaint | None:
        """The engine's own words about the last negotiation that failed; None if a tunnel came up after it."""
        narrowed = next((child for child in self._children() if self._is_narrowed(child)), None)
        if narrowed is not None:
            ends = f"{', '.join(narrowed.local_ts)} === {', '.join(narrowed.remote_ts)}"
            return Complaint("selectors", (f"the client asked for a part of what was agreed only: {ends}",))
        return last_complaint(self.log)

    def wait_until_up(self, *, limit: float) -> float:
        """Wait at most `limit` seconds for a child SA; the seconds that it took."""
        return self.wait(lambda: self.is_up, what="a child SA", limit=limit)

    def wait_until_whole(self, *, limit: float) -> float:
        """Wait at most `limit` seconds for a child SA of each pair of networks; the seconds that it took."""
        pairs = set(product(map(str, self._terms.networks), map(str, self._terms.client_networks)))

        def is_whole() -> bool:
            up = (child for child in self._children() if child.is_up)
            return pairs <= {pair for one in up for pair in product(_networks(one.local_ts), _networks(one.remote_ts))}

        return self.wait(is_whole, what=f"{len(pairs)} pairs of networks", limit=limit)

    def wait_until_down(self, *, limit: float) -> float:
        """Wait at most `limit` seconds until no child SA is left; the seconds that it took."""
        return self.wait(lambda: not self.is_up, what="the child SA to go", limit=limit)

    def change(
        self,
        *,
        psk: bytes | None = None,
        ike: Proposal | None = None,
        esp: Proposal | None = None,
        networks: Sequence[IPv4Network] | None = None,
        client_networks: Sequence[IPv4Network] | None = None,
        client_identity: str | None = None,
    ) -> None:
        """Hold something else to be agreed from now on. Tunnels that are up stay up: `terminate` them to see the effect."""
        fields: dict[str, Any] = {
            "ike_proposals": (ike,) if ike else None,
            "esp_proposals": (esp,) if esp else None,
            "networks": tuple(networks) if networks is not None else None,
            "client_networks": tuple(client_networks) if client_networks is not None else None,
            "client_identity": client_identity,
        }
        self._terms = replace(self._terms, **{key: value for key, value in fields.items() if value is not None})
        self._psk = psk or self._psk
        self._write_all()
        if self._charon.is_running:
            self._charon.load()

    def start(self) -> None:
        """Start it again after `stop` or `kill`."""
        for one in self._sharing:
            self._exchange.forget(one._here)
            shutil.rmtree(one._up, ignore_errors=True)
        self._charon.start()

    def stop(self) -> None:
        """End it in order: the client hears of it."""
        self._charon.stop()

    def kill(self) -> None:
        """End it at once: the client hears nothing."""
        self._charon.kill()

    def initiate(self) -> None:
        """Bring the tunnel up from the venue's side."""
        self._charon.command("initiate", {"child": self._terms.connection, "timeout": "20000"})

    def rekey(self) -> None:
        """Negotiate a new child SA in place of the youngest."""
        self._charon.command("rekey", {"child-id": self._youngest_child})

    @property
    def _youngest_child(self) -> str:
        """Its number."""
        return str(max((child.number for sa in self.sas() for child in sa.children if child.is_up), default=0))

    def rekey_ike(self) -> None:
        """Negotiate a new IKE SA in place of the youngest (IKEv1: authenticate again, and keep the old one beside it)."""
        self._charon.command("rekey", {"ike-id": str(max((sa.number for sa in self.sas() if sa.is_up), default=0))})

    def terminate(self) -> None:
        """Take the tunnel down; the client hears of it."""
        if len(self._sharing) < 2:
            self._charon.command("terminate", {"ike": self._terms.connection, "timeout": "5000"})
            return
        # Its youngest alone: of a client that died an older one may be left, which nobody would answer.
        self._charon.command("terminate", {"child-id": self._youngest_child, "timeout": "5000"})

    def lose(self, ours: str, theirs: str) -> None:
        """Lose one child SA, of these networks of its own and of the client's: what comes through it is dropped, and the
        client hears nothing of that."""
        (child,) = (one for one in self.between(ours) if theirs in _networks(one.remote_ts))
        self._namespace.run("nft", "-f", "-", stdin=_LOST.format(spi=child.spi_in))

    def end_all_of(self, ours: str) -> None:
        """End each child SA for this network of its own; the client hears of it."""
        for child in self.between(ours):
            self._charon.command("terminate", {"child-id": str(child.number), "timeout": "5000"})

    def between(self, ours: str) -> tuple[ChildSa, ...]:
        """Its child SAs that are up for this network of its own."""
        return tuple(child for child in self._children() if child.is_up and ours in _networks(child.local_ts))

    def wait(self, holds: Callable[[], bool], *, what: str, limit: float) -> float:
        """Wait at most `limit` seconds until something holds; the seconds that it took."""
        begin = time.monotonic()
        while not holds():
            if time.monotonic() - begin > limit:
                raise VenueError(f"{self.name} waited {limit:g} s for {what}; {self._why()}")
            time.sleep(0.1)
        return time.monotonic() - begin

    def _why(self) -> str:
        complaint = self.what_went_wrong()
        return f"it says: {' / '.join(complaint.words)}" if complaint else f"it says nothing of it; see {self.log_path}"

    @property
    def _here(self) -> IPv4Address:
        if self._inside is None:
            raise VenueError(f"{self.name} is not attached to its exchange: enter it as a context manager first")
        return self._inside

    @property
    def _psk_file(self) -> Path:
        return self._folder / "etc/swanctl/conf.d/psk.conf"

    @property
    def _updown(self) -> Path:
        """What charon runs for its child: the exchange behind it must learn the way back."""
        return self._folder / (f"{_UPDOWN}-{self.name}" if self._behind else _UPDOWN)

    @property
    def _up(self) -> Path:
        """What is up, as that script keeps it: a folder for each network of the client."""
        return self._folder / f"up-{self.name}"

    def _write_all(self) -> None:
        for one in self._sharing:
            _write(one._updown, one._rendered(_UPDOWN), mode=0o700)
        first = self._sharing[0]
        for name in _files().list_templates():
            if name != _UPDOWN:
                _write(self._folder / name, first._rendered(name), mode=0o600)

    def _rendered(self, template: str) -> str:
        return (
            _files()
            .get_template(template)
            .render(
                name=self.name,
                terms=self._terms,
                children=[(one._terms, one._updown) for one in self._sharing],
                psk=base64.b64encode(self._psk).decode(),
                log=self._charon.log,
                vici=self._charon.vici,
                exchange=self._exchange.namespace,
                inside=self._here,
                up=self._up,
            )
        )


def _networks(selectors: Iterable[str]) -> Iterator[str]:
    """Without the protocol and the port, which charon shows behind a network."""
    return (one.partition("[")[0] for one in selectors)


def _files() -> Environment:
    loader = FileSystemLoader(_TEMPLATES)
    return Environment(loader=loader, undefined=StrictUndefined, keep_trailing_newline=True)  # noqa: S701 - no HTML


def _write(path: Path, text: str, *, mode: int) -> None:
    """Write a file that only its owner can read at any moment."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w") as file:
        file.write(text)
