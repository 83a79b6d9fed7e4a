"""A venue and a client without a fault, and what is said once single values of them are changed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

from model.faults import InvalidInput
from model.load import load
from model.source import parse

GONE = "(gone)"
"""In place of a value: the key is not there at all."""

VENUE = """
name: exchange
description: An exchange
environment: test
connection: Exchange
peers:
  A: {address: 198.51.100.10}
  B: {address: 198.51.100.11}
remote_networks: [192.0.2.0/24]
ike: {version: 1, proposal: aes256-sha1;modp2048}
esp: {proposal: aes256-sha1}
encryption_domain: elastic-ip
fix:
  - {name: primary, host: 192.0.2.20, port: 5001, target_comp_id: XCH}
session: {start: "07:00", end: "17:30"}
"""

CLIENT = """
name: acme
gateway: {ami: ami-0a1b2c3d}
tunnels:
  - {venue: exchange}
"""

PUBLIC_KEY = b"\x98\x03abc\xb4\x02id"
"""OpenPGP, old format: a public key and a user id."""
DEB = b"!<arch>\ndebian-binary   0           0     0     100644  4         `\n2.0\n"
"""Where a package of Debian's begins."""

Edits = Mapping[str, str]


def edited(text: str, edits: Edits) -> str:
    """The YAML text with the value of each dotted key replaced by another YAML text, on one line."""
    data = _own(text)
    for key, value in edits.items():
        *holders, last = [int(part) if part.isdigit() else part for part in key.split(".")]
        node = data
        for holder in holders:
            node = node.setdefault(holder, {}) if isinstance(node, dict) else node[holder]
        if value == GONE:
            del node[last]
        elif isinstance(node, list) and last == len(node):
            node.append(_own(value))
        else:
            node[last] = _own(value)
    return json.dumps(data)


def _own(text: str) -> Any:
    """As `plain`, and ours: the next edit may be of something in it."""
    return deepcopy(plain(text))


@cache
def plain(text: str) -> Any:
    """YAML text as plain data: nobody may change it."""
    return parse(text, file="example", folder=Path()).data


def write(folder: Path, *, clients: Mapping[str, str], venues: Mapping[str, str]) -> None:
    """Put files into `clients/` and `venues/`."""
    for kind, files in (("clients", clients), ("venues", venues)):
        (folder / kind).mkdir(exist_ok=True)
        for name, text in files.items():
            (folder / kind / f"{name}.yaml").write_text(text)


def said(folder: Path, *, selected: tuple[str, ...] = (), overrides: Mapping[str, Any] | None = None) -> list[str]:
    """Each fault and warning, as it is printed."""
    try:
        loaded = load(
            clients=folder / "clients", venues=folder / "venues", selected=selected, overrides=overrides or {}
        )
    except InvalidInput as invalid:
        return str(invalid).splitlines()
    return [str(warning) for warning in loaded.warnings]


def about(folder: Path, *, client: Edits | None = None, venue: Edits | None = None) -> list[str]:
    """What is said about the example with these changes, without the place."""
    write(
        folder,
        clients={"acme": edited(CLIENT, client or {})},
        venues={"exchange": edited(VENUE, venue or {})},
    )
    return [line.split(": ", maxsplit=1)[1] for line in said(folder)]
