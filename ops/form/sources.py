"""As which addresses the venue sees us: what the gateway translates, and what it leaves as it is.

One rule of the gateway's firewall decides (`userdata/templates/guard.nft.j2`, chain `translate`): what comes from inside
our encryption domain keeps its address, all else is translated to the address that the gateway owns.
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Network

_TRANSLATED = "{own} (translated by the gateway)"
_KEPT = "each host's own (not translated)"
_GATEWAY = "{own} (the gateway's own, not translated)"


def sources(domain: IPv4Network | None, hosts: tuple[IPv4Network, ...]) -> Iterator[tuple[str, str]]:
    """Whose traffic it is, and as what the venue sees it, with `{own}` for the address that the gateway owns.

    `domain` is our encryption domain, None where it is the Elastic IP: no trading host has an address in that.
    """
    for network in hosts:
        if domain is None or not network.overlaps(domain):
            yield f"our hosts in {network}", _TRANSLATED
        elif network.subnet_of(domain):
            yield f"our hosts in {network}", _KEPT
        else:
            yield f"our hosts in {domain}", _KEPT
            yield f"our other hosts in {network}", _TRANSLATED
    yield ("our gateway's probes" if hosts else "our traffic"), _GATEWAY
