"""Routes to the venues' networks, from the address that they know us by.

libreswan would let a script make them at each change of a tunnel, and negotiates nothing while that runs. They can be
there always: what would leave by them outside a tunnel is dropped by the guard.
"""

import json
from collections.abc import Iterable

from fixtunnel.command import Failed, run
from fixtunnel.settings import Settings


def assert_all(settings: Settings) -> None:
    """Make each route, or leave it as it is. OpenSwan's own script makes its own.

    Raises:
        Failed: there is no default route yet, or a route cannot be made.
    """
    if settings.engine == "openswan":
        return
    out = _way_out()
    pairs = sorted({(remote, tunnel.own) for tunnel in settings.tunnels for remote in tunnel.remote})
    # In one process: the watch asserts them now and then, and looks at nothing meanwhile.
    run("ip", "-batch", "-", stdin="".join(f"route replace {remote} {out} src {own}\n" for remote, own in pairs))


# The second chain is for hosts behind this one: before the translation nobody can tell whether a tunnel will take a packet,
# so the watch says which networks are not reached.
_REFUSE = """add chain inet fixtunnel refuse {{ type filter hook output priority filter; }}
flush chain inet fixtunnel refuse
add rule inet fixtunnel refuse ip daddr @remote ip saddr {{ {own} }} rt ipsec missing reject with icmp net-unreachable
add set inet fixtunnel unreached {{ type ipv4_addr; flags interval; }}
add chain inet fixtunnel pass {{ type filter hook forward priority filter; }}
flush chain inet fixtunnel pass
add rule inet fixtunnel pass ip daddr @unreached reject with icmp net-unreachable
"""


def refuse_outside(settings: Settings) -> None:
    """What this host sends while no tunnel takes it is refused, where the guard would swallow it.

    TCP then does not wait ever longer between its attempts (RFC 6069), and a new connection fails at once: a session goes
    on within a second or two of the tunnel.
    """
    own = ", ".join(sorted({tunnel.own for tunnel in settings.tunnels}))
    run("nft", "-f", "-", stdin=_REFUSE.format(own=own))


def refuse_hosts(networks: Iterable[str]) -> None:
    """From now on what hosts behind this one send to these networks is refused, and nothing else."""
    elements = ", ".join(sorted(networks))
    add = f"add element inet fixtunnel unreached {{ {elements} }}\n" if elements else ""
    run("nft", "-f", "-", stdin=f"flush set inet fixtunnel unreached\n{add}")


def _way_out() -> str:
    found = json.loads(run("ip", "-json", "route", "show", "default").stdout or "[]")
    if not found:
        raise Failed("no default route", "the network is not up yet")
    first = found[0]
    return (f"via {first['gateway']} " if "gateway" in first else "") + f"dev {first['dev']}"
