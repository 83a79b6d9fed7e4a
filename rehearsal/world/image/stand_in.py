"""The stand-in for AWS's agent: packaged as AWS packages its own, and signed by a key that is made for it and thrown away."""

from __future__ import annotations

import base64
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from localaws.cloudformation.clients import Clients
from rehearsal.world.image.recipe import STAND_IN
from rehearsal.world.network import run
from userdata.contract import agent_keys_parameter

_SIGNER = "SSM agent's stand-in (rehearsal)"


@dataclass(frozen=True)
class StandIn:
    """A package, its detached signature, and the key that verifies it, in a folder."""

    folder: Path

    @property
    def package(self) -> Path:
        """The Debian package."""
        return self.folder / "amazon-ssm-agent.deb"

    @property
    def signature(self) -> Path:
        """Its detached signature, as AWS puts it beside its own."""
        return self.folder / "amazon-ssm-agent.deb.sig"

    @property
    def key(self) -> Path:
        """The public key, as gpg exports it."""
        return self.folder / "key.gpg"

    def make(self) -> None:
        """Build and sign it. Raises CommandFailed."""
        self.folder.mkdir()
        run(["dpkg-deb", "--root-owner-group", "--build", str(STAND_IN), str(self.package)])
        with tempfile.TemporaryDirectory() as home:
            gpg = ("gpg", "--homedir", home, "--batch", "--quiet", "--passphrase", "")
            run([*gpg, "--quick-generate-key", _SIGNER, "rsa4096", "sign", "10y"], limit=120)
            run([*gpg, "--output", str(self.signature), "--detach-sign", str(self.package)])
            run([*gpg, "--output", str(self.key), "--export-options", "export-minimal", "--export"])
            run(["gpgconf", "--homedir", home, "--kill", "gpg-agent"])

    def publish(self, clients: Clients) -> None:
        """Put it where AWS's own lies: in the region's bucket, for everybody to read."""
        bucket = f"amazon-ssm-{clients.region}"
        # S3's first region is the one that may not be named (API: CreateBucket).
        place = {} if clients.region == "us-east-1" else {"LocationConstraint": clients.region}
        where: Any = {"CreateBucketConfiguration": place} if place else {}
        clients.s3.create_bucket(Bucket=bucket, **where)
        for file in (self.package, self.signature):
            key = f"latest/debian_amd64/{file.name}"
            clients.s3.put_object(Bucket=bucket, Key=key, Body=file.read_bytes(), ACL="public-read")

    def trust(self, clients: Clients, client: str) -> None:
        """Put its key instead of AWS's, in the parameter of a client's stack."""
        key = base64.b64encode(self.key.read_bytes()).decode()
        clients.ssm.put_parameter(Name=agent_keys_parameter(client), Value=key, Overwrite=True)
