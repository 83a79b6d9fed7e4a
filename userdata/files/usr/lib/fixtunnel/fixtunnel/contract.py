"""What the gateway's program and everybody else must agree on: names, words, and the files that pass between them.

It is shipped to the gateway, and imported by the stack, the operator's command and the rehearsal (`userdata.contract`), so it
has the standard library only, and nothing else of the program's. A gateway and a command may be of different versions:
a field may be added; a rename is a new field, and the former one stays readable (`tests/unit/gateway/test_contract.py`).
"""

from typing import Any, Literal, NamedTuple, NotRequired, TypedDict

from .contract_of_calls import InboundCall, InboundFacts
from .contract_of_pair import PairFacts, PairSettings

# Names in AWS.


def stack_name(client: str) -> str:
    """The client's stack; its gateway, network and dashboard bear this name too."""
    return f"fixtunnel-{client}"


def operations_parameter(client: str) -> str:
    """The parameter of Systems Manager that the gateway follows in place."""
    return f"/fixtunnel/{client}/operations"


def agent_keys_parameter(client: str) -> str:
    """The parameter of Systems Manager with the keys that verify AWS's agent."""
    return f"/fixtunnel/{client}/agent-keys"


class LogPlace(NamedTuple):
    """A client's log group, and its streams: what the gateway says, and how it is, at each change and each minute."""

    group: str
    said: str
    state: str


def log_place(client: str, named: str | None = None) -> LogPlace:
    """The client's own log group, or its streams in the one that its file names, which others may share."""
    if named:
        return LogPlace(group=named, said=f"fixtunnel/{client}/gateway", state=f"fixtunnel/{client}/state")
    return LogPlace(group=f"/fixtunnel/{client}", said="gateway", state="state")


class Event(TypedDict):
    """The message of an event in the log group, as JSON. `tunnel` and `state`: it came into this state."""

    said: str
    instance: str
    tunnel: NotRequired[str]
    state: NotRequired["TunnelState"]


# Metrics.


def namespace(client: str) -> str:
    """Of a client's metrics: a role can be held to a namespace, not to a dimension, and no gateway speaks for another's."""
    return f"fixtunnel/{client}"


CLIENT, TUNNEL, VENUE, ENDPOINT = "client", "tunnel", "venue", "endpoint"
OF_CLIENT, OF_TUNNEL, OF_ENDPOINT = (CLIENT,), (CLIENT, TUNNEL), (CLIENT, VENUE, ENDPOINT)
"""Dimensions. CloudWatch knows a metric by its name and exactly these."""

ENGINE_RUNNING = "EngineRunning"
AGENT_RUNNING = "AgentRunning"
PARTNER_HEARD = "PartnerHeard"
CALENDAR_KNOWN = "CalendarKnown"
"""1 while the dates of each venue that has some are known for more than two months, else 0."""
UNASKED_PACKETS = "UnaskedPackets"
UNDECRYPTED_PACKETS = "UndecryptedPackets"
TUNNEL_STATE = "TunnelState"
TUNNEL_DOWN_SECONDS = "TunnelDownSeconds"
TUNNEL_DATA_IN = "TunnelDataIn"
TUNNEL_DATA_OUT = "TunnelDataOut"
REKEYS = "Rekeys"
CHILD_SA_AGE_SECONDS = "ChildSaAgeSeconds"
FIX_PORT_UP = "FixPortUp"
FIX_PORT_CONNECT_MS = "FixPortConnectMs"
INBOUND_ANSWERED = "InboundAnswered"
METRICS = {
    ENGINE_RUNNING: OF_CLIENT,
    AGENT_RUNNING: OF_CLIENT,
    PARTNER_HEARD: OF_CLIENT,
    CALENDAR_KNOWN: OF_CLIENT,
    UNASKED_PACKETS: OF_CLIENT,
    UNDECRYPTED_PACKETS: OF_CLIENT,
    TUNNEL_STATE: OF_TUNNEL,
    TUNNEL_DOWN_SECONDS: OF_TUNNEL,
    TUNNEL_DATA_IN: OF_TUNNEL,
    TUNNEL_DATA_OUT: OF_TUNNEL,
    REKEYS: OF_TUNNEL,
    CHILD_SA_AGE_SECONDS: OF_TUNNEL,
    FIX_PORT_UP: OF_ENDPOINT,
    FIX_PORT_CONNECT_MS: OF_ENDPOINT,
    INBOUND_ANSWERED: OF_ENDPOINT,
}
"""Every metric with its dimensions."""

