"""All attempts against a rehearsed gateway, through its real tunnel: with its rules, and as a proof of each without them."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import IPv4Address

from model.deployment import Connection
from rehearsal.attack.attempts import PORTS, Aim, Attempt, attempts
from rehearsal.attack.packets import inbound
from rehearsal.attack.sender import put_on_wire, send
from rehearsal.fix.inbound import caller_of
from rehearsal.report import AttemptSeen
from rehearsal.world.machine import Machine
from rehearsal.world.network import run
from rehearsal.world.stage import Stage

_RULES = """
table inet witness {
  set entered { type dscp; flags dynamic; size 64; }
  set passed { type dscp; flags dynamic; size 64; }
  chain input {
    type filter hook input priority 300;
    ip dscp != 0 update @entered { ip dscp counter }
  }
  chain forward {
    type filter hook forward priority 300;
    ip dscp != 0 update @passed { ip dscp counter }
  }
}
"""
_COUNTED = re.compile(r"(0x[0-9a-f]+) counter packets (\d+)")
Nft = Callable[[str], str]
"""Runs `nft --numeric -f -` on the gateway on a script, and returns what it prints."""


@dataclass(frozen=True)
class Tally:
    """On a gateway."""

    nft: Nft

    def begin(self) -> None:
        """Count from nothing."""
        self.nft(f"table inet witness\ndelete table inet witness\n{_RULES}")

    def seen(self) -> dict[int, int]:
        """How many packets of each mark entered the gateway or passed it."""
        counts: dict[int, int] = {}
        for name in ("entered", "passed"):
            for mark, packets in _COUNTED.findall(self.nft(f"list set inet witness {name}\n")):
                counts[int(mark, 16)] = counts.get(int(mark, 16), 0) + int(packets)
        return counts


_UNIT = "listeners"
_LISTEN = """
import selectors, socket, sys
look, open_ = selectors.DefaultSelector(), 0
for port in map(int, sys.argv[1:]):
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        s = socket.socket(socket.AF_INET, kind)
        try: s.bind(("0.0.0.0", port))
        except OSError: continue
        if kind == socket.SOCK_STREAM:
            s.listen(); open_ += 1
        look.register(s, selectors.EVENT_READ)
print(open_, flush=True)
open("/run/listeners", "w").write(str(open_))
while True:
    for key, _ in look.select():
        key.fileobj.accept()[0].close() if key.fileobj.type == socket.SOCK_STREAM else key.fileobj.recv(9999)
"""
_CONNECT = """
import selectors, socket, sys, time
source, target, *ports = sys.argv[1:]
look, up = selectors.DefaultSelector(), 0
for port in map(int, ports):
    s = socket.socket(); s.setblocking(False); s.bind((source, 0)); s.connect_ex((target, port))
    look.register(s, selectors.EVENT_WRITE)
end = time.monotonic() + 4
while look.get_map() and time.monotonic() < end:
    for key, _ in look.select(0.2):
        up += not key.fileobj.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        look.unregister(key.fileobj)
print(up)
"""


@contextmanager
def listening(gateway: Machine, ports: Sequence[int]) -> Iterator[int]:
    """Programs that listen on every address of the gateway; on how many TCP ports (the others are taken)."""
    asked = [str(port) for port in ports]
    gateway.run(["/usr/bin/rm", "-f", "/run/listeners"])
    gateway.run(["/usr/bin/systemd-run", "--collect", f"--unit={_UNIT}", "/usr/bin/python3", "-c", _LISTEN, *asked])
    try:
        yield gateway.wait_for(_open, limit=60, what="listeners on the gateway")
    finally:
        gateway.run(["/usr/bin/systemctl", "stop", _UNIT])


def _open(gateway: Machine) -> int | None:
    told = gateway.run(["/usr/bin/cat", "/run/listeners"])
    return int(told.stdout or 0) if not told.status else None


def connected(prefix: Sequence[str], *, source: IPv4Address, target: IPv4Address, ports: Sequence[int]) -> int:
    """To how many ports a connection comes about, from inside a namespace."""
    asked = [str(port) for port in ports]
    return int(run([*prefix, sys.executable, "-c", _CONNECT, str(source), str(target), *asked], limit=60))


_UP_LIMIT = 120.0
_PAST_TUNNELS = 0x42
"""The mark of what a venue's gateway sends outside its tunnels (rehearsal.world.venue)."""
_SETTLE_S = 2.0
_CHAINS = ("prove", "enter", "through")
_SOCKETS = "TCP connections by sockets at the exchange, to listeners on the gateway"


