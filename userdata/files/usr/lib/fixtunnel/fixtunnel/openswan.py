"""OpenSwan, which no current distribution has: the operator's own package, from S3, its checksum verified."""

import hashlib
from pathlib import Path

from fixtunnel import aws
from fixtunnel.command import Failed, retry, run
from fixtunnel.settings import Package

LIMIT_SECONDS = 600
_FILE = Path("/var/lib/fixtunnel/openswan.deb")
_INSTALL = ("apt-get", "-q", "install", "-y", "--no-install-recommends", "-o", "Dpkg::Options::=--force-confold")


def install(package: Package) -> None:
    """Install the package if it is not there.

    Raises:
        Failed: it cannot be fetched, is not what was deployed, or does not install.
    """
    status = run("dpkg-query", "--show", "--showformat=${Status}", "openswan", check=False).stdout
    if status != "install ok installed":
        retry(lambda: _fetch(package), limit=LIMIT_SECONDS)
        run(*_INSTALL, "-o", "DPkg::Lock::Timeout=120", str(_FILE), seconds=600)


def _fetch(package: Package) -> None:
    _FILE.write_bytes(aws.download(package.bucket, package.key))
    found = hashlib.sha256(_FILE.read_bytes()).hexdigest()
    if found != package.sha256:
        raise Failed("checksum of the openswan package differs", f"expected {package.sha256}, found {found}")
