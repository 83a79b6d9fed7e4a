"""The power is cut at each step of the first boot, one after the other on the same disk; the boot still completes."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator

import pytest

from rehearsal.run.rehearsal import BOOT_LIMIT, TUNNEL_LIMIT
from tests.rehearsal.scene import Scene, scene, until
from userdata import contract
from userdata.contract import said

# What the console shows when the power goes: the engine's packages half unpacked, then the program's own steps.
STEPS = (
    "Unpacking libreswan",
    said(contract.FETCH),
    said(contract.GUARD),
    said(contract.FETCH_SECRETS),
    said(contract.LOAD_TUNNELS),
)


@pytest.fixture(scope="module")
def cut() -> Iterator[Scene]:
    """Cut at each step, and once more when the gateway has signalled; then left alone until its tunnel is up."""
    with scene("lse-proquote") as made:
        made.rehearsal.deploy()
        made.stage.power_on()
        for step in STEPS:
            cut_at(made, step)
        made.stage.wait_until_deployed(limit=BOOT_LIMIT)
        made.cut_power()
        made.venue.wait_until_down(limit=120)
        made.venue.wait_until_up(limit=BOOT_LIMIT)
        # The watch brings the tunnel up before the boot has brought the agent.
        made.gateway.run(["/usr/bin/systemctl", "is-system-running", "--wait"], limit=120)
        yield made


def cut_at(made: Scene, step: str) -> None:
    """Wait until the console shows the step, take the power, and give it back."""
    shown = re.compile(rf"{re.escape(step)}\r?$|{re.escape(step)} \(", re.M)
    begin = made.powered_on_at
    until(lambda: bool(shown.search(made.console[begin:])), what=step, limit=BOOT_LIMIT)
    made.cut_power()


def test_the_deploy_completed(cut: Scene) -> None:
    assert cut.stage.aws.status("fixtunnel-lse-proquote") == "CREATE_COMPLETE"


def test_it_signalled_once(cut: Scene) -> None:
    signals = [asked for asked in cut.stage.front.requests() if asked["action"] == "SignalResource"]
    assert [asked["status"] for asked in signals] == [200]


TABLE = (
    ("dpkg --audit", ""),
    ("systemctl is-active ipsec fixtunnel-guard fixtunnel-boot fixtunnel-watch", "active\nactive\nactive\nactive"),
    ("systemctl is-enabled fixtunnel-guard fixtunnel-boot", "enabled\nenabled"),
    ("systemctl --failed --no-legend --plain", ""),
    ("ls /etc/ipsec.d", "LSE_Proquote.conf\nLSE_Proquote.secrets\npolicies"),
    ("stat -c '%U:%G %a' /etc/ipsec.d/LSE_Proquote.secrets", "root:root 600"),
    ("stat -c '%U:%G %a' /usr/lib/fixtunnel/fixtunnel/boot.py", "root:root 644"),
    ("find / -xdev -name '*.dpkg-new' -o -xdev -name '*.dpkg-tmp'", ""),
)


@pytest.mark.parametrize(("command", "printed"), TABLE, ids=[command for command, _ in TABLE])
def test_the_gateway_is_whole(cut: Scene, command: str, printed: str) -> None:
    assert cut.on_gateway(command) == printed


def test_its_files_are_what_was_deployed(cut: Scene) -> None:
    assert cut.gateway.read("/var/lib/cloud/instance/user-data.txt").encode() == cut.stage.instance.user_data
    # Manuals are not installed.
    sums = "grep -v ' usr/share/man/' /var/lib/dpkg/info/libreswan.md5sums"
    assert cut.on_gateway(f"cd / && {sums} | md5sum --quiet -c -") == ""


def test_traffic_passes(cut: Scene) -> None:
    cut.venue.wait_until_up(limit=TUNNEL_LIMIT)
    assert cut.on_gateway("ping -c 3 -w 15 -q 192.0.2.20 | grep -o '[0-9]* received'") == "3 received"


def test_a_later_boot_is_short(cut: Scene) -> None:
    """All is installed: from power to tunnel without the archive."""
    cut.stage.edge.archive.pause("archive", "reset")
    cut.cut_power()
    began = time.monotonic()
    cut.venue.wait_until_down(limit=120)
    cut.venue.wait_until_up(limit=240)
    print(f"a later boot: {time.monotonic() - began:.0f} s from power to tunnel")
