"""The FIX ports behind the tunnel: each endpoint of the venue has its line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from model.deployment import Connection
from model.diagnosis import FIX_PORTS_TO_VENUE
from model.venue import Endpoint
from ops.doctor.examination import Examination, Probe
from ops.doctor.finding import Broken, Finding
from ops.duration import ago

_RECENT_SECONDS = 150
"""The gateway connects once a minute, while it may: each connection looks like an attempt to log on."""
_MEANING = {
    "refused": "the venue's host answers, but no acceptor listens on the port",
    "timeout": "nothing answers: the venue's firewall, its route back, or the host",
}


def fix_ports(examination: Examination, connection: Connection) -> Iterator[Finding]:
    """Every endpoint that answers; then, as the first that is broken, one that does not. All are tried, but those that are
    not probed."""
    silent: list[tuple[Endpoint, Probe]] = []
    answers = {one.name: _said_by_gateway(examination, connection, one) for one in connection.venue.probed}
    untold = [one for one in connection.venue.probed if not answers[one.name]]
    may_try = examination.probe and not examination.kept
    probes = connect(examination, connection, untold) if untold and may_try else {}
    for endpoint in connection.venue.endpoints:
        if endpoint.why_unprobed:
            yield _finding(connection, endpoint, endpoint.why_unprobed)
            continue
        probe = probes.get(endpoint.name)
        if probe is None:
            not_tried = "not tried: no command reaches the gateway" if examination.kept else "not tried (--no-probe)"
            answered = answers[endpoint.name]
            yield _finding(connection, endpoint, answered or not_tried, asked=bool(answered) or not examination.kept)
            continue
        if probe.outcome == "ok":
            yield _finding(connection, endpoint, f"answers in {probe.milliseconds} ms")
        elif endpoint.role == "disaster-recovery":
            evidence = f"does not answer ({probe.outcome}); many venues open it on the day of the disaster only"
            yield _finding(connection, endpoint, evidence)
        elif closed := _closed(examination, connection):
            yield _finding(connection, endpoint, f"does not answer ({probe.outcome}); {closed}")
        else:
            silent.append((endpoint, probe))
    if silent:
        raise _broken(examination, connection, silent)


def _said_by_gateway(examination: Examination, connection: Connection, endpoint: Endpoint) -> str:
    """What the gateway's own probe found lately; empty where it must be tried."""
    own = examination.seen.tunnels[connection.name].fix_ports.get(endpoint.name)
    late = examination.kept.age if examination.kept else 0
    if not own or not own.up or examination.seen.clock - own.at > _RECENT_SECONDS + late:
        return ""
    return f"answered the gateway in {own.milliseconds:.0f} ms, {examination.seen.clock - own.at} s ago"


def _closed(examination: Examination, connection: Connection) -> str:
    """That the venue is closed, by the hours that the gateway has; empty where it trades, or the gateway has none."""
    session = examination.seen.sessions.get(connection.venue.name)
    if session is None or session.open:
        return ""
    opens = f", and opens in {ago(max(0, session.changes - examination.seen.clock))}" if session.changes else ""
    return f"the venue is closed{opens}"


def _finding(connection: Connection, endpoint: Endpoint, what: str, *, asked: bool = True) -> Finding:
    return Finding(layer="FIX port", tunnel=connection.name, evidence=f"{_where(endpoint)} {what}", asked=asked)


def _where(endpoint: Endpoint) -> str:
    return f"{endpoint.name} ({endpoint.where})"


def _broken(examination: Examination, connection: Connection, silent: list[tuple[Endpoint, Probe]]) -> Broken:
    where = ", ".join(_where(endpoint) for endpoint, _ in silent)
    evidence = [f"{_where(endpoint)}: {_MEANING.get(probe.outcome, probe.outcome)}" for endpoint, probe in silent]
    is_refused = all(probe.outcome == "refused" for _, probe in silent)
    one = len(silent) == 1
    return Broken(
        "FIX port",
        f"the tunnel is up, and {where} {'does' if one else 'do'} not answer",
        side="venue",
        cause=f"fix-port-{'refused' if is_refused else 'silent'}",
        tunnel=connection.name,
        evidence="\n".join(evidence),
        advice="check host and port in the venue file, and session hours; then ask the venue",
        to_venue=FIX_PORTS_TO_VENUE.format(ports=where, source=examination.own(connection)),
    )


def connect(examination: Examination, connection: Connection, endpoints: Sequence[Endpoint]) -> Mapping[str, Probe]:
    """A TCP connection to each of these FIX ports, at once, from the address that the venue knows. The venue may log it."""
    where = [(str(one.host), one.ports.first) for one in endpoints]
    program = (
        "import socket,threading,time\n"
        "said={}\n"
        "def try_(at):\n"
        " t=time.monotonic();r='ok'\n"
        f" try: socket.create_connection(at,5,('{examination.own(connection)}',0)).close()\n"
        " except ConnectionRefusedError: r='refused'\n"
        " except TimeoutError: r='timeout'\n"
        " except OSError as e: r=str(e.strerror or e)\n"
        " said[at]=f'{int(1000*(time.monotonic()-t))} {r}'\n"
        f"all_={where}\n"
        "threads=[threading.Thread(target=try_,args=(at,)) for at in all_]\n"
        "for one in threads: one.start()\n"
        "for one in threads: one.join()\n"
        "for at in all_: print(said.get(at))"
    )
    lines = examination.session.run(f'python3 -c "{program}"').out.splitlines()
    return {one.name: _probe(line) for one, line in zip(endpoints, [*lines, *[""] * len(endpoints)], strict=False)}


def _probe(line: str) -> Probe:
    said = line.split(maxsplit=1)
    if len(said) != 2 or not re.fullmatch("[0-9]{1,9}", said[0]):
        return Probe(outcome="the gateway could not try", milliseconds=0)
    return Probe(outcome=said[1].strip(), milliseconds=int(said[0]))
