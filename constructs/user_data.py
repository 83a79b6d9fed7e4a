"""What the gateway boots from: its cloud-init user data, its identity that follows from that, and the files that it fetches."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Mapping
from pathlib import Path

from aws_cdk import Aws
from aws_cdk import aws_s3_assets as assets
from constructs import Construct

from model.deployment import Deployment
from userdata.render import Deployed, Object, render


class UserData(Construct):
    """The rendered `#cloud-config`, and a logical id for the instance that changes with it.

    User data does not run a second time, so another text needs another instance. The id comes from the same text with
    names in place of what is known only at deployment: a hash over CDK's tokens would differ from synthesis to synthesis.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        deployment: Deployment,
        elastic_ip: str,
        allocation: str,
        secrets: Mapping[str, str],
        program: Object,
        package: Object | None,
    ) -> None:
        super().__init__(scope, id)
        self.instance_id = f"Gateway{_digest(deployment, program, package)}"
        self.text = render(
            deployment,
            Deployed(
                elastic_ip=elastic_ip,
                allocation=allocation,
                region=Aws.REGION,
                stack=Aws.STACK_NAME,
                resource=self.instance_id,
                secrets=secrets,
                program=program,
                package=package,
            ),
        )


def _digest(deployment: Deployment, program: Object, package: Object | None) -> str:
    gateway = deployment.client.gateway
    text = render(
        deployment,
        Deployed(
            elastic_ip=str(gateway.elastic_ip.address) if gateway.elastic_ip else "elastic-ip",
            allocation=gateway.elastic_ip.allocation_id if gateway.elastic_ip else "allocation",
            region="region",
            stack="stack",
            resource="resource",
            secrets={c.name: c.tunnel.secret.arn if c.tunnel.secret else "new" for c in deployment.connections},
            program=_without_place(program),
            package=_without_place(package) if package else None,
        ),
    )
    # A change of type in place would stop and start the gateway; a new one is complete before the address moves.
    return hashlib.sha256(f"{gateway.instance_type}\n{text}".encode()).hexdigest()[:12]


def _without_place(stored: Object) -> Object:
    return Object(bucket="bucket", key="key", sha256=stored.sha256)


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
