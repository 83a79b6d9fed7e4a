"""A stand-in for the gateway and for EC2's edge, so that the venue can be tried without booting a machine.

    client 10.64.0.10 ── edge (1:1 NAT to 203.0.113.7, no ESP) ══ venue's gateways

The client is a second strongSwan; what it is told is written here by hand, not taken from the venue's renderer.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import Self

from ruamel.yaml import YAML

from model.venue import Peer, Venue
from rehearsal.world.network import Namespace, link
from rehearsal.world.venue import VenueError
from rehearsal.world.venue.charon import Charon

ELASTIC_IP = IPv4Address("203.0.113.7")
PRIVATE = "10.64.0.10"

STRONGSWAN_CONF = """
charon-systemd {{
  load_modular = no
  load = random nonce openssl aes sha1 sha2 hmac gcm gmp kdf kernel-libipsec kernel-netlink socket-default vici
  retransmit_timeout = 0.5
  retransmit_tries = 2
  filelog {{
    client {{
      path = {folder}/charon.log
      flush_line = yes
      default = 1
    }}
  }}
  journal {{
    default = -1
  }}
  plugins {{
    vici {{
      socket = unix://{folder}/charon.vici
    }}
    kernel-libipsec {{
      allow_peer_ts = yes
    }}
    kernel-netlink {{
      fwmark = !0x42
    }}
    socket-default {{
      fwmark = 0x42
    }}
  }}
}}
"""

CONNECTION = """
connections {{
  {name} {{
    version = {version}
    local_addrs = 10.64.0.10
    remote_addrs = {peer}
    proposals = {ike}
    keyingtries = 1
    mobike = no
    local {{
      auth = psk
      id = {identity}
    }}
    remote {{
      auth = psk
      id = {peer}
    }}
    children {{
      {name} {{
        local_ts = {network}
        remote_ts = {remote}
        esp_proposals = {esp}
      }}
    }}
  }}
}}
secrets {{
  ike-{name} {{
    id = {peer}
    secret = "{psk}"
  }}
}}
"""


def two_gateways() -> Venue:
    """The article's venue, with a second gateway."""
    source = Path(__file__).parents[2] / "venues/lse-proquote.yaml"
    venue = Venue.model_validate(YAML(typ="safe").load(source.read_text()))
    second = Peer(address=IPv4Address("198.51.100.11"))
    return venue.model_copy(update={"peers": venue.peers.model_copy(update={"B": second})})


class StandInClient:
    """A client whose every term can be wrong."""

    def __init__(self, *, namespace: Namespace, folder: Path) -> None:
        self.namespace = namespace
        self._folder = folder
        self._charon = Charon(namespace=namespace, folder=folder)

    def __enter__(self) -> Self:
        (self._folder / "etc/swanctl/conf.d").mkdir(parents=True)
        (self._folder / "etc/strongswan.conf").write_text(STRONGSWAN_CONF.format(folder=self._folder))
        (self._folder / "etc/swanctl/swanctl.conf").write_text("include conf.d/*.conf\n")
        self._charon.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._charon.stop()

    def knows(self, name: str, *, peer: str, psk: str, **terms: str) -> None:
        """Load a connection; terms default to those of the article's venue."""
        usual = {
            "version": "1",
            "ike": "aes192-sha1-modp2048",
            "esp": "aes192-sha1-modp2048",
            "identity": str(ELASTIC_IP),
            "network": f"{ELASTIC_IP}/32",
            "remote": "192.0.2.0/24",
        }
        text = CONNECTION.format(name=name, peer=peer, psk=psk, **(usual | terms))
        (self._folder / f"etc/swanctl/conf.d/{name}.conf").write_text(text)
        self._charon.load()

    def also(self, name: str, child: str, *, remote: str, esp: str) -> None:
        """Load another child of a connection that it knows."""
        path = self._folder / f"etc/swanctl/conf.d/{name}.conf"
        own = f"local_ts = {ELASTIC_IP}/32"
        more = (
            f"      {child} {{\n        {own}\n        remote_ts = {remote}\n        esp_proposals = {esp}\n      }}\n"
        )
        path.write_text(path.read_text().replace("    children {\n", f"    children {{\n{more}"))
        self._charon.load()

    def up(self, name: str) -> None:
        """Bring a tunnel up, or raise with charon's words."""
        self._charon.command("initiate", {"child": name, "timeout": "15000"})

    def down(self, name: str) -> None:
        """Take a tunnel down, whether or not the venue still answers, or it was up at all."""
        with suppress(VenueError):
            self._charon.command("terminate", {"ike": name, "force": "yes", "timeout": "1000"})


@contextmanager
def edge_and_client(*, run_id: str, own: IPv4Network, peers: dict[str, str]) -> Iterator[Namespace]:
    """The client's namespace, behind the NAT; the peers' namespaces (by name: their address) are made as well.

    `own` is the encryption domain: the client's namespace holds its first address.
    """
    with ExitStack() as stack:
        edge = stack.enter_context(Namespace(f"ft{run_id}-edge"))
        client = stack.enter_context(Namespace(f"ft{run_id}-client"))
        _join((edge, client), ("inside", "eth0"), ("10.64.0.1/26", f"{PRIVATE}/26"))
        client.ip("route", "add", "default", "via", "10.64.0.1")
        client.ip("address", "add", f"{own[0]}/32", "dev", "lo")
        for number, (name, address) in enumerate(peers.items()):
            peer = stack.enter_context(Namespace(name))
            _join((edge, peer), (f"peer{number}", "wan"), (f"100.65.{number}.1/30", f"100.65.{number}.2/30"))
            peer.ip("address", "add", f"{address}/32", "dev", "lo")
            peer.ip("route", "add", str(ELASTIC_IP), "via", f"100.65.{number}.1", "src", address)
            edge.ip("route", "add", address, "via", f"100.65.{number}.2")
        edge.set(net__ipv4__ip_forward="1")
        edge.run("nft", "-f", "-", stdin=NAT)
        yield client


NAT = f"""
table ip edge {{
  chain in {{ type nat hook prerouting priority -100; ip daddr {ELASTIC_IP} dnat to {PRIVATE}; }}
  chain out {{ type nat hook postrouting priority 100; ip saddr {PRIVATE} snat to {ELASTIC_IP}; }}
  chain forward {{ type filter hook forward priority 0; ip protocol {{ 50, 51 }} drop; }}
}}
"""


def _join(ends: tuple[Namespace, Namespace], names: tuple[str, str], addresses: tuple[str, str]) -> None:
    link(ends=ends, names=names)
    for space, name, address in zip(ends, names, addresses, strict=True):
        space.ip("address", "add", address, "dev", name)
