"""The gateway's disk, which is laid over the one that its image brings."""

ROOT_DEVICE = "/dev/xvda"
"""The root device of Debian's images: https://wiki.debian.org/Cloud/AmazonEC2Image. A mapping of another name adds a disk, and
leaves the root as the image has it, unencrypted (EC2 User Guide, Add block device mappings)."""

ROOT_GIB = 8
"""EC2 makes no volume that is smaller than the image's snapshot."""
