"""The host's packages are really installed, over a copy of this machine's root that is gone afterwards."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.paths import ROOT

SCRIPT = ROOT / "rehearsal" / "host-packages.sh"
# In a mount namespace of its own: whatever happens to it, no mount is left.
WORLD = """\
set -e
mount -t tmpfs none "$1"
mkdir "$1/upper" "$1/work" "$1/root"
mount -t overlay none -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" "$1/root"
for folder in dev proc; do mount --rbind "/$folder" "$1/root/$folder"; done
cat >"$1/root/host-packages.sh"
chroot "$1/root" sh -c "$2"
"""
# As on a machine that never had strongSwan, where the administrator enabled a service that we know nothing of.
BEFORE = """\
rm -f /usr/sbin/policy-rc.d
dpkg --purge --force-depends charon-systemd >/dev/null 2>&1
ln -s /lib/systemd/system/theirs.service /etc/systemd/system/multi-user.target.wants/theirs.service
"""
AFTER = """\
echo "status $?"
dpkg-query --show --showformat='${Status}\\n' charon-systemd
find /etc/systemd/system -name 'strongswan*' -o -name theirs.service
ls /usr/sbin/policy-rc.d 2>/dev/null
true
"""
# The installation ends as one that breaks off after its first package.
BROKEN = """\
printf '#!/bin/sh\\n/usr/bin/apt-get "$@"\\ncase "$*" in *no-download*) exit 100; esac\\n' >/usr/local/sbin/apt-get
chmod 755 /usr/local/sbin/apt-get
"""


def in_a_copy(tmp_path: Path, command: str) -> list[str]:
    """What it prints."""
    run = subprocess.run(
        ["unshare", "--mount", "sh", "-c", WORLD, "sh", str(tmp_path), command],
        check=False,
        input=SCRIPT.read_text(),
        capture_output=True,
        text=True,
        timeout=300,
    )
    return [*run.stdout.splitlines(), *([run.stderr] if run.returncode else [])]


@pytest.mark.parametrize(("spoil", "status"), [("", 0), (BROKEN, 100)])
def test_no_service_that_a_package_brings_is_left_enabled(tmp_path: Path, spoil: str, status: int) -> None:
    assert in_a_copy(tmp_path, f"{BEFORE}{spoil}sh /host-packages.sh >/dev/null\n{AFTER}") == [
        f"status {status}",
        "install ok installed",
        "/etc/systemd/system/multi-user.target.wants/theirs.service",
    ]


class Desk:
    """The script beside stand-ins for dpkg and apt: an installation that takes its time, and enables strongSwan."""

    def __init__(self, folder: Path, *, slow: str) -> None:
        self.folder = folder
        self.wants = folder / "system" / "multi-user.target.wants"
        self.wants.mkdir(parents=True)
        (self.wants / "theirs.service").symlink_to("/lib/systemd/system/theirs.service")
        self.policy = folder / "policy-rc.d"
        programs = folder / "bin"
        programs.mkdir()
        strongswan = self.wants / "strongswan.service"
        commands = {
            "dpkg-query": "exit 1",
            "apt-get": f'case "$*" in *{slow}*) echo >{folder}/begun; sleep 2 2>/dev/null;; esac\n'
            f'case "$*" in *no-download*) ln -s /lib/systemd/system/strongswan.service {strongswan}; echo >{folder}/done;; esac',
            "systemctl": f'case "$*" in *disable*) rm -f {self.wants}/"$3";; esac',
        }
        for name, text in commands.items():
            (programs / name).write_text(f"#!/bin/sh\n{text}\n")
            (programs / name).chmod(0o755)
        script = folder / "rehearsal" / "host-packages.sh"
        script.parent.mkdir()
        text = SCRIPT.read_text().replace("/usr/sbin/policy-rc.d", str(self.policy))
        text = text.replace("/etc/systemd/system", str(folder / "system")).replace("/run/systemd", str(folder / "none"))
        script.write_text(text.replace("/run/fixtunnel-packages.lock", str(folder / "lock")))
        self.script = script
        self.environment = {**os.environ, "PATH": f"{programs}:{os.environ['PATH']}"}

    @contextmanager
    def begun(self) -> Iterator[subprocess.Popen[str]]:
        """The script, while the slow part of it runs."""
        process = subprocess.Popen(
            ["sh", self.script], env=self.environment, stderr=subprocess.PIPE, text=True, start_new_session=True
        )
        try:
            end = time.monotonic() + 20
            while not (self.folder / "begun").exists() and time.monotonic() < end:
                time.sleep(0.01)
            yield process
        finally:
            process.kill()
            process.communicate()

    @property
    def is_as_found(self) -> bool:
        return not self.policy.exists() and [one.name for one in self.wants.iterdir()] == ["theirs.service"]


@pytest.mark.parametrize("to_all", [False, True], ids=["to the script", "to all, as from a terminal"])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP], ids=lambda one: one.name)
def test_what_dpkg_has_begun_is_finished_and_then_taken_back(
    tmp_path: Path, number: signal.Signals, to_all: bool
) -> None:
    desk = Desk(tmp_path, slow="no-download")
    with desk.begun() as process:
        assert desk.policy.exists()
        for _ in range(2):
            os.killpg(process.pid, number) if to_all else process.send_signal(number)
        said = process.communicate(timeout=20)[1]
    assert (process.returncode, said.count("tidying up")) == (128 + number, 1)
    assert (tmp_path / "done").exists()
    assert desk.is_as_found


@pytest.mark.parametrize("slow", ["update", "download-only"])
def test_a_download_is_ended_at_once(tmp_path: Path, slow: str) -> None:
    desk = Desk(tmp_path, slow=slow)
    with desk.begun() as process:
        process.send_signal(signal.SIGTERM)
        begin = time.monotonic()
        process.communicate(timeout=20)
    assert process.returncode == 143
    assert time.monotonic() - begin < 1.5
    assert not (tmp_path / "done").exists()
    assert desk.is_as_found


def test_the_next_run_tidies_up_behind_one_that_was_killed(tmp_path: Path) -> None:
    desk = Desk(tmp_path, slow="no-download")
    with desk.begun() as process:
        process.kill()
        process.communicate(timeout=20)
    assert desk.policy.exists()
    subprocess.run(["sh", desk.script], env=desk.environment, check=True, timeout=20)
    assert desk.is_as_found


def test_an_administrators_own_policy_is_left_alone(tmp_path: Path) -> None:
    desk = Desk(tmp_path, slow="nothing")
    desk.policy.write_text("#!/bin/sh\nexit 101\n")
    subprocess.run(["sh", desk.script], env=desk.environment, check=True, timeout=20)
    assert desk.policy.read_text() == "#!/bin/sh\nexit 101\n"
