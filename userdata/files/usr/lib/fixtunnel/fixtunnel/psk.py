"""The PSKs: from Secrets Manager into one file for each tunnel, which only root reads (ipsec.secrets(5))."""

import base64
import os
from collections.abc import Callable
from pathlib import Path

from fixtunnel import aws
from fixtunnel.keyed import NoPsk, psk_in
from fixtunnel.settings import Tunnel

FOLDER = Path("/etc/ipsec.d")


def has_value(tunnel: Tunnel, folder: Path = FOLDER) -> bool:
    """Whether the tunnel's PSK is here."""
    return _path(tunnel, folder).exists()


def fetch(
    tunnel: Tunnel,
    read: Callable[[str], tuple[str, bytes]],
    read_former: Callable[[str], bytes | None],
    folder: Path = FOLDER,
) -> bool:
    """Fetch the PSK by `read`, which takes the secret's ARN; False while the secret has none.

    The one before it is put aside: the venue may not have changed its side yet, and the gateway that knew is gone. Where
    the present value is no PSK it is the one in use: the gateway that this one replaces worked with it.

    Raises:
        Failed: it cannot be read.
    """
    try:
        _version, text = read(tunnel.secret)
    except aws.NoValueYet:
        return False
    value, former = _psk(tunnel, text), _psk(tunnel, read_former(tunnel.secret))
    if value and former and former != value:
        replace(_former(tunnel, folder), _line(tunnel, former))
    if present := value or former:
        write(tunnel, present, folder)
    return bool(present)


def _psk(tunnel: Tunnel, value: bytes | None) -> bytes | None:
    """The PSK in a secret's value. Where there is none the watch sees that too, and says why."""
    try:
        return psk_in(value, tunnel.key) if value else None
    except NoPsk:
        return None


def write(tunnel: Tunnel, value: bytes, folder: Path = FOLDER) -> None:
    """Put the PSK into its file in one step: a power cut leaves the old one or the new one."""
    replace(_path(tunnel, folder), _line(tunnel, value))


def holds(tunnel: Tunnel, value: bytes, folder: Path = FOLDER) -> bool:
    """Whether this is the PSK in the file."""
    path = _path(tunnel, folder)
    return path.exists() and path.read_text() == _line(tunnel, value)


def keep_former(tunnel: Tunnel, folder: Path = FOLDER) -> None:
    """Keep what is in the file, to be put back. The engine does not read it under this name."""
    if has_value(tunnel, folder):
        replace(_former(tunnel, folder), _path(tunnel, folder).read_text())


def has_former(tunnel: Tunnel, folder: Path = FOLDER) -> bool:
    """Whether there is one to be put back."""
    return _former(tunnel, folder).exists()


def former_since(tunnel: Tunnel, folder: Path = FOLDER) -> float:
    """When it was put aside (Unix time)."""
    return _former(tunnel, folder).stat().st_mtime


def put_back(tunnel: Tunnel, folder: Path = FOLDER) -> bool:
    """Put the former PSK back; False if there is none."""
    if not has_former(tunnel, folder):
        return False
    _former(tunnel, folder).replace(_path(tunnel, folder))
    return True


def forget_former(tunnel: Tunnel, folder: Path = FOLDER) -> None:
    """The new PSK is the right one: keep no other."""
    _former(tunnel, folder).unlink(missing_ok=True)


def _line(tunnel: Tunnel, value: bytes) -> str:
    # Base64 (`0s`) carries any bytes: a quoted value would end at the next quote, and there is no escape.
    return f"{tunnel.left_id} {tunnel.right_id} : PSK 0s{base64.b64encode(value).decode()}\n"


def replace(path: Path, content: str) -> None:
    """Write a file that only root reads, in one step: a power cut leaves the old one or the new one."""
    new = path.with_suffix(".new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)


def _path(tunnel: Tunnel, folder: Path) -> Path:
    return folder / f"{tunnel.psk_of or tunnel.name}.secrets"


def _former(tunnel: Tunnel, folder: Path) -> Path:
    return folder / f"{tunnel.psk_of or tunnel.name}.psk-former"
