"""The PSKs: from Secrets Manager into one file for each tunnel, which only root reads (ipsec.secrets(5))."""

import base64
import os
from collections.abc import Callable
from pathlib import Path

from fixtunnel import aws
from fixtunnel.settings import Tunnel

FOLDER = Path("/etc/ipsec.d")


def has_value(tunnel: Tunnel, folder: Path = FOLDER) -> bool:
    """Whether the tunnel's PSK is here."""
    return _path(tunnel, folder).exists()


def fetch(tunnel: Tunnel, read: Callable[[str], tuple[str, bytes]], folder: Path = FOLDER) -> bool:
    """Fetch the PSK by `read`, which takes the secret's ARN; False while the secret has no value.

    Raises:
        Failed: it cannot be read.
    """
    try:
        _version, value = read(tunnel.secret)
    except aws.NoValueYet:
        return False
    write(tunnel, value, folder)
    return True


def write(tunnel: Tunnel, value: bytes, folder: Path = FOLDER) -> None:
    """Put the PSK into its file in one step: a power cut leaves the old one or the new one."""
    # Base64 (`0s`) carries any bytes: a quoted value would end at the next quote, and there is no escape.
    line = f"{tunnel.left_id} {tunnel.right_id} : PSK 0s{base64.b64encode(value).decode()}\n"
    path = _path(tunnel, folder)
    new = path.with_suffix(".new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(line)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)


def _path(tunnel: Tunnel, folder: Path) -> Path:
    return folder / f"{tunnel.name}.secrets"
