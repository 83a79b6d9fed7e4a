"""The gateway: a machine with a kernel of its own, started from an image, as EC2 would start it."""

from __future__ import annotations

import re
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from localaws.program import RehearsalFailed
from rehearsal.world.image import Image
from rehearsal.world.machine.agent import Agent, AgentSilent, Completed
from rehearsal.world.machine.qemu import Card, Files, Identity, accelerator, command
from rehearsal.world.network import Namespace, run
from userdata.contract import LOAD_TUNNELS, said

_PANIC = "Kernel panic - not syncing"
# The kernel patches its own text while it runs, and puts a breakpoint there meanwhile. QEMU may run the breakpoint from its
# translation after the kernel has taken it away: one of some sixty boots with Debian's 7.2. QEMU 10.0 does it too, both
# within 15 s under a guest that flips a static key in a loop. One processor never does, and boots 35 s slower.
_TRIPPED = "Oops: int3"
_KERNELS = re.compile(r"\[ *\d+\.\d+\] |$")
_TUNNELS = said(LOAD_TUNNELS)


def panicked(console: str) -> bool:
    """Whether the kernel has given up, by what the console has shown since power-on."""
    return _PANIC in console


def only_kernel(console: str) -> bool:
    """Whether nothing but the kernel has spoken since power-on, in the lines that are whole.

    systemd's first word is a control sequence, long before its first line.
    """
    whole = console[: console.rfind("\n") + 1]
    return "\x1b" not in console and all(_KERNELS.match(line.strip()) for line in whole.splitlines())


def is_early(console: str) -> bool:
    """Whether no tunnel has been loaded since power-on: then nothing of one was there to be tested."""
    return _TUNNELS not in console


def is_emulators(console: str) -> bool:
    """Whether it was QEMU that tripped, early enough to begin the boot again, as after a power cut."""
    return panicked(console) and _TRIPPED in console and is_early(console)


_POLL_S = 0.2
_STOP_S = 10.0
_MOST_TRIPS = 3
_SILENT_S = 240.0
"""A kernel that stands still for so long before anything else speaks: the emulator's doing too. Beside three more such
machines on two processors systemd had its first word within 50 s."""
Seen = TypeVar("Seen")


class MachineFailed(RehearsalFailed):
    """Something that a machine should have done did not happen: what, within which limit, and its last words."""


