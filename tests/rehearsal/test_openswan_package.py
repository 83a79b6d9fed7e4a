"""The operator's OpenSwan package on its way: named by OPENSWAN_DEB, stored, told to the gateway with its checksum.

No OpenSwan is at hand here: the package is a stand-in, and says so. What the gateway does with it, and with one that is
too old, of another engine, or not the one that was deployed, is in tests/unit/gateway.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from localaws.aws import EmbeddedAws

CLIENT = "lse-proquote-openswan"
CONTROL = """\
Package: openswan
Version: 1:2.6.41.4-stand-in
Architecture: amd64
Maintainer: nobody <nobody@example.com>
Description: A stand-in for the operator's OpenSwan package: it has no engine in it.
"""


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A .deb of that name, with an `ipsec` that only tells a version."""
    tree = tmp_path_factory.mktemp("stand-in")
    (tree / "DEBIAN").mkdir()
    (tree / "DEBIAN/control").write_text(CONTROL)
    ipsec = tree / "usr/sbin/ipsec"
    ipsec.parent.mkdir(parents=True)
    ipsec.write_text("#!/bin/sh\necho 'Linux Openswan U2.6.41-4-stand-in/K(no kernel code presently loaded)'\n")
    ipsec.chmod(0o755)
    target = tree.parent / "openswan-stand-in.deb"
    subprocess.run(
        ["dpkg-deb", "--root-owner-group", "--build", str(tree), str(target)], check=True, capture_output=True
    )
    return target


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory, package: Path) -> Any:
    """The client, deployed with the package, as `make rehearse OPENSWAN_DEB=…` deploys it."""
    with EmbeddedAws(tmp_path_factory.mktemp("aws"), signals="stand-in") as aws:
        aws.bootstrap()
        aws.deploy(CLIENT, context={"gateway.openswan.deb": str(package)}, limit=180)
        yield aws


def settings(aws: EmbeddedAws) -> dict[str, Any]:
    """What the deployed instance is told (/etc/fixtunnel/gateway.json)."""
    user_data = YAML(typ="safe").load(aws.instance(CLIENT).user_data.decode())
    content = next(one["content"] for one in user_data["write_files"] if one["path"] == "/etc/fixtunnel/gateway.json")
    told: dict[str, Any] = json.loads(content)
    return told


def test_the_gateway_is_told_where_it_is_and_what_it_must_be(aws: EmbeddedAws, package: Path) -> None:
    told = settings(aws)
    assert told["engine"] == "openswan"
    assert told["package"]["sha256"] == hashlib.sha256(package.read_bytes()).hexdigest()


def test_what_lies_there_is_the_package(aws: EmbeddedAws, package: Path) -> None:
    place = settings(aws)["package"]
    stored = aws.clients.s3.get_object(Bucket=place["bucket"], Key=place["key"])["Body"].read()
    assert stored == package.read_bytes()


def test_the_configuration_is_openswans(aws: EmbeddedAws) -> None:
    user_data = aws.instance(CLIENT).user_data.decode()
    assert "nat_traversal=yes" in user_data
    assert "forceencaps=yes" in user_data
    assert "ikev1-policy" not in user_data