class Siege:
    """One gateway under attack from one of its venues.

    Args:
        connection: the tunnel, which is up.
    """

    def __init__(self, stage: Stage, connection: Connection) -> None:
        self._stage = stage
        self._connection = connection
        self._venue = stage.venue_gateway(connection.name)
        self._tally = Tally(self._nft)
        self._attempts = attempts(self._aim())

    def run(self) -> list[AttemptSeen]:
        """Each attempt, with what got through; the tunnel is up again when it ends."""
        with listening(self._stage.machine, PORTS) as ports:
            closed, sockets = self._attacked(), self._connected()
            with self._open():
                without, found = self._attacked(), self._connected()
        return [
            AttemptSeen(what=_SOCKETS, place="tunnel", packets=ports, through=sockets, without_rules=found),
            *(self._seen(attempt, closed, without) for attempt in self._attempts),
        ]

    def _attacked(self) -> dict[int, int]:
        """What got through, by mark. The tunnel is made new afterwards: our numbers are not those of the venue's side."""
        self._tally.begin()
        for place in ("tunnel", "beside", "host"):
            self._send(place, [packet for one in self._attempts if one.place == place for packet in one.packets])
        time.sleep(_SETTLE_S)
        seen = self._tally.seen()
        self._venue.terminate()
        self._venue.wait_until_up(limit=_UP_LIMIT)
        return seen

    def _send(self, place: str, packets: list[bytes]) -> None:
        if place == "tunnel":
            peer = self._connection.peer.address
            told = self._stage.machine.run(["/usr/bin/ip", "xfrm", "state"]).stdout
            sealed = inbound(told, peer=peer).seal(packets, peer=peer, gateway=self._stage.elastic_ip)
            send(self._venue.namespace, sealed, mark=_PAST_TUNNELS)
        else:
            port = self._stage.port
            put_on_wire(self._stage.edge.namespace, packets, interface=port.tap, mac=port.mac)

    def _connected(self) -> int:
        exchange = self._stage.venues[self._connection.venue.name].exchange
        return connected(exchange.prefix, source=self._aim().venue, target=self._aim().own, ports=PORTS)

    @contextmanager
    def _open(self) -> Iterator[None]:
        """Without the rules that this is about."""
        for chain in _CHAINS:
            self._nft(f"insert rule inet fixtunnel {chain} accept comment siege\n")
        try:
            yield
        finally:
            for chain in _CHAINS:
                listed = self._stage.machine.run(["/usr/sbin/nft", "-a", "list", "chain", "inet", "fixtunnel", chain])
                for handle in re.findall(r"comment \"siege\" # handle (\d+)", listed.stdout):
                    self._nft(f"delete rule inet fixtunnel {chain} handle {handle}\n")

    def _seen(self, attempt: Attempt, closed: dict[int, int], without: dict[int, int]) -> AttemptSeen:
        return AttemptSeen(
            what=attempt.name,
            place=attempt.place,
            packets=len(attempt.packets),
            through=closed.get(attempt.mark, 0),
            without_rules=without.get(attempt.mark, 0),
        )

    def _aim(self) -> Aim:
        stage, connection = self._stage, self._connection
        others = [venue for venue in stage.deployment.venues if venue.name != connection.venue.name]
        endpoint = connection.fix_endpoints[0]
        call = next(iter(connection.tunnel.inbound), None)
        return Aim(
            own=connection.source_address or stage.elastic_ip,
            private=stage.instance.private_ip,
            router=stage.edge.router,
            venue=endpoint.host,
            host=stage.trading_host_address if stage.deployment.client.trading_hosts else None,
            fix_port=endpoint.port,
            other=others[0].fix[0].host if others else None,
            called=call.port if call else 0,
            caller=caller_of(connection, call) if call else None,
        )

    def _nft(self, script: str) -> str:
        done = self._stage.machine.run(["/usr/sbin/nft", "--numeric", "-f", "-"], stdin=script.encode())
        if done.status:
            raise RuntimeError(f"nft on the gateway: {done.stderr.strip()}")
        return done.stdout
