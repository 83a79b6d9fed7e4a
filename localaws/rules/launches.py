"""The volumes of a launch: what the image brings, and what the launch lays over it.

EC2 User Guide, "Add block device mappings to Amazon EC2 instance": a mapping changes the image's volume of that device name,
and a mapping of another name adds a volume. A volume cannot be smaller than its snapshot; the words of that refusal are EC2's,
as scylladb/scylladb#6999 shows them. RunInstances, API Reference, EbsBlockDevice: a size or a snapshot must be given for a
volume that the image does not have, and the size is the snapshot's if none is given. A mapping with NoDevice is not known here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from moto.ec2.models.amis import Ami
from moto.ec2.models.instances import InstanceBackend
from moto.ec2.responses.instances import InstanceResponse

from localaws.rules.refused import refused

SOURCE = "EC2 User Guide, Add block device mappings to Amazon EC2 instance"
DEBIAN_ROOT, DEBIAN_GIB = "/dev/xvda", 8
"""The root device of Debian's images and the size of their snapshot: https://wiki.debian.org/Cloud/AmazonEC2Image"""

Mappings = list[dict[str, Any]]


class Image(Ami):
    """An image with a root device and a snapshot of its own; moto gives each one /dev/sda1 of 15 GiB."""

    def __init__(
        self, ec2: Any, ami: str, *, root_device: str = DEBIAN_ROOT, root_gib: int = DEBIAN_GIB, **about: Any
    ) -> None:
        root: dict[str, Any] = {"root_device_name": root_device, "root_device_type": "ebs"}
        super().__init__(ec2, ami, **about, **root)
        self.ebs_snapshot.volume.size = root_gib

    @property
    def block_device_mappings(self) -> Mappings:
        """As DescribeImages shows it."""
        snapshot = self.ebs_snapshot
        about = {"SnapshotId": snapshot.id, "VolumeSize": snapshot.volume.size, "VolumeType": "gp3"}
        return [
            {"DeviceName": self.root_device_name, "Ebs": {**about, "DeleteOnTermination": True, "Encrypted": False}}
        ]


def install() -> None:
    """Put the rules before moto's own launch."""
    InstanceBackend.run_instances = _with_volumes(InstanceBackend.run_instances)  # type: ignore[method-assign]
    # moto looks at each mapping alone, and so asks a size of one that changes the image's volume.
    InstanceResponse._validate_block_device_mapping = staticmethod(lambda _mapping: None)  # type: ignore[method-assign, assignment]


def _with_volumes(run: Any) -> Any:
    def launched(self: Any, image_id: str, *args: Any, **kwargs: Any) -> Any:
        if image := self.amis.get(image_id):
            given = kwargs.get("block_device_mappings", [])
            kwargs["block_device_mappings"] = volumes(image.block_device_mappings, given)
        return run(self, image_id, *args, **kwargs)

    return launched


def volumes(of_image: Iterable[Mapping[str, Any]], given: Iterable[Mapping[str, Any]]) -> Mappings:
    """The volumes that a launch makes, the image's first. Raises EC2's refusal."""
    brought: dict[str, Mapping[str, Any]] = {one["DeviceName"]: one["Ebs"] for one in of_image}
    laid = {one["DeviceName"]: {key: value for key, value in one["Ebs"].items() if value is not None} for one in given}
    names = [*brought, *(name for name in laid if name not in brought)]
    return [{"DeviceName": name, "Ebs": _volume(name, brought.get(name), laid.get(name, {}))} for name in names]


def _volume(name: str, brought: Mapping[str, Any] | None, laid: Mapping[str, Any]) -> dict[str, Any]:
    if brought is None:
        if not laid.keys() & {"VolumeSize", "SnapshotId"}:
            words = f"Either snapshot ID or volume size must be provided for: {name}"
            raise refused("InvalidBlockDeviceMapping", words, SOURCE)
        return dict(laid)
    if int(size := laid.get("VolumeSize", brought["VolumeSize"])) < brought["VolumeSize"]:
        words = (
            f"Volume of size {size}GB is smaller than snapshot '{brought['SnapshotId']}', "
            f"expect size >= {brought['VolumeSize']}GB"
        )
        raise refused("InvalidBlockDeviceMapping", words, SOURCE)
    return {**brought, **laid}
