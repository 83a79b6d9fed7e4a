"""The gateway itself: its boot, disk and clock, its engine."""

from __future__ import annotations

import re
import time

from model.deployment import Connection
from model.diagnosis import diagnose_boot
from ops.doctor.examination import Examination
from ops.doctor.finding import Broken, Finding
from ops.failure import Failure
from ops.gateway.state import look
from ops.gateway.status import STALE_SECONDS
from ops.gateway.status import standby as said_of
from userdata.contract import BEAT_PORT

_SKEW_SECONDS, _FULL_PERCENT = 240, 97
DISK = "df --output=pcent / | tail -n 1"
_BOOT_JOURNAL = "journalctl --unit=fixtunnel-boot --output=cat --no-pager --lines=12"


def gateway(examination: Examination) -> Finding:
    """Whether the gateway's own program works."""
    try:
        examination.seen = examination.kept.seen if examination.kept else look(examination.session)
    except Failure as failure:
        advice = "look at it: fixtunnel logs"
        raise Broken("gateway", failure.what, side="us", evidence=failure.evidence, advice=advice) from None
    seen = examination.seen
    _disk(examination)
    if not examination.kept and abs(seen.clock - time.time()) > _SKEW_SECONDS:
        what = (
            f"its clock is {seen.clock - int(time.time())} s off: AWS refuses what it signs, and FIX counterparties too"
        )
        advice = "time on AWS comes from 169.254.169.123: systemctl restart systemd-timesyncd on the gateway"
        raise Broken("gateway", what, side="us", cause="clock-wrong", advice=advice)
    if seen.state in _UNREADY:
        raise _unready(examination)
    if seen.state == "waiting-for-address":
        what = "it holds the address, as EC2 says, and its metadata service does not show that"
        advice = "wait a minute; then fixtunnel logs"
        raise Broken("gateway", what, side="aws", cause="waiting-for-address", advice=advice)
    if not examination.kept and seen.clock - seen.written > STALE_SECONDS:
        what = f"its watch has not written for {seen.clock - seen.written} s"
        said = examination.ask("systemctl status fixtunnel-watch --no-pager --lines=8")
        advice = "systemd starts it again by itself; look at its words"
        raise Broken("gateway", what, side="us", cause="watch-dead", evidence=said, advice=advice)
    refused = "".join(f"; AWS does not take or give {part}: {error}" for part, error in seen.aws.items())
    untold = "" if seen.connections else "; its kernel does not tell of connections: one-way traffic is seen after 75 s"
    return Finding(layer="gateway", evidence=f"{seen.state}{untold}{refused}")


_UNREADY = {"booting": "it still boots", "boot-failed": "its boot failed", "unknown": "its program does not run"}


def _unready(examination: Examination) -> Broken:
    seen = examination.seen
    said = examination.ask(_BOOT_JOURNAL)
    found = diagnose_boot([*said.splitlines(), seen.reason])
    return Broken(
        "gateway",
        ": ".join(filter(None, (_UNREADY[seen.state], seen.reason, found.meaning if found else ""))),
        side=found.side if found else "us",
        cause=found.name if found else seen.state,
        evidence=said,
        advice=found.advice if found else "it tries again by itself; look at its words",
    )


def standby(examination: Examination) -> Finding:
    """Whether the other gateway of two could take over. Trading does not need it now."""
    pair = examination.seen.pair
    if pair is None:
        what = "it does not tell of its other gateway"
        advice = "look at its words: journalctl --unit=fixtunnel-pair on the gateway"
        raise Broken("pair", what, side="us", cause="pair-dead", advice=advice)
    if pair.held:
        advice = f"ask who holds it, then: fixtunnel hold {examination.deployment.client.name} --end"
        raise Broken("pair", said_of(pair), side="us", cause="pair-held", advice=advice)
    if not (pair.heard and pair.fit):
        advice = (
            "see in EC2 whether it runs; start it, or look at its console; both are in one security group, which lets UDP "
            f"{BEAT_PORT} pass between them"
        )
        raise Broken("pair", said_of(pair), side="us", cause="partner-lost", advice=advice)
    return Finding(layer="pair", evidence=said_of(pair))


def _disk(examination: Examination) -> None:
    percent = examination.ask(DISK).strip().rstrip("%")
    if re.fullmatch("[0-9]{1,3}", percent) and int(percent) >= _FULL_PERCENT:
        advice = "find what grew: journalctl --disk-usage; du -x / | sort -n | tail on the gateway"
        raise Broken("gateway", f"its disk is {percent} % full", side="us", cause="disk-full", advice=advice)


def astray(examination: Examination) -> Broken:
    """The trading hosts have no way to a venue, whatever the tunnels are. The gateway leads routes, and makes none."""
    return Broken(
        "routes",
        f"no route leads to the gateway for {', '.join(examination.seen.astray)}",
        side="us",
        cause="route-astray",
        evidence="EC2 has no such route, or it leads to what is not of this stack",
        advice="the gateway leads a route that is there; make one that is missing, as the runbook says",
    )


def engine(examination: Examination, connection: Connection) -> Finding:
    """Whether the engine runs, and knows the tunnel."""
    name = connection.name
    found = examination.seen.tunnels.get(name)
    if examination.seen.engine != "running" or (found and found.state == "engine-down"):
        said = examination.ask(
            "journalctl _COMM=pluto --output=cat --no-pager --lines=6; systemctl status ipsec --no-pager --lines=0"
        )
        advice = "the gateway starts it again by itself; if it stays away, look at its words"
        raise Broken("engine", "pluto does not answer", side="us", cause="engine-dead", evidence=said, advice=advice)
    if found is None or found.state == "unknown":
        said = examination.ask("ipsec addconn --config /etc/ipsec.conf --checkconfig 2>&1 | tail -n 6")
        advice = "the engine refuses what is configured; if the files changed since: fixtunnel plan"
        raise Broken(
            "engine",
            "it does not know this tunnel",
            side="us",
            cause="not-loaded",
            tunnel=name,
            evidence=said,
            advice=advice,
        )
    return Finding(layer="engine", tunnel=name, evidence="it runs and knows the tunnel")
