"""The one place where whatever ends the command becomes words and an exit status."""

from __future__ import annotations

import errno
import os
import sys
import traceback
from collections.abc import Callable

from model.faults import InvalidInput
from ops import debug
from ops.failure import BAD_INPUT, FINE, FOUND, Failure
from ops.interrupts import Interrupted, came, heard
from ops.streams import OUTPUT, give_up, streams

_ARGUMENT = (
    errno.ENOENT,
    errno.EEXIST,
    errno.EISDIR,
    errno.ENOTDIR,
    errno.EACCES,
    errno.EPERM,
    errno.EROFS,
    errno.ENAMETOOLONG,
    errno.ELOOP,
)
"""What the system says of a path that was not a good one to give; all else that it says is its own trouble."""

_OUR_OWN = ("constructs", "fixtunnel", "localaws", "model", "ops", "rehearsal", "stacks", "userdata")
"""Packages of this program. If one of these is missing, make setup does not bring it."""


def ended(run: Callable[[], object]) -> int:
    """Run the command and say how it ended. Returns its exit status."""
    try:
        with heard():
            return _told_status(run)
    except Interrupted as interrupted:
        # Out here a second signal has its words from `end_at_once`.
        print(interrupted.words, file=sys.stderr)
        return interrupted.status


def _told_status(run: Callable[[], object]) -> int:
    try:
        with streams():
            return _status(run)
    except OSError as error:
        # What was printed could not be written.
        give_up()
        return FOUND if isinstance(error, BrokenPipeError) else _told(f"{error.filename}: {error.strerror}")
    except Failure as failure:
        return _told(str(failure))


def _status(run: Callable[[], object]) -> int:
    try:
        run()
        status = FINE
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else FOUND
    except BrokenPipeError:
        raise
    except Exception as error:
        # A library may have taken the signal for an error of its own.
        status = FOUND if came() else _failed(error)
    if interrupted := came():
        raise interrupted
    sys.stdout.flush()
    return status


def _failed(error: Exception) -> int:
    if isinstance(error, InvalidInput):
        print(error, file=sys.stderr)
        return BAD_INPUT
    if isinstance(error, Failure):
        return _told(str(error), error.status)
    if isinstance(error, OSError) and error.filename == OUTPUT:
        raise error
    if isinstance(error, OSError) and error.strerror:
        where = f"{os.fsdecode(error.filename)}: " if isinstance(error.filename, str | bytes) else ""
        return _told(f"{where}{error.strerror}", BAD_INPUT if error.errno in _ARGUMENT else FOUND)
    if isinstance(error, ModuleNotFoundError) and error.name and error.name.partition(".")[0] not in _OUR_OWN:
        return _told(f"the Python package {error.name} is missing here\n→ run make setup, or install fixtunnel again")
    # The message of an error that we do not know might carry a value that is secret: only its kind and its place are told.
    where = "".join(traceback.format_tb(error.__traceback__)) if debug.is_on() else ""
    advice = "please report this" if where else "run it again with --debug to see where; please report it"
    return _told(f"an error that this program did not expect: {type(error).__name__}\n{where}→ {advice}")


def _told(words: str, status: int = FOUND) -> int:
    print(f"fixtunnel: {words}", file=sys.stderr)
    return status
