"""Packets of trading hosts through the guard of each combination: the venue would see what the form says.

    hosts' network ── 10.255.0.2 ── 10.255.0.1 ── gateway's network ── nowhere

The guard is the gateway's own. It drops the packets, since no tunnel is up; a chain between translation and drop counts
them by the source address that they have there.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.ops.translations import ELASTIC_IP, TRANSLATIONS, Translation, seen_as

pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="needs root"),
    pytest.mark.skipif(shutil.which("nft") is None, reason="needs nft"),
]
VENUE = "192.0.2.20"
_SEND = f"""
import socket, sys
with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as host:
    host.bind((sys.argv[1], 0)); host.setblocking(False); host.connect_ex(("{VENUE}", 5001))
"""
_GATEWAY = f"""set -eu
unshare --net sleep 60 & hosts=$!
trap "kill $hosts" EXIT
until [ "$(readlink /proc/$hosts/ns/net)" != "$(readlink /proc/$$/ns/net)" ]; do sleep 0.05; done
sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0
ip link add inside type veth peer name outside netns $hosts
ip link add nowhere type veth peer name void
ip addr add 10.255.0.1/30 dev inside; ip addr add {ELASTIC_IP}/32 dev nowhere
ip link set inside up; ip link set nowhere up; ip link set void up; ip route add 192.0.2.0/24 dev nowhere
nft -f "$1"
in_hosts() {{ nsenter --net=/proc/$hosts/ns/net "$@"; }}
in_hosts ip link set lo up; in_hosts ip link set outside up
in_hosts ip addr add 10.255.0.2/30 dev outside; in_hosts ip route add default via 10.255.0.1
python=$2; send=$3; shift 3
for host in "$@"; do
  in_hosts ip addr add "$host/32" dev lo
  in_hosts "$python" -c "$send" "$host"
done
nft list table ip seen
"""


@pytest.mark.parametrize("translation", [one for one in TRANSLATIONS if one.trading_hosts], ids=str)
def test_the_kernel_does_it(translation: Translation, tmp_path: Path) -> None:
    hosts = list(dict.fromkeys(translation.some_hosts()))
    expected = [seen_as(translation, host) for host in hosts]
    rules = tmp_path / "rules.nft"
    rules.write_text(translation.guard(tmp_path) + counters(expected))
    ran = subprocess.run(
        ["unshare", "--net", "sh", "-c", _GATEWAY, "gateway", str(rules), sys.executable, _SEND, *hosts],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    seen = dict(re.findall(r"ip daddr 192.0.2.20 (?:ip saddr )?(.*?)counter packets (\d+)", ran.stdout))
    assert seen == {f"{source} ": str(expected.count(source)) for source in expected} | {"": "0"}


def counters(sources: list[str]) -> str:
    """A chain that counts what has each source address, and what has another one."""
    lines = [f"ip daddr {VENUE} ip saddr {source} counter accept" for source in dict.fromkeys(sources)]
    lines.append(f"ip daddr {VENUE} counter")
    chain = "type filter hook postrouting priority srcnat + 5;"
    return f"table ip seen {{ chain seen {{ {chain}\n" + "\n".join(lines) + "\n}\n}\n"
