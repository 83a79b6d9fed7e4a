"""The gateway's image: Debian's cloud image as EC2 boots it, built once for each recipe and kept."""

from rehearsal.image.archive import HOSTS as ARCHIVE_HOSTS
from rehearsal.image.archive import Archive
from rehearsal.image.build import OFFERED, Image, ImageFailed, image
from rehearsal.image.differences import DIFFERENCES, Difference

__all__ = ["ARCHIVE_HOSTS", "DIFFERENCES", "OFFERED", "Archive", "Difference", "Image", "ImageFailed", "image"]
