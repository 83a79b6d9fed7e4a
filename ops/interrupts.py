"""Ctrl-C, SIGTERM, SIGHUP: each ends the command in order, and what it started with it."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

WORDS = {
    signal.SIGINT: "ended by Ctrl-C",
    signal.SIGTERM: "ended by SIGTERM",
    signal.SIGHUP: "ended: its terminal is gone",
}
_AGAIN_SECONDS = 0.05


class Interrupted(BaseException):
    """The command is to end. No part of it may go on, so it is no Exception."""

    def __init__(self, number: int) -> None:
        self.status = 128 + number
        self.words = WORDS[signal.Signals(number)]
        super().__init__(self.words)


class _Pending:
    """What has come and is not heard yet; how deep we are in what must not be torn apart; who is to know meanwhile."""

    number = 0
    holds = 0
    tell: Callable[[int], None] | None = None


_pending = _Pending()


def end_at_once(*, in_background: bool = False) -> None:
    """While the command is being loaded it has nothing to tidy up: a signal ends it with its words.

    Args:
        in_background: hear SIGINT even if it is ignored, as in what a shell without job control puts into the background.
    """
    for number in WORDS:
        if signal.getsignal(number) != signal.SIG_IGN or (in_background and number == signal.SIGINT):
            signal.signal(number, lambda came, _frame: _end(came))
    # The wrapper holds them back until here, since Python itself has no words before.
    signal.pthread_sigmask(signal.SIG_UNBLOCK, WORDS)


def _end(number: int) -> None:
    os.write(2, f"{WORDS[signal.Signals(number)]}\n".encode())
    os._exit(128 + number)


def no_more() -> None:
    """The command has ended, and is about to say how."""
    for number in WORDS:
        signal.signal(number, signal.SIG_IGN)


@contextmanager
def heard() -> Iterator[None]:
    """A signal raises Interrupted inside the block, wherever it is but in `held`."""
    before = {number: signal.getsignal(number) for number in WORDS}
    _pending.number = _pending.holds = 0
    hook, sys.unraisablehook = sys.unraisablehook, _raise_again
    for number in WORDS:
        if before[number] != signal.SIG_IGN:
            signal.signal(number, _came)
    try:
        with _insisting():
            yield
    finally:
        # What was begun here is over: a signal that comes now ends nothing any more.
        _pending.holds += 1
        for number, handler in before.items():
            signal.signal(number, handler)
        sys.unraisablehook = hook
        _pending.number = _pending.holds = 0


@contextmanager
def _insisting() -> Iterator[None]:
    """Send a signal again until it is heard.

    Python hears one between two of its steps. One that comes after the last step before a read would wait for the read's end: a
    question would take Ctrl-C for nothing.
    """
    come, go = os.pipe()
    os.set_blocking(go, False)
    over = threading.Event()
    before = signal.set_wakeup_fd(go, warn_on_full_buffer=False)
    insisting = threading.Thread(target=_insist, args=(come, over), daemon=True)
    insisting.start()
    try:
        yield
    finally:
        over.set()
        signal.set_wakeup_fd(before)
        os.close(go)
        insisting.join()
        os.close(come)


def _insist(come: int, over: threading.Event) -> None:
    while came := os.read(come, 1):
        while came[0] in WORDS and not _pending.number and not over.wait(_AGAIN_SECONDS):
            _send_again(came[0])


def _send_again(number: int) -> None:
    """To the thread that has the handler: sent to the process it may wake another."""
    main = threading.main_thread().ident
    assert main is not None
    signal.pthread_kill(main, number)


def _came(number: int, _frame: Any) -> None:
    _pending.number = _pending.number or number
    if _pending.tell:
        _pending.tell(number)
    if not _pending.holds:
        raise Interrupted(_pending.number)


def _raise_again(swallowed: Any) -> None:
    """Python cannot raise from a destructor or a callback. A moment later we are out of it."""
    if isinstance(swallowed.exc_value, Interrupted):
        threading.Timer(_AGAIN_SECONDS, _send_again, (_pending.number,)).start()
    else:
        sys.__unraisablehook__(swallowed)


def came() -> Interrupted | None:
    """The signal that came, whatever became of it on its way: a library may take it for an error of its own."""
    return Interrupted(_pending.number) if _pending.number else None


def answered() -> None:
    """The signal that came was what was waited for, and ends nothing any more."""
    _pending.number = 0


@contextmanager
def held() -> Iterator[None]:
    """What is begun in the block is finished in it: a signal waits for its end."""
    _pending.holds += 1
    try:
        yield
    finally:
        _pending.holds -= 1
    _hear()


@contextmanager
def passing_on(tell: Callable[[int], None]) -> Iterator[None]:
    """Inside `held`: a signal, one that came before too, goes on to whose end we wait for."""
    _pending.tell = tell
    try:
        if _pending.number:
            tell(_pending.number)
        yield
    finally:
        _pending.tell = None


@contextmanager
def unheard() -> Iterator[None]:
    """A program that begins in the block hears no signal before it unblocks them, as `end_at_once` does: before its first
    line Python has no words."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, WORDS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def released() -> Iterator[None]:
    """Inside `held`: here a signal is heard, and what stands around it tidies up undisturbed."""
    holds, _pending.holds = _pending.holds, 0
    try:
        _hear()
        yield
    finally:
        _pending.holds = holds


def _hear() -> None:
    if _pending.number and not _pending.holds:
        raise Interrupted(_pending.number)
