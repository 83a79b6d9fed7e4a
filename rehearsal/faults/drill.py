"""One fault after another on one boot, each with a session that trades, each measured in the same way."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Literal

from localaws.program import RehearsalFailed
from model.client import Inbound
from model.deployment import Connection
from model.venue import FixEndpoint
from rehearsal.faults import STORE, Desk, Fault, Scene, SceneFailed, Witness, detected_seconds, doctor
from rehearsal.faults.course import course
from rehearsal.faults.speakers import speech
from rehearsal.faults.witness import Saying
from rehearsal.fix.channel import FixError
from rehearsal.fix.engines import Initiator
from rehearsal.fix.inbound import caller_engine, host_engine
from rehearsal.fix.trading import exchange_engine, trader_engine
from rehearsal.report import Course, FaultSeen
from rehearsal.world.machine import Machine
from rehearsal.world.network import Capture
from rehearsal.world.stage import Stage

# A session that was lost connects at TCP's own pace: 1, 3, 7 … 63 s apart.
SETTLE_LIMIT = 180.0
_DOCTOR_LIMIT = 90.0
_UP_LIMIT = 60.0
_PCAP_HEADER = 24
_MOST_ACTIONS = 40
# A file system of its own: a root disk that is full shall be the gateway's trouble, not the trader's.
_MAKE_STORE = f"""set -e
[ -e {STORE}.img ] || {{ fallocate -l 48M {STORE}.img && mkfs.ext4 -q {STORE}.img && sync; }}
mkdir -p {STORE}
mountpoint -q {STORE} || mount -o loop {STORE}.img {STORE}
"""
Settings = Literal["ours", "seed"]


def nobody_comes(_scene: Scene) -> None:
    """No rescue."""


@contextmanager
def drilling(stage: Stage, connection: Connection, call: Inbound | None = None) -> Iterator[Drill]:
    """A desk that trades through one tunnel, and a capture of whatever should not be seen, while it is open.

    Args:
        call: the session is one that the venue begins: its engine has the trader's part, a trading host the exchange's.
    """
    endpoint = connection.fix_endpoints[0]

    def launch(*, resets: bool) -> Initiator:
        if call:
            return caller_engine(stage, connection, call, store="drill/caller", resets_on_logon=resets)
        if not stage.deployment.client.trading_hosts:
            made = stage.machine.run(["/bin/sh", "-c", _MAKE_STORE])
            if made.status:
                raise SceneFailed(f"no place for the trader's store on the gateway: {made.stderr.strip()[-300:]}")
        return trader_engine(
            stage, connection, endpoint, store="drill/trader", guest_store=STORE, resets_on_logon=resets
        )

    acceptor = (
        host_engine(stage, connection, call, store="drill")
        if call
        else exchange_engine(stage, connection, endpoint, store="drill")
    )
    with (
        _others_open(stage, connection, None if call else endpoint),
        _clear_text(stage) as capture,
        Desk(exchange=acceptor, launch=launch) as desk,
    ):
        yield Drill(scene=Scene(stage=stage, connection=connection, desk=desk), capture=capture.path, call=call)


@contextmanager
def _others_open(stage: Stage, drilled: Connection, endpoint: FixEndpoint | None) -> Iterator[None]:
    """Every other endpoint listens too: a closed FIX port would be a trouble of its own, and the doctor's answer.

    An engine listens on every address of its exchange, so one for each port is enough.
    """
    open_ports = {(drilled.venue.name, endpoint.port)} if endpoint else set()
    with ExitStack() as parts:
        for group in stage.deployment.groups.values():
            for other in group[0].fix_endpoints:
                if (place := (group[0].venue.name, other.port)) not in open_ports:
                    open_ports.add(place)
                    parts.enter_context(
                        exchange_engine(stage, group[0], other, store=f"drill-{other.name}", echoes=False)
                    )
        yield


def _clear_text(stage: Stage) -> Capture:
    """What a gateway sends towards a venue's network outside a tunnel, as it leaves its card."""
    networks = " or ".join(f"dst net {network}" for network in stage.deployment.remote_networks)
    return stage.edge.capture(
        stage.run_dir / "clear-text.pcap",
        interface=stage.port.tap,
        expression=f"ether src {stage.instance.mac} and ({networks})",
    )


