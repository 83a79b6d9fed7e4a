"""What a rehearsal showed, typed. Times are seconds, round trips microseconds, counts packets or orders."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from rehearsal.report.origin import EMULATED, Origin, origin


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
    """A session and every order of it. `lost` were sent and never executed or reported, `duplicated` executed twice.

    `endpoint` is venue/name. Over a standby it is a short one: without figures of time and burst.
    """

    endpoint: str
    tunnel: str
    logons: int
    orders_sent: int
    reports_received: int
    lost: int
    duplicated: int
    recovered: int
    source_seen: str
    rtt_us: dict[str, int] | None
    rtt_histogram: tuple[tuple[int, int], ...] = ()
    """Bounds in microseconds, each with the round trips from the bound before it: see `rehearsal.fix.latency`."""
    tcp_echo_us: dict[str, int] | None
    burst_bytes: int


@dataclass(frozen=True, kw_only=True)
class ServiceSeen:
    """An echo at a port that is not FIX: how many payloads came back, and the median of their round trips."""

    endpoint: str
    tunnel: str
    protocol: str
    echoes: int
    p50_us: int


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


@dataclass(frozen=True, kw_only=True)
class Since:
    """A state that holds from this second to that of the next one."""

    at: float
    state: str


States = tuple[Since, ...]


@dataclass(frozen=True, kw_only=True)
class Course:
    """How a play went. Seconds count from the fault; orders and reports are counted for each second from `begins` on.

    Args:
        lifted: when the fault was lifted.
        tunnel: as the gateway's watch called it.
        tcp: `answers`, or `silent` where an order waited and no report came for over a second.
        fix: `on` or `off`, as the trader's engine called it.
    """

    begins: int
    sent: tuple[int, ...]
    reported: tuple[int, ...]
    lifted: float
    tunnel: States
    tcp: States
    fix: States


@dataclass(frozen=True, kw_only=True)
class FaultSeen:
    """One fault of the table, and what became of the session and of every order.

    Args:
        settings: `ours`, or `seed` for those of the article.
        fix_session_survived: without a new logon.
        orders_lost: sent, and never reported; of these `orders_unknown` never reached the exchange.
        orders_late: sent again after a new logon: at the market of that moment.
        orders_held: due while the session was down, and not sent at all.
        detected_seconds: from the injection to the gateway's first word of it; None if it had none.
        recovered_seconds: from the lifting to the first report of an order sent after it; None is never.
        silence_seconds: the longest time between two reports while it lasted and after: what the trader felt.
        goal_seconds: on a quiet machine; None where none was set.
        esp_seconds: of a pair, from the injection until ESP of the other gateway's went both ways; None if none did.
        beside: packets of one of a pair that the venue heard after the other one had begun to speak.
        leaked: packets for the venue's network outside a tunnel.
        load: of the machine while it ran (1 minute): figures on a busy one are pessimistic.
        cannot: why it was not run; then nothing else says anything.
        doctor: what `fixtunnel doctor` said while it lasted, of a fault that stays until somebody acts.
        todo: what the operator sees and does, where waiting is not enough.
        course: how it went, second by second.
    """

    number: int
    name: str
    what: str
    settings: Literal["ours", "seed"] = "ours"
    fix_session_survived: bool = False
    relogons: int = 0
    orders_sent: int = 0
    orders_lost: int = 0
    orders_unknown: int = 0
    orders_duplicated: int = 0
    orders_late: int = 0
    orders_held: int = 0
    detected_seconds: float | None = None
    recovered_seconds: float | None = None
    silence_seconds: float | None = None
    goal_seconds: float | None = None
    esp_seconds: float | None = None
    beside: int = 0
    leaked: int = 0
    load: float = 0.0
    actions: tuple[str, ...] = ()
    cannot: str = ""
    failure: str = ""
    doctor: str = ""
    todo: str = ""
    course: Course | None = None

    @property
    def is_clean(self) -> bool:
        """Whether no order went astray, nothing leaked, no two gateways spoke, and the scenario was played to its end."""
        astray = self.orders_lost - self.orders_unknown + self.orders_duplicated
        return not (self.failure or astray or self.leaked or self.beside)

    @property
    def misses_goal(self) -> bool:
        """Whether it took longer than its goal for a quiet machine."""
        return (
            bool(self.goal_seconds)
            and not self.cannot
            and (self.recovered_seconds or float("inf")) > (self.goal_seconds or 0)
        )


def fault_seen(row: Mapping[str, Any]) -> FaultSeen:
    """One row of a report.json."""
    course = row.get("course")
    if course:
        bands = {band: tuple(Since(**one) for one in course[band]) for band in ("tunnel", "tcp", "fix")}
        counts = {each: tuple(course[each]) for each in ("sent", "reported")}
        course = Course(**{**course, **bands, **counts})
    return FaultSeen(**{**row, "course": course})


@dataclass(frozen=True, kw_only=True)
class AttemptSeen:
    """Something that was tried against the gateway: how many packets (or connections), and how many got through.

    `without_rules` is what the same came to with the gateway's own rules taken away: where it is nothing, the kernel or the
    tunnel itself refused.
    """

    what: str
    place: Literal["tunnel", "beside", "host"]
    packets: int
    through: int
    without_rules: int


@dataclass(kw_only=True)
class Report:
    """All of it."""

    client: str
    image: str
    origin: Origin = field(default_factory=origin)
    verdict: Literal["passed", "failed"] = "failed"
    engine: dict[str, str] = field(default_factory=dict)
    elastic_ip: str = ""
    private_ip: str = ""
    trading_host: str = ""
    user_data_identical: bool = False
    user_data_bytes: int = 0
    tunnels: list[TunnelSeen] = field(default_factory=list)
    nat: Nat | None = None
    fix: list[Fix] = field(default_factory=list)
    services: list[ServiceSeen] = field(default_factory=list)
    not_tried: dict[str, str] = field(default_factory=dict)
    """What the client's files name and this run did not trade with, each with the reason."""
    timeline: list[Step] = field(default_factory=list)
    power_on_to_logon_seconds: float | None = None
    boots_begun_again: int = 0
    failure: Failure | None = None
    faults: list[FaultSeen] = field(default_factory=list)
    attempts: list[AttemptSeen] = field(default_factory=list)
    differences: list[dict[str, str]] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """For a machine. `fix` is the first session, `fix_sessions` all of them."""
        everything = asdict(self)
        everything["times"] = EMULATED
        everything["fix_sessions"] = everything["fix"]
        everything["fix"] = everything["fix"][0] if everything["fix"] else None
        return everything