# The boot: the time that it has, what the console shows of it, and what the state file says meanwhile.

SIGNAL_SECONDS = 900
"""So long CloudFormation waits for the signal, counted from RunInstances, which is some 25 s before the kernel begins."""
CLAIM_SECONDS = 690
"""No claim begins later than this after the launch: what follows it has limits too, and CloudFormation must hear how it ended."""
START_SECONDS = 640
"""So long `fixtunnel-start` tries to get packages and program. It runs before this file is there, so a test holds it to this."""
BEGAN_FILE = "/var/lib/fixtunnel/began"
"""When the first boot began (Unix time), for boots after a power cut."""

CHECK_ADDRESSES = "check addresses"
GUARD = "guard"
INSTALL_ENGINE = "install engine"
CHECK_ENGINE = "check engine"
OWN_ADDRESSES = "own addresses"
FETCH_SECRETS = "fetch secrets"
LOAD_TUNNELS = "load tunnels"
INSTALL_AGENT = "install agent"
CLAIM_ADDRESS = "claim address"
BOOT_STEPS = (
    CHECK_ADDRESSES,
    GUARD,
    INSTALL_ENGINE,
    CHECK_ENGINE,
    OWN_ADDRESSES,
    FETCH_SECRETS,
    LOAD_TUNNELS,
    INSTALL_AGENT,
    CLAIM_ADDRESS,
)
INSTALL, FETCH = "install", "fetch"
"""The steps before these, of `fixtunnel-start`: it runs before this file is there, so a test holds it to them."""
BOOT_UNIT, WATCH_UNIT = "fixtunnel-boot.service", "fixtunnel-watch.service"
UPGRADE_UNIT = "fixtunnel-upgrade.service"
AGENT_UNIT = "fixtunnel-agent.service"


def said(text: str) -> str:
    """A line of the gateway's program in its journal, and on the console."""
    return f"fixtunnel: {text}"


STEP_LINES = {said(step): step for step in (INSTALL, FETCH, *BOOT_STEPS)}
"""How a boot tells of each step as it begins. Whatever else it says tells of trouble."""


# The state file.

STATE_FILE = "/run/fixtunnel/state.json"
GatewayState = Literal["booting", "boot-failed", "waiting-for-address", "holding"]
TunnelState = Literal[
    "up",
    "partly-up",
    "one-way",
    "ike",
    "ended-at-once",
    "trying",
    "down",
    "standby",
    "silent",
    "unknown",
    "engine-down",
    "waiting-for-psk",
    "unseen",
]
PskState = Literal[
    "current",
    "on-trial",
    "untried",
    "waiting-for-window",
    "psk-refused",
    "key-needed",
    "key-missing",
    "key-not-text",
    "not-an-object",
]
EngineState = Literal["running", "not running"]


def changed(tunnel: str, state: TunnelState) -> str:
    """How the journal tells that a tunnel came into another state."""
    return f"{tunnel}: {state}"


class Change(TypedDict):
    """A tunnel came into another state (Unix time)."""

    at: int
    state: TunnelState


class Incident(TypedDict):
    """A tunnel was up, and at `at` was not (Unix time). `until` is when it was up again, null while it is not."""

    at: int
    state: TunnelState
    until: int | None


class FixPort(TypedDict):
    """The last connect to a FIX endpoint: whether and when (Unix time) it was answered. `up` is null before the first."""

    host: str
    port: int
    up: bool | None
    ms: float
    at: int


class Tried(TypedDict):
    """A repair, in words, and its Unix time."""

    at: int
    what: str


class Pair(TypedDict):
    """One of a tunnel's pairs of networks that is `down`, or `unanswered`: it sends and hears nothing, from these hosts."""

    ours: str
    theirs: str
    state: str
    hosts: list[str]


class TunnelFacts(TypedDict):
    """One tunnel. `since` is its state's, `child_sa_since` its youngest child SA's Unix time; `changes` the last ones.

    `pairs` are those of its pairs of networks that are not as they should be, where others are; `silent_hosts` the hosts behind
    the peer that do not answer, though the tunnel is up.
    """

    state: TunnelState
    since: int
    active: bool
    venue: str
    ike_up: bool
    child_sa_since: int | None
    bytes_in: int
    bytes_out: int
    fix_ports: dict[str, FixPort]
    tried: list[Tried]
    psk: PskState
    changes: list[Change]
    incident: Incident | None
    pairs: NotRequired[list[Pair]]
    silent_hosts: NotRequired[list[str]]


class Chosen(TypedDict):
    """The tunnel that a venue runs over, and why it is that one."""

    up: str
    why: str