def _answers(machine: Machine) -> bool:
    return machine.run(["/usr/bin/true"]).status == 0


def _both(first: str, then: str) -> str:
    """What went wrong first is the cause, and stands first."""
    return "; then ".join(filter(None, (first, then)))


class Drill:
    """Plays faults. What an earlier fault left is not counted for a later one."""

    def __init__(self, *, scene: Scene, capture: Path, call: Inbound | None = None) -> None:
        self.scene = scene
        self._about = f"; in {call.name}, which the venue begins" if call else ""
        self._capture = capture
        self._witnesses: list[Witness] = []
        self._lost: set[str] = set()
        self._opinion = ""
        self._began = self._lifted = 0.0
        self._injected_at = time.time()

    def play(
        self, fault: Fault, *, settings: Settings = "ours", rescue: Callable[[Scene], None] = nobody_comes
    ) -> FaultSeen:
        """Inject, hold, lift, wait for recovery; then every order is accounted for.

        Args:
            rescue: what a person does about a tunnel that does not come back by itself.
        """
        seen = FaultSeen(
            number=fault.number,
            name=fault.name,
            what=fault.what + self._about,
            settings=settings,
            goal_seconds=fault.goal,
            todo=fault.todo,
            cannot=fault.cannot(self.scene.stage.deployment),
        )
        return seen if seen.cannot else self._play(fault, seen, rescue)

    def _play(self, fault: Fault, seen: FaultSeen, rescue: Callable[[Scene], None]) -> FaultSeen:
        before = self._count()
        self._opinion = ""
        failure, recovered = self._suffer(fault, asks_doctor=seen.settings == "ours")
        if recovered is None:
            failure = _both(failure, self._attempt(lambda: rescue(self.scene)))
        failure = _both(failure, self._attempt(lambda: self.scene.desk.end(limit=SETTLE_LIMIT)))
        # What nobody recovers from alone is put right first: until then no engine logs on.
        outlasts = fault.outlasts_its_lifting and recovered is None
        if outlasts:
            failure = _both(failure, self._put_right(fault, seen.settings))
            # That may have taken the tunnel down once more: a NAT that has its old port again, say.
            failure = _both(failure, self._attempt(lambda: rescue(self.scene)))
        if self._attempt(self.scene.desk.ask):
            self.scene.desk.relaunch()
        after = self._count()
        sayings = sorted((said for one in self._witnesses for said in one.sayings()), key=lambda said: said.at)
        seen = replace(
            seen,
            **{key: after[key] - before[key] for key in after},  # type: ignore[arg-type]
            **self._astray(),  # type: ignore[arg-type]
            **self._speech(),  # type: ignore[arg-type]
            fix_session_survived=after["relogons"] == before["relogons"] and recovered is not None,
            detected_seconds=detected_seconds(sayings),
            recovered_seconds=recovered,
            silence_seconds=None if fault.relaunches else self.scene.desk.silence,
            load=round(os.getloadavg()[0], 1),
            actions=tuple(str(said) for said in sayings)[:_MOST_ACTIONS],
            course=self._course(sayings),
        )
        if not outlasts:
            failure = _both(failure, self._put_right(fault, seen.settings))
        if recovered is None:
            # TCP may pause for minutes yet. A person would start the FIX engine anew too.
            failure = _both(failure, self._attempt(self.scene.desk.relaunch))
        return replace(seen, failure=failure, doctor=self._opinion)

    def _course(self, sayings: Sequence[Saying]) -> Course | None:
        return course(
            self.scene.desk.moments,
            began=self._began,
            lifted=self._lifted,
            tunnel=self.scene.connection.name,
            sayings=sayings,
        )

    def _put_right(self, fault: Fault, settings: Settings) -> str:
        """What a person does, once the doctor has been asked; what went wrong with it."""
        asked = ""
        if settings == "ours" and fault.outlasts_its_lifting:
            asked = self._attempt(lambda: self._consult(fault))
        return self._attempt(lambda: fault.afterwards(self.scene)) or asked

    @staticmethod
    def _attempt(what: Callable[[], object]) -> str:
        """Do something, and return what went wrong with it: one play that fails must not end the others."""
        try:
            what()
        except RehearsalFailed as error:
            return f"{type(error).__name__}: {error}"[:600]
        return ""

    def _consult(self, fault: Fault) -> None:
        """Let an operator ask the doctor, who must name the cause and the side."""
        if fault.doctor:
            cause, side = fault.doctor
            self._opinion = str(doctor.named(self.scene.stage, cause, side=side, limit=_DOCTOR_LIMIT))

    def _suffer(self, fault: Fault, *, asks_doctor: bool) -> tuple[str, float | None]:
        """What went wrong with the play itself, and the seconds to recovery; None is never."""
        desk = self.scene.desk
        try:
            desk.begin()
            self._witnesses = [Witness(machine) for machine in self.scene.stage.machines]
            for witness in self._witnesses:
                witness.begin()
            self._began = self._lifted = time.monotonic()
            # The trouble of a gateway that nobody trades through would prove nothing: its standby may have its place.
            self.scene.venue.wait_until_up(limit=_UP_LIMIT)
            begun, self._injected_at = time.monotonic(), time.time()
            with fault.happen(self.scene):
                # The doctor is asked within the time that the fault holds: a slow answer would make it a longer silence.
                if asks_doctor and not fault.outlasts_its_lifting:
                    self._consult(fault)
                self.scene.hold(max(0.0, fault.holds - (time.monotonic() - begun) if fault.holds else 0.0))
            self._lifted = time.monotonic()
            if fault.relaunches and not self.scene.stage.deployment.client.trading_hosts:
                return "", self._relaunched(time.monotonic(), fault)
            return "", self._recovered(fault)
        except RehearsalFailed as error:
            return f"{type(error).__name__}: {error}"[:600], None

    def _recovered(self, fault: Fault) -> float | None:
        try:
            return self.scene.desk.steady(limit=fault.limit)
        except FixError:
            return None

    def _relaunched(self, lifted: float, fault: Fault) -> float:
        desk, machine = self.scene.desk, self.scene.machine
        machine.wait_for(_answers, limit=fault.limit, what="the gateway has booted")
        desk.relaunch(limit=fault.limit)
        desk.begin()
        return round(time.monotonic() - lifted, 1)

    def _count(self) -> dict[str, int]:
        account = self.scene.desk.reconciled()
        return {
            "relogons": self.scene.desk.logons,
            "orders_sent": account.sent,
            "orders_duplicated": account.duplicated,
            "orders_late": len(account.late),
            "orders_held": account.held,
            "leaked": self.scene.edge.counters.leaked + (self._capture.stat().st_size > _PCAP_HEADER),
        }

    def _speech(self) -> dict[str, object]:
        """What the venue heard of either gateway, where there are two."""
        stage = self.scene.stage
        if not stage.deployment.client.gateway.standby:
            return {}
        gateways = [ip for one in (stage.instance, stage.second_instance) for ip in one.secondary_ips]
        said = speech(stage.recorded, gateways=gateways, since=self._injected_at)
        return {"esp_seconds": said.esp_seconds, "beside": said.beside}

    def _astray(self) -> dict[str, int]:
        """Orders that were lost since the last time."""
        account = self.scene.desk.reconciled()
        new = set(account.lost) - self._lost
        self._lost |= new
        return {"orders_lost": len(new), "orders_unknown": len(new & set(account.unexecuted))}
