"""All attempts against a rehearsed gateway, through its real tunnel: with its rules, and as a proof of each without them."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager

from model.deployment import Connection
from rehearsal.attack.attempts import PORTS, Aim, Attempt, attempts
from rehearsal.attack.listeners import connected, listening
from rehearsal.attack.sealed import inbound
from rehearsal.attack.sender import put_on_wire, send
from rehearsal.attack.witness import Witness
from rehearsal.report import AttemptSeen
from rehearsal.world.stage import Stage

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
        self._witness = Witness(self._nft)
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
        self._witness.begin()
        for place in ("tunnel", "beside", "host"):
            self._send(place, [packet for one in self._attempts if one.place == place for packet in one.packets])
        time.sleep(_SETTLE_S)
        seen = self._witness.seen()
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
        return Aim(
            own=connection.source_address or stage.elastic_ip,
            private=stage.instance.private_ip,
            router=stage.edge.router,
            venue=endpoint.host,
            host=stage.trading_host_address if stage.deployment.client.trading_hosts else None,
            fix_port=endpoint.port,
            other=others[0].fix[0].host if others else None,
        )

    def _nft(self, script: str) -> str:
        done = self._stage.machine.run(["/usr/sbin/nft", "--numeric", "-f", "-"], stdin=script.encode())
        if done.status:
            raise RuntimeError(f"nft on the gateway: {done.stderr.strip()}")
        return done.stdout
