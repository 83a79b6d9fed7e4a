"""One examination: of which client, and what has been learned on the way in."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

from model.deployment import Connection, Deployment
from ops.aws import Account, Instance, Stack
from ops.doctor.finding import Broken
from ops.gateway.kept import KeptState
from ops.gateway.session import Session
from ops.gateway.state import Seen
from ops.options import Settings


@dataclass(frozen=True, kw_only=True)
class Probe:
    """One connection to a FIX port. `outcome`: ok, refused, timeout, or the error's own word."""

    outcome: str
    milliseconds: int


@dataclass
class Examination:
    """Of a client. Each layer fills in what the next ones need: until then it must not be asked for.

    `kept` is how the gateway was, where no command reaches it; `unreached` why none does, unless you may not send one.
    `salt` is that of the digests by which PSKs are compared.
    """

    settings: Settings
    deployment: Deployment
    probe: bool = True
    salt: bytes = field(default_factory=lambda: secrets.token_bytes(16))
    account: Account = field(init=False)
    stack: Stack = field(init=False)
    instance: Instance = field(init=False)
    session: Session = field(init=False)
    seen: Seen = field(init=False)
    kept: KeptState | None = None
    unreached: Broken | None = None

    @property
    def client(self) -> str:
        """Its name."""
        return self.deployment.client.name

    def ask(self, command: str) -> str:
        """What a command prints on the gateway; nothing where none reaches it. Raises Unreachable."""
        return "" if self.kept else self.session.run(command).out

    def domain(self, connection: Connection) -> tuple[str, ...]:
        """The networks of our encryption domain, as the engine has them."""
        first = connection.local_network or f"{self.stack.address}/32"
        return tuple(map(str, (first, *connection.more_networks)))

    def own(self, connection: Connection) -> str:
        """The address that the gateway owns in it."""
        return str(connection.source_address or self.stack.address)

    def facts(self, connection: Connection) -> Mapping[str, str]:
        """What a sentence to the venue may name."""
        venue, esp = connection.venue, connection.venue.esp
        return {
            "ours": self.stack.address,
            "our_id": connection.tunnel.local_id or self.stack.address,
            "theirs": str(connection.peer.address),
            "ike": f"IKEv{venue.ike.version} {' or '.join(map(str, venue.ike.proposals))}",
            "esp": f"{' or '.join(map(str, venue.esp.proposals))}, {'with' if venue.esp.pfs else 'without'} PFS",
            "local": ", ".join(self.domain(connection)),
            "remote": ", ".join(map(str, venue.remote_networks)) + (f" ({esp.selector})" if esp.selector else ""),
            "venue_id": connection.peer.identity,
        }
