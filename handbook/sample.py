"""A rehearsal's report with invented figures, to show how a report looks. Nothing of it was measured."""

from __future__ import annotations

import math
import random

from rehearsal.fix.latency import bars
from rehearsal.report import (
    AttemptSeen,
    Course,
    FaultSeen,
    Fix,
    Nat,
    Origin,
    Report,
    Since,
    States,
    Step,
    TunnelSeen,
)  # fmt: skip

RATE, GIVEN_UP_S = 10, 45
ORIGIN = Origin(
    made="2026-11-28 18:00:00 UTC",
    version="0.2.0",
    commit="0123456789abcdef0123456789abcdef01234567",
    host="desk (Linux 6.12.48 x86_64, 2 processors, Python 3.11.2)",
)
PROCESSOR = {
    "subject": "processor",
    "on_ec2": "hardware, by Nitro",
    "here": "QEMU, translated",
    "why": "slower; the same kernel and programs",
}


def report() -> Report:
    """Of a client with two gateways of its venue."""
    return Report(
        client="sample-desk",
        image="debian-13",
        origin=ORIGIN,
        verdict="passed",
        engine={"name": "libreswan", "version": "Libreswan 5.2"},
        elastic_ip="203.0.113.1",
        private_ip="10.64.0.68",
        trading_host="10.64.1.10",
        user_data_identical=True,
        user_data_bytes=9002,
        tunnels=[
            _tunnel("Northbridge", "A 198.51.100.20", is_up=True),
            _tunnel("Northbridge_B", "B 198.51.100.21", is_up=False),
        ],
        nat=Nat(udp500=14, udp4500=2409, esp_dropped=0, leaked=0, refused=0),
        fix=[_fix("northbridge/orders", 1), _fix("northbridge/drop-copy", 2)],
        timeline=_timeline(),
        power_on_to_logon_seconds=96.0,
        faults=[
            _fault(1, "venue's daemon killed and started again at once", lasts=0.0, recovers=6.5, goal=10.0),
            _fault(2, "orderly restart of the venue's gateway", lasts=0.0, recovers=0.6, goal=10.0),
            _fault(6, "path black for 20 s", lasts=20.0, recovers=1.3, goal=10.0),
            _fault(6, "path black for 20 s", lasts=20.0, recovers=None, goal=10.0, seed=True),
        ],
        attempts=[
            AttemptSeen(what="TCP to the gateway's port 22", place="tunnel", packets=3, through=0, without_rules=3)
        ],
        differences=[PROCESSOR],
    )


def _tunnel(name: str, peer: str, *, is_up: bool) -> TunnelSeen:
    return TunnelSeen(
        name=name,
        established=is_up,
        role="active" if is_up else "standby",
        peer=peer,
        ike="IKEv2 aes_gcm256-sha2_256;dh19" if is_up else "",
        esp="aes_gcm256" if is_up else "",
        local_ts=("10.90.1.7/32",) if is_up else (),
        remote_ts=("10.210.0.0/24", "10.210.8.0/24") if is_up else (),
    )


def _fix(endpoint: str, seed: int) -> Fix:
    chosen = random.Random(seed)  # noqa: S311  a sample, no secret
    trips = sorted(int(chosen.lognormvariate(math.log(4300), 0.28)) for _ in range(270))
    return Fix(
        endpoint=endpoint,
        tunnel="Northbridge",
        logons=2,
        orders_sent=365,
        reports_received=365,
        lost=0,
        duplicated=0,
        recovered=5,
        source_seen="10.90.1.7",
        rtt_us={"p50": trips[135], "p99": trips[267], "max": trips[-1], "n": len(trips)},
        rtt_histogram=bars([trip * 1000 for trip in trips]),
        tcp_echo_us={"p50": 2100, "p99": 5400, "max": 9000, "n": 90},
        burst_bytes=120_000,
    )


def _timeline() -> list[Step]:
    steps = [
        ("image of debian-13", 21.4, "rehearsal"), ("embedded AWS, bootstrapped", 8.6, "rehearsal"),
        ("cdk deploy, until the instance is there", 6.2, "rehearsal"), ("kernel, systemd, cloud-init", 31.2, "gateway"),
        ("install", 27.1, "gateway"), ("guard", 10.7, "gateway"), ("load tunnels", 4.5, "gateway"),
        ("claim address", 12.8, "gateway"), ("tunnel up, as the venue sees it", 1.2, "rehearsal"),
        ("FIX logon", 2.6, "rehearsal"), ("every order accounted for", 41.0, "rehearsal"),
    ]  # fmt: skip
    at, made = 0.0, list[Step]()
    for step, seconds, by in steps:
        made.append(Step(step=step, seconds=seconds, at=round(at, 1), by="gateway" if by == "gateway" else "rehearsal"))
        at += seconds
    return made


def _fault(
    number: int, what: str, *, lasts: float, recovers: float | None, goal: float, seed: bool = False
) -> FaultSeen:
    silence = lasts + recovers if recovers is not None else 60.0
    end = int(silence) + 12
    return FaultSeen(
        number=number,
        name=f"sample-{number}",
        what=what,
        settings="seed" if seed else "ours",
        fix_session_survived=recovers is not None,
        relogons=0 if recovers is not None else 1,
        orders_sent=(end + 5) * RATE,
        detected_seconds=None if seed else min(4.0, silence / 2),
        recovered_seconds=recovers,
        silence_seconds=silence,
        goal_seconds=goal,
        actions=() if seed else ("+4.0 s Northbridge: down", "+4.1 s Northbridge is down, so we began to negotiate"),
        course=_course(lasts, silence, end, comes_back=recovers is not None),
    )


def _course(lasts: float, silence: float, end: int, *, comes_back: bool) -> Course:
    """What was withheld comes at once when a session comes back; one that does not is given up."""
    seconds = range(-5, end)
    reported = [0 if second >= 0 and (second < silence - 0.5 or not comes_back) else RATE for second in seconds]
    back = _since((min(4.0, silence / 2), "down"), (silence * 0.7, "trying"), (silence * 0.9, "up"))
    if comes_back:
        reported[5 + math.ceil(silence - 0.5)] += int(silence * RATE)
    return Course(
        begins=-5,
        sent=tuple(RATE if comes_back or second < GIVEN_UP_S else 0 for second in seconds),
        reported=tuple(reported),
        lifted=lasts,
        tunnel=_since((-5.0, "up")) + (back if comes_back else ()),
        tcp=_since((-5.0, "answers"), (0.0, "silent")) + (_since((silence, "answers")) if comes_back else ()),
        fix=_since((-5.0, "on")) + (() if comes_back else _since((float(GIVEN_UP_S), "off"))),
    )


def _since(*states: tuple[float, str]) -> States:
    return tuple(Since(at=at, state=state) for at, state in states)
