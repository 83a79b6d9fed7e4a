"""What a FIX session is, and how QuickFIX is configured for it (quickfixengine.org, "Configuring QuickFIX")."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

FIX_50_SP2 = "9"  # ApplVerID (tag 1128): what FIXT.1.1 carries


@dataclass(frozen=True, kw_only=True)
class Session:
    """One side of a session. `host` is where an initiator connects; an acceptor listens on every address it has."""

    role: Literal["initiator", "acceptor"]
    begin_string: str
    sender: str
    target: str
    port: int
    folder: str
    host: str = ""
    heartbeat_seconds: int = 30
    source: str = ""
    """From which address an initiator connects; the kernel's choice if empty."""
    resets_on_logon: bool = False
    """Begin at sequence number 1, for an initiator whose store is gone."""

    def settings(self) -> str:
        """QuickFIX's settings file."""
        lines = [
            "[DEFAULT]",
            f"ConnectionType={self.role}",
            "StartTime=00:00:00",
            "EndTime=00:00:00",
            "NonStopSession=Y",
            f"FileStorePath={self.folder}/store",
            f"FileLogPath={self.folder}/log",
            "SocketNodelay=Y",
            "UseDataDictionary=N",
            "[SESSION]",
            f"BeginString={self.begin_string}",
            f"SenderCompID={self.sender}",
            f"TargetCompID={self.target}",
            *(self._initiator() if self.role == "initiator" else self._acceptor()),
            *([f"DefaultApplVerID={FIX_50_SP2}"] if self.begin_string == "FIXT.1.1" else []),
        ]
        return "\n".join(lines) + "\n"

    def _initiator(self) -> tuple[str, ...]:
        return (
            f"SocketConnectHost={self.host}",
            f"SocketConnectPort={self.port}",
            f"HeartBtInt={self.heartbeat_seconds}",
            f"ResetOnLogon={'Y' if self.resets_on_logon else 'N'}",
            *([f"SocketConnectSourceHost={self.source}"] if self.source else []),
            "ReconnectInterval=1",
            "LogoutTimeout=5",
        )

    def _acceptor(self) -> tuple[str, ...]:
        return (f"SocketAcceptPort={self.port}", "SocketReuseAddress=Y")
