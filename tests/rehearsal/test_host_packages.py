"""The host's packages are really installed, over a copy of this machine's root that is gone afterwards."""

from __future__ import annotations

import subprocess
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
printf '#!/bin/sh\\n/usr/bin/apt-get "$@"\\ncase "$*" in *install*) exit 100; esac\\n' >/usr/local/sbin/apt-get
chmod 755 /usr/local/sbin/apt-get
"""


@pytest.mark.parametrize(("spoil", "status"), [("", 0), (BROKEN, 100)])
def test_no_service_that_a_package_brings_is_left_enabled(tmp_path: Path, spoil: str, status: int) -> None:
    command = f"{BEFORE}{spoil}sh /host-packages.sh >/dev/null\n{AFTER}"
    run = subprocess.run(
        ["unshare", "--mount", "sh", "-c", WORLD, "sh", str(tmp_path), command],
        check=False,
        input=SCRIPT.read_text(),
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert run.stdout.splitlines() == [
        f"status {status}",
        "install ok installed",
        "/etc/systemd/system/multi-user.target.wants/theirs.service",
    ], run.stderr
