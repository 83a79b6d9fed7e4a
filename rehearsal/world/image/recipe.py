"""What goes into a gateway's image: Debian's own cloud image for EC2, as far as a gateway can tell.

Source: the configuration space of debian-cloud-images, classes DEBIAN, CLOUD, EC2, SYSTEM_BOOT, EXTRAS
(https://salsa.debian.org/cloud-team/debian-cloud-images). What differs stands in `differences.py`.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from model.client import Release

_HERE = Path(__file__).parent
_NAMES = ("recipe", "build", "archive", "disk", "kernel", "stand_in")
_CODE = (_HERE / "customize.sh", *(_HERE / f"{name}.py" for name in _NAMES))
FILES = _HERE / "files"
STAND_IN = FILES / "agent"
SUITES: dict[Release, str] = {"debian-13": "trixie", "debian-12": "bookworm"}
PYTHONS: dict[Release, str] = {"debian-13": "3.13", "debian-12": "3.11"}
# A whole disk would grow to the volume's size at first boot; this one has it already (GiB).
DISK_GIB = 4

_EVERY_RELEASE = (
    # systemd's world: netplan and systemd-networkd on both releases, as in Debian's images since bookworm
    *("init", "systemd-resolved", "systemd-timesyncd", "netplan.io"),
    *("libnss-myhostname", "libpam-systemd", "polkitd", "dbus"),
    # EC2
    *("awscli", "cloud-init", "cloud-guest-utils", "amazon-ec2-utils"),
    *("linux-image-cloud-amd64", "zstd"),
    # of the class SYSTEM_BOOT
    *(
        "openssh-server",
        "sudo",
        "unattended-upgrades",
        "apt-utils",
        "e2fsprogs",
        "iptables",
        "iputils-ping",
        "less",
        "nano",
    ),
    *("netbase", "whiptail"),
    # of the class EXTRAS
    *("bind9-host", "ca-certificates", "curl", "ethtool", "man-db", "pciutils", "psmisc", "socat", "tcpdump"),
    *("uuid-runtime", "xz-utils"),
    # not Debian's: the rehearsal's way in
    "qemu-guest-agent",
)
_ONE_RELEASE: dict[Release, tuple[str, ...]] = {
    "debian-13": ("libnss-resolve", "linux-sysctl-defaults"),
    "debian-12": (),
}


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """An image by what goes into it.

    Args:
        release: Debian's release.
        authority: the certificate (PEM) of the CA that signs for AWS's names in the rehearsal.
        offered: packages that the archive offers, each with what it needs beyond the image.
        engine: the folder with the client's FIX engine; its name tells what is in it.
    """

    release: Release
    authority: bytes
    offered: tuple[str, ...]
    engine: Path

    @property
    def suite(self) -> str:
        """The release's name in the archive."""
        return SUITES[self.release]

    @property
    def packages(self) -> tuple[str, ...]:
        """Everything that is on the image beyond Debian's essential and required packages."""
        return _EVERY_RELEASE + _ONE_RELEASE[self.release]

    @property
    def sources(self) -> tuple[str, ...]:
        """Where the image's packages come from when it is built: Debian's own archive, with its signature checked."""
        signed = "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org"
        return (
            f"{signed}/debian {self.suite} main",
            f"{signed}/debian {self.suite}-updates main",
            f"{signed}/debian-security {self.suite}-security main",
        )

    @property
    def trees(self) -> tuple[Path, ...]:
        """Folders that mirror the image's file system, in the order in which they are laid over it."""
        return (FILES / "common", FILES / self.release)

    @property
    def key(self) -> str:
        """A name that changes with everything that goes in, the code that builds it included.

        Debian's versions are not in it: an image keeps those of the day it was built, and lists them in its manifest.
        """
        digest = hashlib.sha256(self.authority)
        digest.update(repr((self.release, self.packages, self.offered, self.sources, self.engine.name)).encode())
        for path in (*_CODE, *(path for tree in (*self.trees, STAND_IN) for path in sorted(tree.rglob("*")))):
            if path.is_file():
                digest.update(
                    f"{path.relative_to(_HERE)} {path.stat().st_mode & 0o777:o}\0".encode() + path.read_bytes()
                )
        return f"{self.release}-{digest.hexdigest()[:12]}"
