"""What a venue may call: the rules of the guard's chains `called`, `answering` and `calls`.

The kernel decides a translation once, by the first segment of a connection that it sees. After a takeover or a reboot that
may be one in mid-connection, of either side: conntrack takes such a one for new, unless it begins or ends one (SYN of the
other side, FIN, RST). So each direction has its rules, and they agree: whichever segment comes first, the connection is
translated as it was.
"""

from collections.abc import Iterator

from fixtunnel.operations import Inbound, Operations
from fixtunnel.settings import Settings

CALLED, ANSWERING, CALLS = "called", "answering", "calls"
CHAINS = (CALLED, ANSWERING, CALLS)


def rules(here: Settings, told: Operations) -> Iterator[tuple[str, str]]:
    """Each with its chain."""
    for venue, own in {tunnel.group: tunnel.own for tunnel in here.tunnels}.items():
        for one in told.inbound_of(venue):
            yield from _rules(one, own)


def _rules(one: Inbound, own: str) -> Iterator[tuple[str, str]]:
    callers = f"{{ {', '.join(one.callers)} }}"
    called, host = one.called or own, one.host or own
    to = f"ip saddr {callers} ip daddr {host} tcp dport {one.host_port}"
    back = f"ip saddr {host} tcp sport {one.host_port} ip daddr {callers}"
    if (called, one.port) != (host, one.host_port):
        asked = f"meta ipsec exists ip saddr {callers} ip daddr {called} tcp dport {one.port}"
        yield CALLED, f"{asked} dnat ip to {host}:{one.host_port}"
        yield ANSWERING, f"{back} snat ip to {called}:{one.port}"
    yield CALLS, f"meta ipsec exists ct state new,established {to} accept"
    if one.host:
        yield CALLS, f"ct state new,established {back} tcp flags & (syn | ack) != syn accept"
    # The ICMP that a path needs. Where the host's answer came first, guard.nft lets it in.
    about = f"ct original ip saddr {callers} ct original ip daddr {called} ct original proto-dst {one.port}"
    yield CALLS, f"ct state related meta l4proto icmp {about} accept"
