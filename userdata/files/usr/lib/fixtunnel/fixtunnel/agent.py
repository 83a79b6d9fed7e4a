"""AWS's agent for sessions (SSM), which Debian does not package: from the region's bucket, its signature checked.

Which keys verify it lies in a parameter of Systems Manager, since AWS changes its key every year or two. The boot tries for a
while, and completes without an agent too: then the watch has `fixtunnel-agent.service` try again (`presence.py`).
"""

import base64
import binascii
import platform
import re
import signal
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fixtunnel import aws, contract, settings
from fixtunnel.command import SYSTEMD_SECONDS, Failed, run
from fixtunnel.settings import Settings

UNIT = "amazon-ssm-agent.service"
FOLDER = Path("/var/lib/fixtunnel")
NOTE = Path("/run/fixtunnel/agent-failed")
LIMIT_SECONDS = 900
"""Of an attempt after the boot; the boot has less."""
_MOST_BYTES = 200_000_000
"""Its package has some 30 MB, the volume 8 GiB."""
_SILENT_SECONDS = 60
_MOST_CHARACTERS = 400
_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
_DOMAINS = {
    "cn-": "amazonaws.com.cn",
    "eusc-": "amazonaws.eu",
    "us-iso-": "c2s.ic.gov",
    "us-isob-": "sc2s.sgov.gov",
    "eu-isoe-": "cloud.adc-e.uk",
    "us-isof-": "csp.hci.ic.gov",
}
"""Where AWS's names end in partitions with a domain of their own. Source: botocore's `partitions.json`, "dnsSuffix" of each;
Debian 12's botocore is older than some of them."""
_VERDICT = re.compile(r"^\[GNUPG:\] (GOODSIG|EXPSIG|EXPKEYSIG|REVKEYSIG|BADSIG|ERRSIG)\b", re.M)
"""gpgv says one of them for each signature (GnuPG, doc/DETAILS). Its exit status is 0 for a key that has ended, too."""
_REFUSALS = {
    "EXPSIG": "the signature of the SSM agent has expired",
    "EXPKEYSIG": "the key that signed the SSM agent has ended",
    "REVKEYSIG": "the key that signed the SSM agent is revoked",
    "BADSIG": "the SSM agent is not what was signed",
    "ERRSIG": "the SSM agent is signed with an unknown key",
}


def bring(here: Settings, *, seconds: float) -> None:
    """Install the agent if it is not there as a whole, and start it. `seconds` is for all of it.

    Raises:
        Failed: it could not be fetched in this time, none of our keys verifies it, or it does not start.
    """
    if not _is_installed():
        _install(here, time.monotonic() + seconds)
    run("systemctl", "enable", "--now", UNIT)


def runs() -> bool:
    """Whether it runs now. Raises Failed if systemd does not say."""
    return run("systemctl", "is-active", "--quiet", UNIT, check=False, seconds=SYSTEMD_SECONDS).returncode == 0


def begin() -> None:
    """Have it tried once more, and return at once. Raises Failed if systemd does not take it."""
    run("systemctl", "start", "--no-block", contract.AGENT_UNIT, seconds=SYSTEMD_SECONDS)


def note(failure: Failed | None) -> None:
    """Keep why there is no agent, in one line, for the watch to tell; None once there is one."""
    NOTE.parent.mkdir(parents=True, exist_ok=True)
    NOTE.write_text("; ".join(str(failure).split("\n"))[:_MOST_CHARACTERS] if failure else "")


def noted() -> str:
    """Why the last attempt failed; empty where none did."""
    try:
        return NOTE.read_text()
    except OSError:
        return ""


def _is_installed() -> bool:
    """A power cut may leave a unit of a package that is not configured. An image may have the agent in another way."""
    if run("systemctl", "cat", UNIT, check=False).returncode:
        return False
    said = run("dpkg-query", "--show", "--showformat=${Status}", "amazon-ssm-agent", check=False)
    return said.returncode != 0 or said.stdout == "install ok installed"


def source(region: str) -> str:
    """The folder of the region's bucket with the package for this machine.

    https://docs.aws.amazon.com/systems-manager/latest/userguide/agent-install-deb.html
    """
    domain = next((domain for prefix, domain in _DOMAINS.items() if region.startswith(prefix)), "amazonaws.com")
    return f"https://s3.{region}.{domain}/amazon-ssm-{region}/latest/debian_{_ARCHITECTURES[platform.machine()]}"


def _install(here: Settings, end: float) -> None:
    package, signature = FOLDER / "amazon-ssm-agent.deb", FOLDER / "amazon-ssm-agent.deb.sig"
    ring = _ring(here)
    try:
        for path in (package, signature):
            _download(f"{source(here.region)}/{path.name}", path, end)
        _verify(package, signature, ring)
        run("dpkg", "--install", str(package), seconds=_left(end))
    finally:
        package.unlink(missing_ok=True)
        signature.unlink(missing_ok=True)


def _left(end: float) -> float:
    """Seconds until `end` (monotonic)."""
    if (left := end - time.monotonic()) < 1:
        raise Failed("no time is left for the SSM agent", "it is tried again after the boot")
    return left


def _ring(here: Settings) -> Path:
    """The keys that verify, from their parameter: each in base64, one a line."""
    text = aws.parameter(contract.agent_keys_parameter(here.client))
    ring = FOLDER / "agent-keys.gpg"
    try:
        ring.write_bytes(b"".join(base64.b64decode(line, validate=True) for line in text.split()))
    except binascii.Error as error:
        raise Failed("the SSM agent's keys cannot be read", str(error)) from None
    return ring


def _verify(package: Path, signature: Path, ring: Path) -> None:
    """Raises Failed unless one of these keys has signed it, and has not ended."""
    said = run("gpgv", "--status-fd", "1", "--keyring", str(ring), str(signature), str(package), check=False)
    verdicts = _VERDICT.findall(said.stdout)
    if said.returncode == 0 and verdicts and set(verdicts) == {"GOODSIG"}:
        return
    bad = next((word for word in verdicts if word != "GOODSIG"), "")
    raise Failed(_REFUSALS.get(bad, f"gpgv failed ({said.returncode})"), f"{said.stdout}{said.stderr}"[-1000:])


def _download(url: str, path: Path, end: float) -> None:
    silent = min(_SILENT_SECONDS, _left(end))
    try:
        with (
            _ended_at(end),
            urllib.request.urlopen(url, timeout=silent) as answer,
            path.open("wb") as file,
        ):
            while part := answer.read1(1 << 20):
                file.write(part)
                if time.monotonic() > end:
                    raise Failed("the SSM agent takes too long to fetch", url)
                if file.tell() > _MOST_BYTES:
                    raise Failed("the SSM agent is too large", f"{url}: over {_MOST_BYTES} bytes")
    except OSError as error:
        raise Failed("the SSM agent cannot be fetched", f"{url}: {error}") from None


@contextmanager
def _ended_at(end: float) -> Iterator[None]:
    """A server that sends an octet now and then, of its headers too, passes each timeout of a socket. The alarm ends all."""

    def too_long(_number: int, _frame: object) -> None:
        raise TimeoutError("takes too long")

    before = signal.signal(signal.SIGALRM, too_long)
    signal.setitimer(signal.ITIMER_REAL, _left(end))
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def main() -> int:
    """One attempt; the exit status."""
    try:
        bring(settings.load(), seconds=LIMIT_SECONDS)
    except Failed as failure:
        note(failure)
        print(contract.said(f"no sessions by SSM: {failure}"), flush=True)
        return 1
    note(None)
    return 0


if __name__ == "__main__":
    sys.exit(main())
