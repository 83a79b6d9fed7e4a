"""What passes between venues and hosts behind the gateway: the venues' ports, and what a venue may call. The rules of the
guard's chains that are empty at first.

They follow the operations, so that another host or port needs no other gateway.
"""

from collections.abc import Iterable, Iterator

from fixtunnel import inbound
from fixtunnel.command import run
from fixtunnel.operations import Operations, Ports
from fixtunnel.settings import Settings

_CHAIN = "passage"


def open_to(here: Settings, told: Operations) -> None:
    """Put the rules in force, in place of those of before."""
    run("nft", "-f", "-", stdin=script(here, told))


def script(here: Settings, told: Operations) -> str:
    """The rules, for nft, which takes all of them in one step or none."""
    rules = [(_CHAIN, rule) for rule in _rules(here, told)] + list(inbound.rules(here, told))
    flushed = "".join(f"flush chain inet fixtunnel {chain}\n" for chain in (_CHAIN, *inbound.CHAINS))
    return flushed + "".join(f"add rule inet fixtunnel {chain} {rule}\n" for chain, rule in rules)


def _rules(here: Settings, told: Operations) -> Iterator[str]:
    """A segment in mid-connection passes as the first does: see guard.nft."""
    if not told.is_known:
        # AWS is away on a first boot: the security group alone says who and which port.
        yield "ip daddr @remote meta l4proto { tcp, udp } accept"
    if not told.hosts:
        return
    yield f"ip saddr != {{ {', '.join(told.hosts)} }} return"
    for venue, remote in {tunnel.group: tunnel.remote for tunnel in here.tunnels}.items():
        for protocol in ("tcp", "udp"):
            if spans := _spans(one for one in told.open_of(venue) if one.protocol == protocol):
                yield f"ip daddr {{ {', '.join(remote)} }} {protocol} dport {{ {', '.join(spans)} }} accept"


def _spans(ports: Iterable[Ports]) -> list[str]:
    """As nft takes them in a set: none overlaps another."""
    apart: list[tuple[int, int]] = []
    for one in sorted(ports):
        if apart and one.first <= apart[-1][1]:
            apart[-1] = (apart[-1][0], max(one.last, apart[-1][1]))
        else:
            apart.append((one.first, one.last))
    return [str(first) if first == last else f"{first}-{last}" for first, last in apart]
