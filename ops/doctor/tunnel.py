"""The tunnel: IKE, child SA, selectors, traffic both ways, MTU."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import product

from model.deployment import Connection
from model.diagnosis import ON_STANDBY_TO_VENUE, ONE_WAY_TO_VENUE, PAIR_SILENT_TO_VENUE, diagnose
from ops.doctor.examination import Examination
from ops.doctor.finding import Broken, Finding

_NOT_ASKED = "the engine's words are on the gateway, and no command reaches it; the venue's log has the other half"
POLICIES = (
    "ip xfrm policy list dir out "
    """| awk '$1 == "src" { to[$2] = to[$2] " " $4 } END { for (one in to) print one to[one] }'"""
)
"""A line for each of our networks, with all that it leads to: as much as SSM passes on has room for a thousand pairs."""
CLAMPS = "nft list table inet fixtunnel"
_MOST_OF_AN_ANSWER = 24_000
_NOT_SAID = "the engine has not said why yet: it negotiates; ask again in half a minute"


def ike(examination: Examination, connection: Connection) -> Finding:
    """Whether phase 1 is up."""
    found = examination.seen.tunnels[connection.name]
    if found.child_up or found.ike_up or found.state == "ended-at-once":
        return Finding(layer="IKE", tunnel=connection.name, evidence=f"phase 1 is up ({found.state})")
    raise _broken(examination, connection, "IKE", f"phase 1 is not up ({found.state})")


def child_sa(examination: Examination, connection: Connection) -> Finding:
    """Whether phase 2 is up, for every network of the venue's."""
    found = examination.seen.tunnels[connection.name]
    if found.state == "partly-up":
        lacks = "".join(f"; {lack}" for lack in found.lacks)
        raise _broken(
            examination, connection, "child SA", f"phase 2 is up for some of the pairs of networks only{lacks}"
        )
    if found.child_up:
        age = f", {examination.seen.clock - found.child_sa_since} s old" if found.child_sa_since else ""
        return Finding(layer="child SA", tunnel=connection.name, evidence=f"phase 2 is up{age}")
    raise _broken(examination, connection, "child SA", f"phase 1 is up, phase 2 is not ({found.state})")


def _broken(examination: Examination, connection: Connection, layer: str, what: str) -> Broken:
    name = connection.name
    journal = examination.ask(
        f"journalctl _COMM=pluto --since=-2h --output=cat --no-pager | grep -F '\"{name}' | tail -n 90"
    )
    found = diagnose(journal.splitlines())
    if found is None:
        advice = _NOT_ASKED if examination.kept else _NOT_SAID
        return Broken(layer, what, side="either", tunnel=name, evidence=_last(journal), advice=advice)
    return Broken(
        layer,
        f"{what}: {found.cause.meaning}",
        side=found.cause.side,
        cause=found.cause.name,
        tunnel=name,
        evidence="\n".join(found.evidence),
        advice=found.cause.advice,
        to_venue=found.sentence(examination.facts(connection)),
    )


def _last(journal: str, lines: int = 4) -> str:
    return "\n".join(journal.splitlines()[-lines:])


def selectors(examination: Examination, connection: Connection) -> Finding:
    """Whether the kernel sends what is for the venue through this tunnel, and as whom."""
    if examination.kept:
        return _unasked("selectors", connection)
    said = examination.ask(POLICIES)
    if len(said) >= _MOST_OF_AN_ANSWER:
        what = "the gateway has more policies than SSM passes on"
        return Finding(layer="selectors", tunnel=connection.name, evidence=what, asked=False)
    pairs = {(ours, theirs) for ours, *all_of_them in map(str.split, said.splitlines()) for theirs in all_of_them}
    domain = examination.domain(connection)
    wanted = product(domain, map(str, connection.venue.remote_networks))
    missing = [f"{local} to {remote}" for local, remote in wanted if (local, remote) not in pairs]
    if missing:
        raise Broken(
            "selectors",
            f"the tunnel is up, and no policy leads {', '.join(missing)} into it",
            side="us",
            cause="policy-missing",
            tunnel=connection.name,
            evidence="\n".join(f"{src} -> {dst}" for src, dst in sorted(pairs)),
            advice="ask again in a minute, it may just be renewed; if it stays, restart the engine outside session hours",
        )
    return Finding(
        layer="selectors", tunnel=connection.name, evidence=f"{', '.join(domain)} to each of the venue's networks"
    )


