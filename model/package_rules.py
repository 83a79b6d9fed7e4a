"""What the operator brings for OpenSwan: a package, or an apt source with the key that signs it.

A client file may come from somebody else, so the files that it names lie below its own folder: else it could send any
file of this machine to AWS. A path from the command line or the environment is the operator's own, and may be anywhere.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path as FilePath

from model.faults import Fault, Path, dotted
from model.private_key import has_private_key, has_public_keys_alone
from model.rules import Case, Rule
from model.source import Unreadable, content, typed_here

_DEB, _KEY = ("gateway", "openswan", "deb"), ("gateway", "openswan", "apt", "key")
_MOST_OF_KEY = 64 * 1024
_MOST_OF_DEB = 64 * 1024 * 1024
"""OpenSwan's has a MiB or two."""


def _one_origin(case: Case) -> Iterator[Fault]:
    package = case.deployment.client.gateway.openswan
    if package and package.deb and package.apt:
        yield case.source.fault(("gateway", "openswan"), "names both a .deb and an apt source; leave one of them")


def _files(case: Case) -> Iterator[Fault]:
    """Each file is below the client file's folder, is there, and can be read."""
    for path, name in _named(case):
        file = case.deployment.folder / name
        if case.source.says(path) and not _is_below(name, case.deployment.folder):
            message = (
                "leads out of this file's folder; put the file beside this one, "
                f"or name yours to the CDK: cdk deploy -c {dotted(path)}=…"
            )
            yield case.source.fault(path, message)
        elif not _is_readable(file):
            message = f"is not there, or cannot be read; put the file at {typed_here(file)}, or correct the path"
            yield case.source.fault(path, message)
        else:
            yield from (_key if path == _KEY else _deb)(case, file)


def _named(case: Case) -> Iterator[tuple[Path, str]]:
    package = case.deployment.client.gateway.openswan
    if package and package.deb:
        yield _DEB, package.deb
    if package and package.apt and package.apt.key:
        yield _KEY, package.apt.key


def _is_below(name: str, folder: FilePath) -> bool:
    """Whether it says so, and each symbolic link on the way stays there."""
    is_plain = not FilePath(name).is_absolute() and ".." not in FilePath(name).parts
    return is_plain and (folder / name).resolve().is_relative_to(folder.resolve())


def _is_readable(path: FilePath) -> bool:
    return path.is_file() and os.access(path, os.R_OK)


def _deb(case: Case, file: FilePath) -> Iterator[Fault]:
    """It goes to AWS as it is. deb(5): an ar archive whose first member is called debian-binary."""
    try:
        package = content(file, most=_MOST_OF_DEB)
    except Unreadable as unreadable:
        yield case.source.fault(_DEB, str(unreadable))
        return
    if not package.startswith(b"!<arch>\ndebian-binary"):
        yield case.source.fault(_DEB, "is no package of Debian's; write the path of the .deb that you built")
    elif has_private_key(package):
        yield case.source.fault(_DEB, "has a private key in it, and it would go to AWS; build it without one")


def _key(case: Case, file: FilePath) -> Iterator[Fault]:
    try:
        key = content(file, most=_MOST_OF_KEY)
    except Unreadable as unreadable:
        yield case.source.fault(_KEY, str(unreadable))
        return
    if has_private_key(key):
        message = (
            "has a private key in it, and this file goes into the user data; export the public key alone "
            "(gpg --export --armor), and make a new key if anybody else has seen this one"
        )
        yield case.source.fault(_KEY, message)
    elif not has_public_keys_alone(key):
        message = "is no OpenPGP public key, or has more in it; write it with gpg --export --armor, as UTF-8 or ASCII"
        yield case.source.fault(_KEY, message)


PACKAGE_RULES = (Rule(_one_origin, ("gateway.openswan",)), Rule(_files, ("gateway.openswan",)))
