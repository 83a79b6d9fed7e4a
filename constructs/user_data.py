"""What the gateway boots from: its cloud-init user data, its identity that follows from that, and the files that it fetches."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from aws_cdk import Aws
from aws_cdk import aws_s3_assets as assets
from constructs import Construct

from model.client import ExistingNetwork
from model.deployment import Deployment
from userdata.contract import PairSettings
from userdata.render import Deployed, Object, render


class UserData(Construct):
    """The rendered `#cloud-config`, and a logical id for the instance that changes with it.

    User data does not run a second time, so another text needs another instance. The id comes from the same text with
    names in place of what is known only at deployment: a hash over CDK's tokens would differ from synthesis to synthesis.
    With a pair's key there are two of each, one for the standby.
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
        pair_key: str = "",
    ) -> None:
        super().__init__(scope, id)
        digest = _digest(deployment, program, package)
        self.instance_id = f"Gateway{digest}"
        self.standby_id = f"Standby{digest}"
        known = Deployed(
            elastic_ip=elastic_ip,
            allocation=allocation,
            region=Aws.REGION,
            stack=Aws.STACK_NAME,
            resource=self.instance_id,
            secrets=secrets,
            program=program,
            package=package,
        )
        first, second = known, None
        if pair_key:
            first = replace(known, pair={"partner": self.standby_id, "key": pair_key, "claims": True})
            pair: PairSettings = {"partner": self.instance_id, "key": pair_key, "claims": False}
            second = replace(known, resource=self.standby_id, pair=pair)
        self.text = render(deployment, first)
        self.standby_text = render(deployment, second) if second else ""


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
    makes = f"{gateway.instance_type}\n{text}"
    if gateway.standby:
        # Each of a pair finds the other one by this id: whatever replaces them must change it.
        makes += f"{gateway.standby.subnet_id} {_subnet(deployment)} {gateway.ami} {deployment.client.keys.volume}"
    return hashlib.sha256(makes.encode()).hexdigest()[:12]


def _subnet(deployment: Deployment) -> str:
    network = deployment.client.network
    return network.subnet_id if isinstance(network, ExistingNetwork) else ""


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