def _unasked(layer: str, connection: Connection) -> Finding:
    return Finding(layer=layer, tunnel=connection.name, evidence="no command reaches the gateway", asked=False)


def traffic(examination: Examination, connection: Connection) -> Finding:
    """Whether what we send is answered."""
    name = connection.name
    found = examination.seen.tunnels[name]
    if found.state == "one-way" or (found.bytes_out and not found.bytes_in):
        raise Broken(
            "traffic",
            f"{found.bytes_out} octets went into the tunnel, {found.bytes_in} came out: what we send is not answered",
            side="venue",
            cause="one-way",
            tunnel=name,
            evidence="; ".join(f"the gateway {what}" for what in found.tried),
            advice="the venue's gateway gets our packets, or drops them; its route or firewall back to us is missing",
            to_venue=ONE_WAY_TO_VENUE.format(**examination.facts(connection)),
        )
    if found.lacks:
        lacks = "; ".join(found.lacks)
        raise Broken(
            "traffic",
            f"the tunnel is up, and {lacks}",
            side="venue",
            cause="pair-silent",
            tunnel=name,
            evidence="; ".join(f"the gateway {what}" for what in found.tried),
            advice="the venue has lost that child SA, or the host behind it is down; the gateway replaces that child SA alone, "
            "twice an hour while it does not help",
            to_venue=PAIR_SILENT_TO_VENUE.format(**examination.facts(connection), lacks=lacks),
        )
    silent = "".join(f"; the venue's host {host} does not answer" for host in found.silent_hosts)
    return Finding(layer="traffic", tunnel=name, evidence=f"{found.bytes_in} octets in, {found.bytes_out} out{silent}")


def mtu(examination: Examination, connection: Connection) -> Finding:
    """Whether full segments fit: the clamp is there, and open connections keep to it."""
    name = connection.name
    if examination.kept:
        return _unasked("MTU", connection)
    wanted = min(one.inner_mtu() for venue in examination.deployment.venues for one in venue.esp.proposals) - 40
    clamps = examination.ask(CLAMPS)
    if f"maxseg size set {wanted}" not in clamps:
        what = f"the firewall does not clamp segments to {wanted} octets: large messages vanish in the tunnel"
        advice = (
            "load it again: systemctl restart fixtunnel-guard on the gateway; every tunnel stands still until the watch has "
            "filled it, about a second, and for as long as fixtunnel-watch does not run"
        )
        raise Broken("MTU", what, side="us", cause="clamp-missing", tunnel=name, evidence=clamps[-400:], advice=advice)
    segments = open_connections(connection)
    open_now = segments and examination.ask(segments)
    large = [int(size) for size in re.findall(r"\bmss:([0-9]{1,9})\b", open_now) if int(size) > wanted]
    if large:
        what = f"a FIX connection has segments of {max(large)} octets, and {wanted} fit into the tunnel"
        advice = "it was opened before the clamp was there: let the FIX engine reconnect, outside session hours"
        raise Broken(
            "MTU", what, side="us", cause="segments-too-large", tunnel=name, evidence=open_now[-400:], advice=advice
        )
    return Finding(layer="MTU", tunnel=name, evidence=f"segments of {wanted} octets at most")


def open_connections(connection: Connection) -> str:
    """The question for the connections to a venue's FIX hosts; empty where it has none."""
    hosts = " or ".join(f"dst {one.host}" for one in connection.venue.endpoints)
    return f"ss --tcp --info --numeric --no-header '{hosts}'" if hosts else ""


def standby(examination: Examination, group: Sequence[Connection]) -> Finding:
    """Of a venue with several gateways, whether the preferred one is in use."""
    active = next(one for one in group if one.is_active)
    venue = active.venue.name
    chosen = examination.seen.chosen.get(venue, active.name)
    if chosen == active.name:
        waiting = ", ".join(one.name for one in group if not one.is_active)
        return Finding(layer="standby", tunnel=active.name, evidence=f"in use; {waiting} waits")
    raise Broken(
        "standby",
        f"trading goes on over {chosen}: {examination.seen.why.get(venue, '')}".rstrip(": "),
        side="venue",
        cause="on-standby",
        tunnel=active.name,
        advice=f"ask the venue about its gateway {active.tunnel.peer}; back to it in the restart window, or when {chosen} fails",
        to_venue=ON_STANDBY_TO_VENUE.format(**examination.facts(active)),
    )
