"""strongSwan's IKE daemon as our own process: in a namespace, with its configuration and socket in one folder."""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

from vici.exception import CommandException, SessionException
from vici.session import Session

from localaws.program import RehearsalFailed, end, start, until
from model.proposal import Proposal
from rehearsal.world.network import CommandFailed, Namespace, run
from rehearsal.world.venue.terms import negotiated


@dataclass(frozen=True, kw_only=True)
class ChildSa:
    """Phase 2: an SA that carries traffic. `number` is charon's own; `in` is from the client to the venue."""

    number: int
    name: str
    state: str
    proposal: Proposal | None
    local_ts: tuple[str, ...]
    remote_ts: tuple[str, ...]
    bytes_in: int
    bytes_out: int
    packets_in: int
    packets_out: int
    established_seconds: int
    udp_encapsulated: bool
    spi_in: str = ""

    @property
    def is_up(self) -> bool:
        """Whether it can carry traffic: installed, and not one that is being replaced."""
        return self.state == "INSTALLED"


@dataclass(frozen=True, kw_only=True)
class IkeSa:
    """Phase 1, with its children. `number` is charon's own; `remote_id` is None until the client has shown it."""

    number: int
    name: str
    state: str
    version: int
    remote_address: IPv4Address
    remote_port: int
    local_id: str
    remote_id: str | None
    proposal: Proposal | None
    client_started: bool
    established_seconds: int
    children: tuple[ChildSa, ...]

    @property
    def is_up(self) -> bool:
        """Whether both sides have authenticated."""
        return self.state == "ESTABLISHED"


def ike_sa(name: str, told: Mapping[str, Any]) -> IkeSa:
    """An IKE SA from one section of vici's answer, whose values are bytes."""
    text = _text(told)
    return IkeSa(
        number=int(text["uniqueid"]),
        name=name,
        state=text["state"],
        version=int(text["version"]),
        remote_address=IPv4Address(text["remote-host"]),
        remote_port=int(text.get("remote-port", "500")),
        local_id=text["local-id"],
        remote_id=None if text["remote-id"] == "%any" else text["remote-id"],
        proposal=negotiated(text),
        client_started=text.get("initiator") != "yes",
        established_seconds=int(text.get("established", "0")),
        children=tuple(_child(child) for child in told.get("child-sas", {}).values()),
    )


def _child(told: Mapping[str, Any]) -> ChildSa:
    text = _text(told)
    return ChildSa(
        number=int(text["uniqueid"]),
        name=text["name"],
        state=text["state"],
        proposal=negotiated(text),
        local_ts=_selectors(told.get("local-ts", [])),
        remote_ts=_selectors(told.get("remote-ts", [])),
        bytes_in=int(text.get("bytes-in", "0")),
        bytes_out=int(text.get("bytes-out", "0")),
        packets_in=int(text.get("packets-in", "0")),
        packets_out=int(text.get("packets-out", "0")),
        established_seconds=int(text.get("install-time", "0")),
        udp_encapsulated=text.get("encap") == "yes",
        spi_in=text.get("spi-in", ""),
    )


def _text(told: Mapping[str, Any]) -> dict[str, str]:
    return {key: value.decode() for key, value in told.items() if isinstance(value, bytes)}


def _selectors(told: list[bytes]) -> tuple[str, ...]:
    return tuple(selector.decode() for selector in told)


_SOCKET_PATH_LIMIT = 107  # unix(7): sun_path, less its final null


class VenueError(RehearsalFailed):
    """Something of the venue did not work: what, its evidence, and what to do."""


class Charon:
    """charon-systemd with `etc/` of a folder as its /etc. Its socket and log are `charon.vici` and `charon.log` there."""

    def __init__(self, *, namespace: Namespace, folder: Path) -> None:
        self._namespace = namespace
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        if len(str(self.vici)) > _SOCKET_PATH_LIMIT:
            raise VenueError(f"{self.vici} is too long for a socket's path: choose a shorter run directory")

    @property
    def vici(self) -> Path:
        """Its control socket."""
        return self._folder / "charon.vici"

    @property
    def log(self) -> Path:
        """Its log file: kept over restarts."""
        return self._folder / "charon.log"

    @property
    def is_running(self) -> bool:
        """Whether the process lives."""
        return self._process is not None and self._process.poll() is None

    def start(self, *, limit: float = 20) -> None:
        """Start it, wait until it answers, and load its configuration."""
        self.vici.unlink(missing_ok=True)
        environment = {**os.environ, "STRONGSWAN_CONF": str(self._folder / "etc/strongswan.conf")}
        argv = [*self._namespace.prefix, "charon-systemd"]
        self._process = start(argv, environment=environment, log=self._folder / "charon.out")
        self._wait_for_socket(limit)
        self.load()

    def load(self) -> None:
        """Make what the configuration files say its own; SAs that are up stay as they are until they are renewed."""
        files = f"SWANCTL_DIR={self._folder / 'etc/swanctl'}"
        try:
            run(["env", files, "swanctl", "--load-all", "--clear", "--noprompt", "--uri", f"unix://{self.vici}"])
        except CommandFailed as error:
            raise VenueError(f"charon refused its configuration: {error}; see {self.log}") from None

    def stop(self, *, limit: float = 20) -> None:
        """End it in order: its peers hear of it."""
        if self._process and self.is_running and not end(self._process, grace=limit):
            raise VenueError(f"charon did not end within {limit:g} s of SIGTERM and was killed; see {self.log}")

    def kill(self) -> None:
        """End it at once: its peers hear nothing."""
        if self._process and self.is_running:
            self._process.kill()
            self._process.wait()

    def sas(self) -> tuple[IkeSa, ...]:
        """Every IKE SA that it holds."""
        with self._session() as session:
            return tuple(ike_sa(name, told) for section in session.list_sas() for name, told in section.items())

    def command(self, verb: str, request: dict[str, str]) -> tuple[str, ...]:
        """A vici command that tells of its progress: `initiate`, `terminate`, `rekey`.

        Raises:
            VenueError: it failed; with charon's words.
        """
        with self._session() as session:
            try:
                told = getattr(session, verb)(request)
                return tuple(line["msg"].decode() for line in told) if verb != "rekey" else ()
            except (CommandException, SessionException) as error:
                raise VenueError(f"charon could not {verb} {request}: {error}; see {self.log}") from error

    @contextmanager
    def _session(self) -> Iterator[Session]:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(self.vici))
            yield Session(connection)

    def _wait_for_socket(self, limit: float) -> None:
        answers = until(lambda: self._answers() or not self.is_running, limit=limit)
        if not self.is_running:
            raise VenueError(f"charon ended as it started: {self._last_words()}")
        if not answers:
            raise VenueError(f"charon did not open {self.vici} within {limit:g} s: {self._last_words()}")

    def _answers(self) -> bool:
        try:
            with self._session():
                return True
        except OSError:
            return False

    def _last_words(self) -> str:
        out = (self._folder / "charon.out").read_text(errors="replace").strip().splitlines()
        return " / ".join(out[-5:]) or f"it said nothing; see {self.log}"
