"""The gateway's units under a real systemd: what they do works in their bounds, and what is refused is refused.

It needs no virtual machine: systemd is the first process of a process namespace, over a copy of this machine's root.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.literal import deployed, example
from tests.paths import ROOT
from userdata.render import render_files

_SCRIPT = Path(__file__).with_name("systemd.sh")
_LIMIT_SECONDS = 180
_NAMESPACES = ("--mount", "--pid", "--net", "--uts", "--ipc", "--cgroup", "--fork", "--kill-child")
_USERDATA = ROOT / "userdata"
_OUTPUT = "StandardOutput=file:/out/{0}\nStandardError=inherit\n"
# A package as any may be: a set-user-id file, one of another user's, a script that asks systemd.
_CONTROL = "Package: any\nVersion: 1\nArchitecture: all\nMaintainer: a\nDescription: a\n"
_POSTINST = "#!/bin/sh\nset -e\nchown nobody /usr/share/any\nsystemctl daemon-reload\ntouch /usr/share/any/made\n"
DPKG = """\
dpkg -i /any.deb >/dev/null 2>&1; echo "dpkg $?"
stat -c '%a %U' /usr/bin/any /usr/share/any /usr/share/any/made
"""
# The steps of the boot that ask the kernel or systemd for something.
NETWORK = """\
ip link set lo up
ip route replace unreachable 192.0.2.0/24 metric 9999; echo "route $?"
ip address replace 203.0.113.107/32 dev lo; echo "address $?"
systemctl restart fixtunnel-guard.service; echo "guard $?"
nft list set inet fixtunnel venue_gateways >/dev/null; echo "nft $?"
systemctl enable --no-reload fixtunnel-guard.service 2>/dev/null; echo "enable $?"
systemd-run --quiet --collect --service-type=forking --property=RemainAfterExit=yes \\
    sh -c 'grep NoNewPrivs /proc/self/status >/out/outside'; echo "outside $?"
"""
REFUSED = """\
date -s @0 >/dev/null 2>&1; echo "clock $?"
unshare --net true 2>/dev/null; echo "namespace $?"
umask
"""


@pytest.fixture(scope="module")
def said() -> Iterator[dict[str, list[str]]]:
    """What boot, agent and upgrade printed in their bounds, by the name of the file."""
    with tempfile.TemporaryDirectory(prefix="fixtunnel-bounds-") as name:
        folder = Path(name)
        laid, out, empty = folder / "laid", folder / "out", folder / "root"
        for each in (laid, out, empty):
            each.mkdir()
        _lay(laid)
        _run(empty, laid, out)
        yield {path.name: path.read_text().splitlines() for path in out.iterdir()}


def test_the_boot_does_what_it_must(said: dict[str, list[str]]) -> None:
    assert said["boot"][:4] == ["dpkg 0", "4755 root", "755 nobody", "644 root"]
    assert said["boot"][4:10] == ["route 0", "address 0", "guard 0", "nft 0", "enable 0", "outside 0"]


def test_what_the_boot_starts_is_not_in_its_bounds(said: dict[str, list[str]]) -> None:
    assert said["outside"] == ["NoNewPrivs:\t0"]


@pytest.mark.parametrize("unit", ["agent", "upgrade"])
def test_a_unit_installs_any_package(said: dict[str, list[str]], unit: str) -> None:
    assert said[unit][:4] == ["dpkg 0", "4755 root", "755 nobody", "644 root"]


@pytest.mark.parametrize("unit", ["boot", "agent", "upgrade"])
def test_what_none_of_them_needs_is_refused(said: dict[str, list[str]], unit: str) -> None:
    assert said[unit][-3:] == ["clock 1", "namespace 1", "0077"]


def _lay(root: Path) -> None:
    """The gateway's files as they are deployed, with jobs of the test's in the place of the programs of two units."""
    for file in render_files(example("lse-proquote"), deployed(example("lse-proquote"))):
        if file.path.startswith(("/etc/fixtunnel/", "/etc/systemd/")):
            _write(root / file.path[1:], file.content)
    for path in (f"etc/systemd/system/fixtunnel-{name}.service" for name in ("agent", "guard", "upgrade")):
        _write(root / path, (_USERDATA / "files" / path).read_text())
    _write(root / "usr/lib/fixtunnel/guard.nft", (_USERDATA / "files/usr/lib/fixtunnel/guard.nft").read_text())
    for name, job in {"boot": DPKG + NETWORK + REFUSED, "agent": DPKG + REFUSED, "upgrade": DPKG + REFUSED}.items():
        _write(root / f"{name}.sh", job)
        bounds = f"[Service]\nExecStart=\nExecStart=/bin/sh /{name}.sh\nRestart=no\n{_OUTPUT.format(name)}"
        _write(root / f"etc/systemd/system/fixtunnel-{name}.service.d/test.conf", bounds)
    start = "; dpkg --purge any; ".join(f"systemctl start fixtunnel-{name}" for name in ("boot", "agent", "upgrade"))
    start += "; systemctl poweroff"
    job = f"[Unit]\nDescription=test\n[Service]\nType=oneshot\nExecStart=/bin/sh -c '{start}'\n{_OUTPUT.format('job')}"
    _write(root / "etc/systemd/system/job.service", job)
    _write(root / "usr/sbin/policy-rc.d", "#!/bin/sh\nexit 101\n", mode=0o755)
    _package(root)


def _package(root: Path) -> None:
    tree = root.parent / "any"
    _write(tree / "DEBIAN/control", _CONTROL)
    _write(tree / "DEBIAN/postinst", _POSTINST, mode=0o755)
    _write(tree / "usr/bin/any", "", mode=0o4755)
    _write(tree / "usr/share/any/file", "")
    built = ["dpkg-deb", "--root-owner-group", "--build", str(tree), str(root / "any.deb")]
    subprocess.run(built, check=True, capture_output=True)


def _write(path: Path, content: str, *, mode: int = 0o644) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    path.chmod(mode)


def _run(empty: Path, laid: Path, out: Path) -> None:
    """Start systemd over the files and wait until it has powered off; what the jobs printed is then in `out`."""
    script = ["sh", str(_SCRIPT), str(empty), str(laid), str(out)]
    command = ["unshare", *_NAMESPACES, "--propagation", "private", *script]
    with _cgroup() as group:
        joined = ["sh", "-c", f'echo $$ >{group}/cgroup.procs; exec "$@"', "sh", *command]
        ended = subprocess.run(joined, capture_output=True, text=True, timeout=_LIMIT_SECONDS, check=False)
    assert (out / "upgrade").exists(), ended.stderr


@contextmanager
def _cgroup() -> Iterator[Path]:
    """A control group that the second systemd takes for the whole tree."""
    mounted = (line.split() for line in Path("/proc/mounts").read_text().splitlines())
    group = Path(next(words[1] for words in mounted if words[2] == "cgroup2")) / f"fixtunnel-test-{os.getpid()}"
    group.mkdir()
    try:
        yield group
    finally:
        for path in sorted(group.rglob("*/"), reverse=True):
            path.rmdir()
        group.rmdir()
