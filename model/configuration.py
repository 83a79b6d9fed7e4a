"""`fixtunnel.toml`: where a firm's files lie and as whom AWS is asked, for the command, the CDK app and make alike.

It is the nearest one, from the folder where we are upwards. An option or a variable of the environment counts more.
"""

from __future__ import annotations

import os
import stat
import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, ValidationError

from model.base import Part
from model.faults import Fault, InvalidInput, dotted, nearest
from model.source import Unreadable, content, typed_here

NAME = "fixtunnel.toml"
_MOST = 8 * 1024
"""Of a key with 30,000 dots, which 64 KiB have room for, Python's parser makes 3.5 GB."""
_Text = Annotated[str, Field(min_length=1, strict=True)]


class NewDefaults(Part):
    """What `fixtunnel new` writes into a client file, where no option says it."""

    account: _Text | None = None
    """AWS account, twelve digits."""
    region: _Text | None = None
    """AWS region, such as eu-west-2."""
    instance_type: _Text | None = None
    """EC2 instance type."""
    image: _Text | None = None
    """debian-13 or debian-12."""
    alarm_email: _Text | None = None
    """Who gets a mail when a tunnel is down."""


class Configuration(Part):
    """The file's content. Folders are relative to the file."""

    clients: _Text = "clients"
    """Folder of client files."""
    venues: _Text = "venues"
    """Folder of venue files."""
    profile: _Text | None = None
    """AWS profile, where the environment names none and has no credentials."""
    region: _Text | None = None
    """AWS region, where neither client file nor environment names one."""
    new: NewDefaults = NewDefaults()
    """Defaults of `fixtunnel new`."""


class Found(Part):
    """A file and its content."""

    path: Path
    says: Configuration

    @property
    def folders(self) -> dict[str, str]:
        """The folders, by the key that the CDK context has for each."""
        here = self.path.parent
        return {"clients_dir": str(here / self.says.clients), "venues_dir": str(here / self.says.venues)}


def find(start: Path | None = None) -> Found | None:
    """The nearest file, from a folder upwards. Raises InvalidInput with every fault of it."""
    try:
        here = (start or Path.cwd()).resolve()
    except FileNotFoundError:
        return None  # the folder that we are in is gone
    path = next((path for path in (folder / NAME for folder in (here, *here.parents)) if _is_there(path)), None)
    if path is None:
        return None
    if not path.is_file():
        raise InvalidInput([_fault(path, "", "is not a regular file; take it away, or write the file")])
    if why := stranger(path):
        raise InvalidInput([_fault(path, "", why)])
    return _read(path, path.stat().st_mtime_ns)


def _is_there(path: Path) -> bool:
    """Whatever it is: what a pipe or a link into nothing keeps from being read is not passed over for another's."""
    return os.path.lexists(path)


def stranger(path: Path) -> str:
    """Why a file or folder is not believed; empty where it is. What lies beside it runs as you: the CDK's command line (`home`).

    As git holds it (safe.directory): it and its folder belong to you or to root. The tree of this program runs as you anyway.
    """
    if path.parent == PROJECT:
        return ""
    for one in (path, path.parent):
        found = one.stat()
        if found.st_uid not in (0, os.geteuid()):
            return f"is not believed: {one} belongs to user {found.st_uid}, and you are {os.geteuid()}; chown it if it is yours"
        if found.st_mode & stat.S_IWOTH and not found.st_mode & stat.S_ISVTX:
            return f"is not believed: everybody may write {one}; chmod o-w it"
    return ""


@lru_cache(maxsize=4)
def _read(path: Path, _changed: int) -> Found:
    try:
        data = tomllib.loads(content(path, most=_MOST).decode("utf-8"))
        return Found(path=path, says=Configuration.model_validate(data))
    except Unreadable as why:
        raise InvalidInput([_fault(path, "", str(why))]) from None
    except RecursionError:
        raise InvalidInput([_fault(path, "", "is nested too deeply")]) from None
    except ValidationError as invalid:  # a ValueError too
        raise InvalidInput([_of(path, one) for one in invalid.errors()]) from None
    except ValueError as error:  # Python's own for a number of 5,000 digits
        raise InvalidInput([_fault(path, "", f"is not TOML: {error}")]) from None


def _of(path: Path, error: Any) -> Fault:
    *holder, key = error["loc"]
    message = error["msg"].lower()
    if error["type"] == "extra_forbidden":
        known = NewDefaults if holder else Configuration
        message = f"is no key; {nearest(str(key), [*known.model_fields])}"
    return _fault(path, dotted((*holder, key)), message)


def _fault(path: Path, key: str, message: str) -> Fault:
    return Fault(file=typed_here(path), line=0, column=0, key=key, value="", message=message)


PROJECT = Path(__file__).parents[1]
"""The tree of this program: a clone, or what a wheel carries."""


def is_clone() -> bool:
    """Whether this program's tree is a clone, where files may lie. A wheel's is not: an upgrade would take them away."""
    return (PROJECT / "Makefile").exists()


def home() -> Path:
    """Where what we make is kept (`out/`, caches, the CDK's command line): beside the file, else in the clone, else here."""
    found = find()
    return found.path.parent if found else PROJECT if is_clone() else Path.cwd()


_CREDENTIALS = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_WEB_IDENTITY_TOKEN_FILE")


def profile() -> str | None:
    """The profile that the file names, unless the environment says as whom to ask."""
    found = None if any(os.environ.get(name) for name in _CREDENTIALS) else find()
    return found.says.profile if found else None
