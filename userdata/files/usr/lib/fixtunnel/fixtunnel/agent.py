"""AWS's agent for sessions (SSM), which Debian does not package: from the region's bucket, its signature checked."""

import platform
import urllib.request
from pathlib import Path

from fixtunnel.command import Failed, run
from fixtunnel.settings import Settings

UNIT = "amazon-ssm-agent.service"
KEY = "/usr/lib/fixtunnel/amazon-ssm-agent.gpg"
_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


def start(settings: Settings) -> None:
    """Install the agent if the image has none, and start it.

    Raises:
        Failed: it could not be fetched, its signature is not AWS's, or it does not start.
    """
    if run("systemctl", "cat", UNIT, check=False).returncode:
        _install(settings)
    run("systemctl", "enable", "--now", UNIT)


def _install(settings: Settings) -> None:
    folder = Path("/var/lib/fixtunnel")
    architecture = _ARCHITECTURES[platform.machine()]
    base = f"https://s3.{settings.region}.amazonaws.com/amazon-ssm-{settings.region}/latest/debian_{architecture}"
    package, signature = folder / "amazon-ssm-agent.deb", folder / "amazon-ssm-agent.deb.sig"
    for path in (package, signature):
        _download(f"{base}/{path.name}", path)
    run("apt-get", "-q", "install", "-y", "--no-install-recommends", "gpgv", seconds=300)
    run("gpgv", "--keyring", KEY, str(signature), str(package))
    run("dpkg", "--install", str(package), seconds=300)


def _download(url: str, path: Path) -> None:
    try:
        with urllib.request.urlopen(url, timeout=60) as answer:
            path.write_bytes(answer.read())
    except OSError as error:
        raise Failed("SSM agent cannot be fetched", f"{url}: {error}") from None