class Machine:
    """A machine that is on while the context is open, unless its power is cut.

    Args:
        image: what it boots; never written to.
        namespace: where the card's tap device is.
        run_dir: its disk, its console and its sockets lie there, in a folder named like the instance.
        clock_offset: seconds by which its hardware clock is ahead of the host's.
        memory_mib: its memory.
    """

    def __init__(
        self,
        *,
        image: Image,
        namespace: Namespace,
        card: Card,
        identity: Identity,
        run_dir: Path,
        clock_offset: float = 0,
        memory_mib: int = 1024,
    ) -> None:
        self.image = image
        self.identity = identity
        self.clock_offset = clock_offset
        self._card = card
        self._namespace = namespace
        self._memory_mib = memory_mib
        self._files = Files(folder=run_dir / identity.instance_id)
        self._agent = Agent(self._files.agent)
        self._process: subprocess.Popen[bytes] | None = None
        self._shown_before = 0
        self._powered_on_at = 0.0
        self.begun_again = 0
        """How many boots the emulator ended, which were begun again."""
        self._power = threading.RLock()

    def __enter__(self) -> Self:
        with ExitStack() as undo:
            undo.callback(self.power_cut)
            self._files.folder.mkdir(parents=True)
            self.wipe()
            self.power_on()
            undo.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.power_cut()
        self._files.disk.unlink(missing_ok=True)

    @property
    def console(self) -> Path:
        """The file with everything that was written to the serial console, over every boot."""
        return self._files.console

    @property
    def line(self) -> Path:
        """The host's end of the serial line, a unix socket; the guest's is /dev/virtio-ports/LINE."""
        return self._files.line

    @property
    def is_on(self) -> bool:
        """Whether it has power."""
        with self._power:
            return self._process is not None and self._process.poll() is None

    def wipe(self) -> None:
        """Give it the image's own disk, as a new instance has it. Only without power."""
        run(["cp", "--sparse=always", "--reflink=auto", str(self.image.disk), str(self._files.disk)], limit=60)

    def power_on(self) -> None:
        """Give it power, with the disk as it is."""
        with self._power:
            self._shown_before = self.console.stat().st_size if self.console.exists() else 0
            self._powered_on_at = time.monotonic()
            self._process = self._start()
            threading.Thread(target=self._mind_emulator, args=(self._process,), daemon=True).start()

    def _start(self) -> subprocess.Popen[bytes]:
        argv = command(
            image=self.image,
            files=self._files,
            card=self._card,
            identity=self.identity,
            accelerator=accelerator(self.image.kernel),
            memory_mib=self._memory_mib,
            clock_offset=self.clock_offset,
        )
        with self._files.complaints.open("ab") as log:
            return subprocess.Popen(
                [*self._namespace.prefix, *argv],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def power_cut(self) -> None:
        """Take the power away at once, as a failing host would. What was written to the disk stays."""
        with self._power:
            process, self._process = self._process, None
            if process is not None:
                process.kill()
                process.wait(timeout=_STOP_S)
                self._files.agent.unlink(missing_ok=True)
                self._files.line.unlink(missing_ok=True)

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """It stands still while it is open, as where a host is overcommitted or migrates it, and wakes as if nothing had been."""
        process = self._process
        assert process is not None
        process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            process.send_signal(signal.SIGCONT)

    def _mind_emulator(self, process: subprocess.Popen[bytes]) -> None:
        """Begin a boot again that the emulator ended before a tunnel was there (rehearsal.world.image.differences).

        Beside whatever is waited for: a console that must show a step, a tunnel, a stack.
        """
        while True:
            with self._power:
                shown = self._shown_since_power_on()
                if self._process is not process or process.poll() is not None or not is_early(shown):
                    return
                if self._is_to_begin_again(shown):
                    self.begun_again += 1
                    self.power_cut()
                    self.power_on()
                    return
            time.sleep(_POLL_S)

    def _is_to_begin_again(self, shown: str) -> bool:
        stands_still = only_kernel(shown) and not panicked(shown) and time.monotonic() - self._powered_on_at > _SILENT_S
        return self.begun_again < _MOST_TRIPS and (is_emulators(shown) or stands_still)

    def run(self, argv: Sequence[str], *, stdin: bytes = b"", limit: float = 60) -> Completed:
        """Run a command in it as root, beside the network.

        Raises:
            AgentSilent: no answer within `limit` seconds: not booted far enough, or gone.
        """
        return self._agent.run(argv, stdin=stdin, limit=limit)

    def read(self, path: str) -> str:
        """A file's content.

        Raises:
            FileNotFoundError: it cannot be read.
        """
        done = self.run(["/usr/bin/cat", path])
        if done.status:
            raise FileNotFoundError(f"{path} on the gateway: {done.stderr.strip()}")
        return done.stdout

    def write(self, path: str, content: bytes) -> None:
        """Write a file, as an operator would by hand."""
        done = self.run(["/usr/bin/dd", "status=none", f"of={path}"], stdin=content)
        if done.status:
            raise MachineFailed(f"could not write {path} on the gateway: {done.stderr.strip()}")

    def wait_for(self, condition: Callable[[Machine], Seen | None], *, limit: float, what: str) -> Seen:
        """Wait until `condition` gives something true and return that. A silent agent counts as not yet.

        Args:
            limit: seconds.
            what: what is waited for, for the error.

        Raises:
            MachineFailed: it did not happen within the limit, or the machine went off, or its kernel panicked.
        """
        deadline = time.monotonic() + limit
        while True:
            try:
                if seen := condition(self):
                    return seen
            except AgentSilent:
                pass
            if not self.is_on:
                raise MachineFailed(f"the machine went off while waiting for {what}; QEMU said: {self._complaints()}")
            self._mind_panic(what)
            if time.monotonic() > deadline:
                raise MachineFailed(f"{what}: not within {limit:g} s. The console's last words:\n{self.last_words()}")
            time.sleep(_POLL_S)

    def _mind_panic(self, what: str) -> None:
        """Waiting for a kernel that has given up ends at once, unless its boot is about to be begun again."""
        with self._power:
            shown = self._shown_since_power_on()
            begins_again = self._is_to_begin_again(shown)
        if panicked(shown) and not begins_again:
            raise MachineFailed(f"the kernel panicked while waiting for {what}. Its last words:\n{self.last_words()}")

    def _shown_since_power_on(self) -> str:
        if not self.console.exists():
            return ""
        with self.console.open(errors="replace") as console:
            console.seek(self._shown_before)
            return console.read()

    def last_words(self, lines: int = 20) -> str:
        """The end of the console."""
        text = self.console.read_text(errors="replace") if self.console.exists() else ""
        return "\n".join(text.splitlines()[-lines:])

    def _complaints(self) -> str:
        return self._files.complaints.read_text(errors="replace").strip() or "nothing"
