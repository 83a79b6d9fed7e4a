"""OpenSwan, which no current distribution has: the operator's own package, from S3 or from an apt source."""

import hashlib
from pathlib import Path

from fixtunnel import aws, launch
from fixtunnel.command import Failed, retry, run
from fixtunnel.settings import Package

LIMIT_SECONDS = 600
SOURCE = Path("/etc/fixtunnel/openswan.list")
"""The operator's apt source, where there is one. Not in sources.list.d: it could replace any of Debian's packages from there,
and a pin on its server would forbid Debian's own where a firm mirrors them on the same one."""
FOLDER = Path("/var/lib/fixtunnel")
_FILE = FOLDER / "openswan.deb"
_APT = ("apt-get", "-q", "-o", "DPkg::Lock::Timeout=120")
_INSTALL = (*_APT, "install", "-y", "--no-install-recommends", "-o", "Dpkg::Options::=--force-confold")


def install(package: Package | None) -> None:
    """Install the package if it is not there; what it depends on comes from Debian's archive.

    Raises:
        Failed: it cannot be fetched, is not what was deployed or is not signed, or does not install.
    """
    if package is None and not SOURCE.exists():
        return  # the AMI's own archive has it, and fixtunnel-start has installed it
    status = run("dpkg-query", "--show", "--showformat=${Status}", "openswan", check=False).stdout
    if status != "install ok installed":
        retry(lambda: _fetch(package) if package else _download(), limit=launch.within(LIMIT_SECONDS))
        run(*_INSTALL, str(_FILE), seconds=max(60, launch.within(LIMIT_SECONDS)))


def _fetch(package: Package) -> None:
    _FILE.write_bytes(aws.download(package.bucket, package.key))
    found = hashlib.sha256(_FILE.read_bytes()).hexdigest()
    if found != package.sha256:
        raise Failed("checksum of the openswan package differs", f"expected {package.sha256}, found {found}")


def _download() -> None:
    """From the source alone, which apt checks by its key: the one package, whatever else is there."""
    # The other sources' indices stay: the installation needs them.
    alone = (f"Dir::Etc::SourceList={SOURCE}", "Dir::Etc::SourceParts=/dev/null", "APT::Get::List-Cleanup=false")
    apt = (*_APT, *(word for option in alone for word in ("-o", option)))
    run(*apt, "-o", "APT::Update::Error-Mode=any", "update", seconds=120)
    for old in FOLDER.glob("openswan_*.deb"):
        old.unlink()
    run("env", f"--chdir={FOLDER}", *apt, "download", "openswan", seconds=300)
    found = list(FOLDER.glob("openswan_*.deb"))
    if len(found) != 1:
        raise Failed("the apt source has no openswan package", f"{SOURCE.read_text()}\n{found}")
    found[0].replace(_FILE)
