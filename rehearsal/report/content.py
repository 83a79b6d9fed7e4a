"""What a rehearsal showed, typed. Times are seconds, round trips microseconds, counts packets or orders."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Literal


@dataclass(frozen=True, kw_only=True)
class TunnelSeen:
    """One tunnel as the venue's gateway saw it. `local_ts` is the client's encryption domain, `remote_ts` the venue's."""

    name: str
    established: bool
    role: str
    peer: str
    ike: str = ""
    esp: str = ""
    local_ts: tuple[str, ...] = ()
    remote_ts: tuple[str, ...] = ()
    bytes_in: int = 0
    bytes_out: int = 0


@dataclass(frozen=True, kw_only=True)
class Nat:
    """What EC2's edge counted between the gateway and the world."""

    udp500: int
    udp4500: int
    esp_dropped: int
    leaked: int
    refused: int


@dataclass(frozen=True, kw_only=True)
class Fix:
    """The session and every order of it. `lost` were sent and never executed or reported, `duplicated` executed twice."""

    endpoint: str
    logons: int
    orders_sent: int
    reports_received: int
    lost: int
    duplicated: int
    recovered: int
    source_seen: str
    rtt_us: dict[str, int] | None
    tcp_echo_us: dict[str, int] | None
    burst_bytes: int


@dataclass(frozen=True, kw_only=True)
class Step:
    """A step with the seconds that it took; `at` counts from the beginning of the rehearsal."""

    step: str
    seconds: float
    at: float
    by: Literal["rehearsal", "gateway"] = "rehearsal"


@dataclass(frozen=True, kw_only=True)
class Failure:
    """Why it failed: the step, the engine's own words, what they mean, what to do, and where the logs lie."""

    step: str
    cause: str
    words: tuple[str, ...]
    meaning: str
    advice: str
    logs: str


@dataclass(kw_only=True)
class Report:
    """All of it."""

    client: str
    image: str
    verdict: Literal["passed", "failed"] = "failed"
    engine: dict[str, str] = field(default_factory=dict)
    elastic_ip: str = ""
    private_ip: str = ""
    user_data_identical: bool = False
    user_data_bytes: int = 0
    tunnels: list[TunnelSeen] = field(default_factory=list)
    nat: Nat | None = None
    fix: list[Fix] = field(default_factory=list)
    timeline: list[Step] = field(default_factory=list)
    power_on_to_logon_seconds: float | None = None
    failure: Failure | None = None
    differences: list[dict[str, str]] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """For a machine. `fix` is the first session, `fix_sessions` all of them."""
        everything = asdict(self)
        everything["fix_sessions"] = everything["fix"]
        everything["fix"] = everything["fix"][0] if everything["fix"] else None
        return everything
