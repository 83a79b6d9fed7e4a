"""Debian's images in EC2."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from ops.aws.access import Access, NotThere


@dataclass(frozen=True, kw_only=True)
class Image:
    """An image. `made` is None where AWS does not say."""

    id: str
    name: str
    made: date | None
    architecture: str


def find_image(access: Access, image_id: str) -> Image | None:
    """An image, or None where it is gone, or was never shared with this account."""
    try:
        found = access.call("ec2", "describe_images", ImageIds=[image_id])["Images"]
    except NotThere:
        return None
    return _image(found[0]) if found and found[0].get("State", "available") == "available" else None


def newest_image(access: Access, release: str, architecture: str) -> Image:
    """The newest image of a release (`debian-13`), as Debian's own parameter names it. Raises NotThere."""
    name = f"/aws/service/debian/release/{release.removeprefix('debian-')}/latest/{architecture}"
    image_id = access.call("ssm", "get_parameter", Name=name)["Parameter"]["Value"]
    return find_image(access, image_id) or Image(id=image_id, name="", made=None, architecture=architecture)


def _image(found: Any) -> Image:
    made = (found.get("CreationDate") or "")[:10]
    return Image(
        id=found["ImageId"],
        name=found.get("Name", ""),
        made=date.fromisoformat(made) if made else None,
        architecture={"x86_64": "amd64"}.get(found.get("Architecture", ""), found.get("Architecture", "")),
    )
