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
from userdata.contract import LEFT_FILE
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

    @property
    def setup(self) -> dict[str, dict[str, str]]:
        """ipsec.conf by its sections; its last lines include our end and the connections' files, and nothing else does."""
        includes = f"include {LEFT_FILE}\ninclude /etc/ipsec.d/*.conf\n"
        text, include, rest = self.files["/etc/ipsec.conf"].rpartition(includes)
        assert (bool(include), rest) == (True, "")
        return _sections(text)

    def connection(self, name: str) -> dict[str, str]:
        """The keys and values of a connection, with those that all of them share, if its file has it and nothing else."""
        ((section, own),) = _sections(self.files[f"/etc/ipsec.d/{name}.conf"]).items()
        assert section == f"conn {name}"
        shared = self.setup.get("conn %default", {})
        assert shared.keys() & own.keys() <= {"leftid"}
        return {**shared, **own}


def _sections(text: str) -> dict[str, dict[str, str]]:
    """Strictly: a line is empty, a comment, the version, a section's name, or a key and its value and nothing more."""
    sections: dict[str, dict[str, str]] = {}
    for line in text.removesuffix("\n").split("\n"):
        if not line or line.startswith("#") or line == "version 2.0":
            continue
        if re.fullmatch(r"config setup|conn [%A-Za-z0-9_-]+", line):
            assert line not in sections, "a section is there twice"
            sections[line] = {}
            continue
        pair = re.fullmatch(r"    ([a-z0-9_-]+)=([!-~]+( [!-~]+)*)", line)
        assert pair, line
        section = sections[list(sections)[-1]]
        assert pair[1] not in section, "a key is there twice"
        section[pair[1]] = pair[2]
    return sections


def boot(deployment: Deployment) -> Instance:
    """Render with literals, and read."""
    text = render(deployment, deployed(deployment))
    config = YAML(typ="safe", pure=True).load(text)
    files = {file["path"]: _content(file) for file in config["write_files"]}
    assert len(files) == len(config["write_files"]), "a path is there twice"
    return Instance(text, config, files)


def _content(file: dict[str, str]) -> str:
    return base64.b64decode(file["content"]).decode("latin-1") if file.get("encoding") else file["content"]
