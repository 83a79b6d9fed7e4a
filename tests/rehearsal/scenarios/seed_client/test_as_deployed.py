"""What is on the gateway after its first boot: a table of (command, what it prints)."""

from __future__ import annotations

import re

import pytest

from tests.rehearsal.scene import Scene

ROOTS_OWN = "root:root 600"
READABLE = "root:root 644"
PROGRAM = "root:root 755"

# Whole output, or a regular expression that all of it matches.
TABLE: tuple[tuple[str, str], ...] = (
    # the engine
    ("ipsec --version", r"Libreswan 5\.2"),
    ("stat -c '%U:%G %a' /etc/ipsec.conf", READABLE),
    ("stat -c '%U:%G %a' /etc/ipsec.secrets", ROOTS_OWN),
    ("stat -c '%U:%G %a' /etc/ipsec.d/LSE_Proquote.conf", READABLE),
    ("stat -c '%U:%G %a' /etc/ipsec.d/LSE_Proquote.secrets", ROOTS_OWN),
    ("cat /etc/ipsec.secrets", r"include /etc/ipsec\.d/\*\.secrets"),
    ("find /etc/ipsec.d -name '*.new'", ""),
    # ours
    ("stat -c '%U:%G %a' /etc/fixtunnel/gateway.json /etc/fixtunnel/guard.nft", f"{READABLE}\n{READABLE}"),
    ("stat -c '%U:%G %a' /usr/sbin/fixtunnel-start /usr/sbin/fixtunnel-status", f"{PROGRAM}\n{PROGRAM}"),
    ("find /usr/lib/fixtunnel /usr/sbin/fixtunnel-* /etc/fixtunnel -perm /022 -o ! -user root", ""),
    ("stat -c '%U %a' /var/lib/fixtunnel/signalled", "root 600"),
    # units
    ("systemctl is-system-running", "running"),
    ("systemctl --failed --no-legend --plain", ""),
    ("systemctl is-active ipsec fixtunnel-guard fixtunnel-boot fixtunnel-watch", "active\nactive\nactive\nactive"),
    ("systemctl is-enabled fixtunnel-guard fixtunnel-boot", "enabled\nenabled"),
    ("cloud-init status", "status: done"),
    ("dpkg --audit", ""),
    ("systemctl show fixtunnel-watch --property=NRestarts", "NRestarts=0"),
    # SSH is installed, and nobody can start it; it never ran
    ("dpkg-query --show --showformat='${db:Status-Status}' openssh-server", "installed"),
    ("systemctl is-enabled ssh.service ssh.socket sshd.service", "masked\nmasked\nmasked"),
    ("systemctl is-active ssh.service ssh.socket", "inactive\ninactive"),
    ("journalctl --boot --no-pager --output=cat _COMM=sshd", ""),
    # kernel
    ("sysctl -n net.ipv4.ip_forward", "1"),
    ("sysctl -ar 'net.ipv4.conf..*.(send|accept)_redirects' | grep -v '= 0$'", ""),
    ("sysctl -n net.ipv4.conf.all.rp_filter", "2"),
    ("sysctl -n net.netfilter.nf_conntrack_tcp_be_liberal", "1"),
    ("sysctl -n net.netfilter.nf_conntrack_udp_timeout", "300"),
    # addresses and routes: the host owns the Elastic IP, and reaches the venue as it
    ("ip -brief -4 address show dev lo | grep -c 203.0.113.", "1"),
    ("ip -4 route get 192.0.2.20 | head -1", r"192\.0\.2\.20 .*src 203\.0\.113\.\d+ .*"),
    ("cat /sys/class/net/en*/mtu", "9001"),
    # firewall
    ("nft list set inet fixtunnel remote | grep elements", r"elements = \{ 192\.0\.2\.0/24 \}"),
    (
        "nft list set inet fixtunnel venue_gateways | grep elements",
        r"elements = \{ 10\.64\.0\.\d+ \. 198\.51\.100\.10 \}",
    ),
    ("stat -c '%U:%G %a' /usr/lib/fixtunnel/guard.nft", READABLE),
    ("nft list chain inet fixtunnel leave | grep -c 'ipsec missing'", "1"),
    ("nft list table inet fixtunnel | grep -c 'meta ipsec'", "3"),
    ("nft list ruleset | grep -o '^table.*'", r"table inet fixtunnel \{"),
    # who listens on TCP: the resolver, for this host alone
    ("ss -Hltn | grep -v '127[.]0[.]0[.]5'", ""),
    # state
    ("fixtunnel-status | head -40", r"(?s).*LSE_Proquote.*up.*"),
)


@pytest.mark.parametrize(("command", "printed"), TABLE, ids=[command for command, _ in TABLE])
def test_on_the_gateway(seed: Scene, command: str, printed: str) -> None:
    said = seed.on_gateway(command)
    assert re.fullmatch(printed, said), f"{command} printed:\n{said}"


def test_the_user_data_is_what_was_deployed_byte_for_byte(seed: Scene) -> None:
    assert seed.report.user_data_identical
    assert seed.gateway.read("/var/lib/cloud/instance/user-data.txt").encode() == seed.stage.instance.user_data


HARMLESS = (
    r"^-- ",
    r"SPEC_STORE_BYPASS|Spectre|RETBleed|mitigation|vulnerab",  # the emulated processor
    r"ACPI|acpi|PCI:|pci 0000|i8042|tsc:|kvm|hpet|amd_pstate|nvme",  # the emulated board
    r"kernel: \.{7} failed\.$",  # the emulated board's timer, where the machine is loaded: the kernel takes the next one
    r"calibrate_delay_direct|RAS: Correctable Errors collector",
    r"random: crng|urandom",
    r"libgpg-error",  # a package's name: apt recommends its translations
    r"polkitd.*rules\.d",  # Debian's, whose folders of rules are empty
    r"systemd-ssh-generator",  # Debian 13's, which looks for a hypervisor's socket; no such unit is started
    r"IPTFS .* requires option CONFIG_XFRM_IPTFS",  # an extension of ESP that the kernel has not, and no venue asks for
)
TROUBLE = r"(?i)\b(error|failed|failure|traceback|cannot|denied|refused|warning)\b"


def stray(lines: list[str]) -> list[str]:
    """Lines that tell of trouble and are on no list."""
    return [line for line in lines if re.search(TROUBLE, line) and not any(re.search(ok, line) for ok in HARMLESS)]


def test_the_boot_log_is_clean(seed: Scene) -> None:
    booted = seed.on_gateway(
        "journalctl --boot --no-pager --output=short-monotonic --until=@$(stat -c %Y /var/lib/fixtunnel/signalled)"
    )
    assert booted.count("\n") > 100
    assert stray(booted.splitlines()) == []


def test_the_console_is_clean(seed: Scene) -> None:
    assert stray(seed.gateway.console.read_text(errors="replace").splitlines()) == []


def test_cloud_init_has_nothing_to_complain_of(seed: Scene) -> None:
    said = seed.on_gateway("cloud-init status --long")
    assert re.search(r"^errors: \[\]$", said, re.M), said
    assert re.search(r"^recoverable_errors: \{\}$", said, re.M), said
