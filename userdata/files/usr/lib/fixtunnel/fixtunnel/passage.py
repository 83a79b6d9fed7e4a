"""What hosts behind the gateway reach: the venues' FIX ports. The rules of the guard's chain `passage`.

They follow the operations, so that another host or port needs no other gateway.
"""

from collections.abc import Iterator

from fixtunnel.command import run
from fixtunnel.operations import Operations
from fixtunnel.settings import Settings

_CHAIN = "inet fixtunnel passage"


def open_to(here: Settings, told: Operations) -> None:
    """Put the rules in force, in place of those of before."""
    run("nft", "-f", "-", stdin=script(here, told))


def script(here: Settings, told: Operations) -> str:
    """The rules, for nft."""
    return f"flush chain {_CHAIN}\n" + "".join(f"add rule {_CHAIN} {rule}\n" for rule in _rules(here, told))


def _rules(here: Settings, told: Operations) -> Iterator[str]:
    """A segment in mid-connection passes as the first does: see guard.nft."""
    if not told.is_known:
        # AWS is away on a first boot: the security group alone says who and which port.
        yield "ip daddr @remote meta l4proto tcp accept"
    if not told.hosts:
        return
    yield f"ip saddr != {{ {', '.join(told.hosts)} }} return"
    for venue, remote in {tunnel.group: tunnel.remote for tunnel in here.tunnels}.items():
        if ports := sorted({endpoint.port for endpoint in told.endpoints_of(venue)}):
            yield f"ip daddr {{ {', '.join(remote)} }} tcp dport {{ {', '.join(map(str, ports))} }} accept"
