"""The gateway's image: Debian's cloud image as EC2 boots it, built once for each recipe and kept."""

from rehearsal.world.image.archive import HOSTS as ARCHIVE_HOSTS
from rehearsal.world.image.archive import Archive
from rehearsal.world.image.build import OFFERED, Image, ImageFailed, image
from rehearsal.world.image.differences import DIFFERENCES, Difference

__all__ = ["ARCHIVE_HOSTS", "DIFFERENCES", "OFFERED", "Archive", "Difference", "Image", "ImageFailed", "image"]
