"""strongSwan's IKE daemon as a process of ours: in a namespace, with its configuration and socket in one folder."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vici.exception import CommandException, SessionException
from vici.session import Session

from rehearsal.world.network import CommandFailed, Namespace, run
from rehearsal.world.venue.associations import IkeSa, ike_sa

_SOCKET_PATH_LIMIT = 107  # unix(7): sun_path, less its final null


class VenueError(Exception):
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
        with (self._folder / "charon.out").open("ab") as out:
            # A group of its own: Ctrl-C is for us, and we stop it in its turn.
            self._process = subprocess.Popen(
                [*self._namespace.prefix, "charon-systemd"],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                process_group=0,
            )
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
        """End it in order: its peers are told."""
        if self._process and self.is_running:
            self._process.terminate()
            try:
                self._process.wait(limit)
            except subprocess.TimeoutExpired:
                self.kill()
                raise VenueError(
                    f"charon did not end within {limit:g} s of SIGTERM and was killed; see {self.log}"
                ) from None

    def kill(self) -> None:
        """End it at once: its peers are not told."""
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
        end = time.monotonic() + limit
        while time.monotonic() < end:
            if not self.is_running:
                raise VenueError(f"charon ended as it started: {self._last_words()}")
            try:
                with self._session():
                    return
            except OSError:
                time.sleep(0.05)
        raise VenueError(f"charon did not open {self.vici} within {limit:g} s: {self._last_words()}")

    def _last_words(self) -> str:
        out = (self._folder / "charon.out").read_text(errors="replace").strip().splitlines()
        return " / ".join(out[-5:]) or f"it said nothing; see {self.log}"