class AgentFacts(TypedDict):
    """AWS's agent for sessions (SSM): whether it runs, since when (Unix time), and why it does not."""

    running: bool
    since: int
    why: str


class VenueSession(TypedDict):
    """Whether a venue trades, the Unix time at which that changes (null: not within 60 days), and the last day of its dates."""

    open: bool
    changes: int | None
    dates_until: str | None


class Booting(TypedDict):
    """The state file during the boot: the step, or why it failed."""

    time: NotRequired[int]
    state: GatewayState
    step: NotRequired[str]
    reason: NotRequired[str]
    detail: NotRequired[str]


class Watching(TypedDict):
    """The state file once the watch runs. `time` is when it was written; `aws` what AWS does not take or give, and why.

    `connections` is whether the kernel tells of them: without that, one-way traffic is seen later. `astray`: the trading
    hosts' routes that do not lead here though they should, as `NETWORK in TABLE`. `sessions`: of the venues whose hours it knows.
    """

    time: NotRequired[int]
    state: GatewayState
    engine: EngineState
    tunnels: dict[str, TunnelFacts]
    groups: dict[str, Chosen]
    aws: dict[str, str]
    connections: bool
    agent: NotRequired[AgentFacts]
    astray: NotRequired[list[str]]
    pair: NotRequired[PairFacts]
    sessions: NotRequired[dict[str, VenueSession]]
    inbound: NotRequired[dict[str, dict[str, InboundFacts]]]


class Kept(TypedDict):
    """The message of an event in the stream `LogPlace.state`, as JSON: a gateway's state file, without its tunnels' `changes`."""

    instance: str
    state: Booting | Watching


# What the deployment tells the gateway.

SETTINGS_FILE = "/etc/fixtunnel/gateway.json"
LEFT_FILE = "/etc/fixtunnel/left.conf"
"""The engine's own end of every tunnel. The gateway writes it: EC2 chooses its private addresses at launch."""


class StoredFile(TypedDict):
    """A file in S3, with the SHA-256 that it must have."""

    bucket: str
    key: str
    sha256: str


class TunnelSettings(TypedDict):
    """A tunnel. `group` is its venue, `own` the address that the gateway owns, `secret` an ARN, `key` where in it the PSK is.

    The ids are as the engine's files have them, `left_id` where ours is not the Elastic IP. `local` are our networks where there
    are several.
    """

    name: str
    peer: str
    right_id: str
    own: str
    remote: list[str]
    ike: int
    group: str
    active: bool
    secret: str
    key: NotRequired[str]
    left_id: NotRequired[str]
    local: NotRequired[list[str]]


class GatewaySettings(TypedDict):
    """The settings, in user data: another value is another gateway. `allocation` is the Elastic IP's; `log_group` is the
    firm's, where the client's file names one."""

    client: str
    stack: str
    resource: str
    region: str
    elastic_ip: str
    allocation: str
    engine: str
    program: StoredFile
    package: StoredFile | None
    log_group: NotRequired[str]
    tunnels: list[TunnelSettings]
    pair: NotRequired[PairSettings]


class VenueHours(TypedDict):
    """When a venue trades (`hours.py`). Minutes are of the wall clock of `timezone`.

    `week`: of each span the minute of the week at which it begins, Monday 00:00 being 0, and how many it lasts; `away` the same
    of its maintenance, by time zone. `closed`: dates. `special`: a date, and the minutes of that day at which trading begins and
    ends. `until`: the last day of which the dates are known, null without dates.
    """

    timezone: str
    week: list[list[int]]
    away: list[list[Any]]
    closed: list[str]
    special: list[list[Any]]
    until: str | None


class Operations(TypedDict):
    """The text of the parameter, followed in place. An endpoint is a name, a host and a port.

    `route_tables`: the trading hosts', whose routes to the venues lead to the gateway. `hours`: of each venue whose hours are
    more than one session on some days of the week. `inbound`: what each venue calls (`InboundCall`). `unprobed`: the
    ports of each venue that hosts reach and the gateway does not connect to, such as `443`, `20-21` and `udp/5000`.
    """

    restart_window: dict[str, Any]
    psk_rotation: Literal["at-once", "in-window"]
    trading_hosts: list[str]
    route_tables: list[str]
    fix: dict[str, list[Any]]
    endpoints: dict[str, list[list[Any]]]
    hours: NotRequired[dict[str, VenueHours]]
    inbound: NotRequired[dict[str, list[InboundCall]]]
    unprobed: NotRequired[dict[str, list[str]]]
