"""Files that the gateway fetches at boot: its program, and the operator's OpenSwan package."""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path

from aws_cdk import Aws
from aws_cdk import aws_s3_assets as assets
from constructs import Construct

from userdata.render import Object


class Stored(Construct):
    """One file as an asset of the stack. `object` says where it is (tokens) and which SHA-256 it must have."""

    def __init__(self, scope: Construct, id: str, *, content: bytes, suffix: str) -> None:
        super().__init__(scope, id)
        sha256 = hashlib.sha256(content).hexdigest()
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"{id.lower()}{suffix}"
            path.write_bytes(content)
            asset = assets.Asset(self, "Asset", path=str(path), asset_hash=sha256)
        self.object = Object(bucket=asset.s3_bucket_name, key=asset.s3_object_key, sha256=sha256)
        self.arn = f"arn:{Aws.PARTITION}:s3:::{asset.s3_bucket_name}/{asset.s3_object_key}"
