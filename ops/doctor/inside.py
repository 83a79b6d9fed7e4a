"""The gateway itself: its boot, disk and clock, its secrets, its engine."""

from __future__ import annotations

import secrets as randomness
import time
from functools import partial

from model.boot_causes import diagnose_boot
from model.deployment import Connection
from ops.aws import AwsFailure, NotThere
from ops.doctor.finding import Broken, Finding
from ops.doctor.patient import Patient
from ops.failure import Failure
from ops.gateway import look
from ops.psk import digest, digest_command
from ops.status import STALE_SECONDS

_SKEW_SECONDS, _FULL_PERCENT = 240, 97
_BOOT_JOURNAL = "journalctl --unit=fixtunnel-boot --output=cat --no-pager --lines=12"


def gateway(patient: Patient) -> Finding:
    """Whether the gateway's own program works."""
    try:
        patient.seen = look(patient.session)
    except Failure as failure:
        advice = "look at it: fixtunnel logs"
        raise Broken("gateway", failure.what, side="us", evidence=failure.evidence, advice=advice) from None
    seen = patient.seen
    _disk(patient)
    if abs(seen.clock - time.time()) > _SKEW_SECONDS:
        what = (
            f"its clock is {seen.clock - int(time.time())} s off: AWS refuses what it signs, and FIX counterparties too"
        )
        advice = "time on AWS comes from 169.254.169.123: systemctl restart systemd-timesyncd on the gateway"
        raise Broken("gateway", what, side="us", cause="clock-wrong", advice=advice)
    if seen.state in _UNREADY:
        raise _unready(patient)
    if seen.state == "waiting-for-address":
        what = "it holds the address, as EC2 says, and its metadata service does not show that"
        advice = "wait a minute; then fixtunnel logs"
        raise Broken("gateway", what, side="aws", cause="waiting-for-address", advice=advice)
    if seen.clock - seen.written > STALE_SECONDS:
        what = f"its watch has not written for {seen.clock - seen.written} s"
        said = patient.session.run("systemctl status fixtunnel-watch --no-pager --lines=8").out
        advice = "systemd starts it again by itself; look at its words"
        raise Broken("gateway", what, side="us", cause="watch-dead", evidence=said, advice=advice)
    refused = "".join(f"; AWS does not take or give {part}: {error}" for part, error in seen.aws.items())
    return Finding(layer="gateway", evidence=f"{seen.state}{refused}")


_UNREADY = {"booting": "it still boots", "boot-failed": "its boot failed", "unknown": "its program does not run"}


def _unready(patient: Patient) -> Broken:
    seen = patient.seen
    said = patient.session.run(_BOOT_JOURNAL).out
    found = diagnose_boot([*said.splitlines(), seen.reason])
    return Broken(
        "gateway",
        ": ".join(filter(None, (_UNREADY[seen.state], seen.reason, found.meaning if found else ""))),
        side=found.side if found else "us",
        cause=found.name if found else seen.state,
        evidence=said,
        advice=found.advice if found else "it tries again by itself; look at its words",
    )


def _disk(patient: Patient) -> None:
    percent = patient.session.run("df --output=pcent / | tail -n 1").out.strip().rstrip("%")
    if percent.isdecimal() and int(percent) >= _FULL_PERCENT:
        advice = "find what grew: journalctl --disk-usage; du -x / | sort -n | tail on the gateway"
        raise Broken("gateway", f"its disk is {percent} % full", side="us", cause="disk-full", advice=advice)


def secret(patient: Patient, connection: Connection) -> Finding:
    """Whether the secret has a value, and the gateway the same one."""
    name = connection.name
    arn = connection.tunnel.secret.arn if connection.tunnel.secret else patient.stack.secret(name)
    salt = randomness.token_bytes(16)
    try:
        ours = patient.account.secret(arn).use(partial(digest, salt=salt))
        if not patient.account.secret(arn).version():
            ours = None
    except NotThere as failure:
        advice = "restore it, or correct its ARN in the client file"
        raise Broken(
            "secret",
            f"{arn} is not there",
            side="us",
            cause="secret-gone",
            tunnel=name,
            evidence=failure.evidence,
            advice=advice,
        ) from None
    except AwsFailure as failure:
        # Many operators may not read PSKs, and need not.
        return Finding(layer="secret", tunnel=name, evidence=f"not compared: {failure.what}")
    set_it = f"fixtunnel secret set {patient.client} {name}"
    if ours is None:
        raise Broken(
            "secret",
            "it has no value: the tunnel waits for it",
            side="us",
            cause="secret-empty",
            tunnel=name,
            advice=set_it,
        )
    theirs = patient.session.run(digest_command(name, salt)).out.strip()
    _rotating(patient, connection)
    if theirs == ours:
        return Finding(layer="secret", tunnel=name, evidence="the gateway has the PSK of the secret")
    what = "the gateway has no PSK yet" if theirs == "none" else "the gateway still has another PSK than the secret"
    evidence = "\n".join(f"AWS does not take or give {part}: {error}" for part, error in patient.seen.aws.items())
    advice = f"it asks Secrets Manager by itself; if this stays: fixtunnel secret rotate {patient.client} {name}"
    raise Broken("secret", what, side="us", cause="secret-not-taken", tunnel=name, evidence=evidence, advice=advice)


def _rotating(patient: Patient, connection: Connection) -> None:
    seen = patient.seen.tunnels.get(connection.name)
    if seen and seen.psk == "psk-refused":
        raise Broken(
            "secret",
            "the venue does not answer to the newest PSK; the gateway works with the one before",
            side="either",
            cause="psk-refused",
            tunnel=connection.name,
            advice="let the venue take the new one; or go back: "
            f"fixtunnel secret rotate {patient.client} {connection.name} --back",
            to_venue="We have a new pre-shared key for the tunnel from {ours} to {theirs}, and you still have the former "
            "one. When do you change yours?".format(**patient.facts(connection)),
        )


def engine(patient: Patient, connection: Connection) -> Finding:
    """Whether the engine runs, and knows the tunnel."""
    name = connection.name
    found = patient.seen.tunnels.get(name)
    if patient.seen.engine != "running" or (found and found.state == "engine-down"):
        said = patient.session.run(
            "journalctl _COMM=pluto --output=cat --no-pager --lines=6; systemctl status ipsec --no-pager --lines=0"
        )
        advice = "the gateway starts it again by itself; if it stays away, look at its words"
        raise Broken(
            "engine", "pluto does not answer", side="us", cause="engine-dead", evidence=said.out, advice=advice
        )
    if found is None or found.state == "unknown":
        said = patient.session.run("ipsec addconn --config /etc/ipsec.conf --checkconfig 2>&1 | tail -n 6")
        advice = "the engine refuses what is configured; if the files changed since: fixtunnel plan"
        raise Broken(
            "engine",
            "it does not know this tunnel",
            side="us",
            cause="not-loaded",
            tunnel=name,
            evidence=said.out,
            advice=advice,
        )
    return Finding(layer="engine", tunnel=name, evidence="it runs and knows the tunnel")
