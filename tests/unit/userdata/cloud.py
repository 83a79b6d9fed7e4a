"""Rendered user data read back, as cloud-init and the engine would read it."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass
from typing import Any

from ruamel.yaml import YAML

from model.deployment import Deployment
from tests.literal import deployed
from userdata.render import render


@dataclass(frozen=True)
class Instance:
    """What the user data makes of an instance."""

    text: str
    config: dict[str, Any]
    files: dict[str, str]

    @property
    def settings(self) -> dict[str, Any]:
        """gateway.json."""
        read: dict[str, Any] = json.loads(self.files["/etc/fixtunnel/gateway.json"])
        return read

    @property
    def guard(self) -> str:
        """guard.nft."""
        return self.files["/etc/fixtunnel/guard.nft"]

    def connection(self, name: str) -> dict[str, str]:
        """The keys and values of a connection, if its file has one and nothing else."""
        first, *lines = self.files[f"/etc/ipsec.d/{name}.conf"].removesuffix("\n").split("\n")
        assert first == f"conn {name}"
        pairs = [re.fullmatch(r"    ([a-z0-9-]+)=([!-~]+( [!-~]+)*)", line) for line in lines]
        assert all(pairs), lines
        values = {pair[1]: pair[2] for pair in pairs if pair}
        assert len(values) == len(lines), "a key is there twice"
        return values


def boot(deployment: Deployment) -> Instance:
    """Render with literals, and read."""
    text = render(deployment, deployed(deployment))
    config = YAML(typ="safe", pure=True).load(text)
    files = {file["path"]: _content(file) for file in config["write_files"]}
    assert len(files) == len(config["write_files"]), "a path is there twice"
    return Instance(text, config, files)


def _content(file: dict[str, str]) -> str:
    return base64.b64decode(file["content"]).decode("latin-1") if file.get("encoding") else file["content"]
