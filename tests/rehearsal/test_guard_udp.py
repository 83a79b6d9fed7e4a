"""UDP through the guard: a venue's servers on IKE's own ports, and a feed that is quiet for minutes."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from model.ports import QUIET_MINUTES
from tests.guard import whole_guard
from tests.paths import ROOT
from tests.rehearsal.guarded import HOSTS, NEEDS, OWN, VENUE_HOST, Street, client, running, street

pytestmark = NEEDS
SYSCTL = ROOT / "userdata/files/etc/sysctl.d/60-fixtunnel.conf"
ECHO = """
import socket, sys
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind((sys.argv[1], int(sys.argv[2])))
print("ready", flush=True)
while True:
    said, who = server.recvfrom(99)
    server.sendto(said, who)
"""
ASK = """
import socket, sys
line = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
line.settimeout(2)
line.sendto(b"subscribe", (sys.argv[1], int(sys.argv[2])))
try:
    print(line.recv(99).decode())
except TimeoutError:
    print("nothing")
"""


@pytest.fixture
def feeds(tmp_path: Path) -> Iterator[Street]:
    """Trading hosts, and a venue with feeds on ports that IKE has elsewhere."""
    ports = ("udp/500", "udp/4500", "udp/5000")
    services = ", ".join(f"{{name: feed-{n}, host: {VENUE_HOST}, port: {port}}}" for n, port in enumerate(ports))
    deployment = client(tmp_path, HOSTS, {"services": f"[{services}]"})
    with street(whole_guard(deployment, elastic_ip=OWN)) as made:
        yield made


@pytest.mark.parametrize("port", [500, 4500, 5000])
def test_a_feed_may_have_a_port_of_ikes(feeds: Street, port: int) -> None:
    """The guard keeps IKE from leaving for the venue's gateways; what is in a tunnel goes to the venue's servers."""
    with running(feeds.venue, ECHO, VENUE_HOST, str(port)):
        assert feeds.host.run(sys.executable, "-c", ASK, VENUE_HOST, str(port)) == "subscribe\n"


def test_a_feed_that_is_quiet_for_five_minutes_goes_on(feeds: Street) -> None:
    """As limits.md says: answered at once, and then nothing for a while."""
    for name, value in re.findall(r"^-?(net\.netfilter\.\S+) = (\S+)", SYSCTL.read_text(), re.MULTILINE):
        feeds.gateway.run("sysctl", "-qw", f"{name}={value}")
    with running(feeds.venue, ECHO, VENUE_HOST, "5000"):
        feeds.host.run(sys.executable, "-c", ASK, VENUE_HOST, "5000")
    known = [line for line in feeds.gateway.run("cat", "/proc/net/nf_conntrack").splitlines() if " dport=5000 " in line]
    assert len(known) == 1
    assert int(known[0].split()[4]) > 60 * QUIET_MINUTES - 10, "seconds until it is forgotten"
