"""One tunnel, looked after: what it carries, what is wrong with it, and what is done about that."""

import time
from collections import deque
from collections.abc import Sequence
from typing import Literal, Protocol

from fixtunnel import engine, repair
from fixtunnel.connections import Connection
from fixtunnel.contract import PskState, TunnelFacts, TunnelState
from fixtunnel.history import History
from fixtunnel.owed import Owed
from fixtunnel.pairs import MOST_TOLD, Pairs
from fixtunnel.probes import Probes
from fixtunnel.settings import Settings, Tunnel
from fixtunnel.sight import Seen
from fixtunnel.storm import Storm
from fixtunnel.traffic import Traffic
from fixtunnel.words import TRIED

GONE = Seen("engine-down")
_WHY = {"mute": "brings nothing back, and no FIX port answers"}


class Telling(Protocol):
    """Takes what is said (`reporter.Reporter`)."""

    def tell(self, text: str) -> None:
        """Say something."""

    def tell_change(self, tunnel: str, state: TunnelState) -> None:
        """Say that a tunnel came into another state."""


class Keeper:
    """Keeps one tunnel. `since` is the Unix time of its state, `restarted_at` when it restarted the engine (monotonic)."""

    def __init__(self, here: Settings, tunnel: Tunnel, reporter: Telling) -> None:
        self.tunnel = tunnel
        self.traffic = Traffic(tunnel.remote, tunnel.local)
        self.probes = Probes(tunnel.own)
        self.seen = GONE
        self.history = History(tunnel.name)
        self.state: TunnelState = "unseen"
        self.since = time.time()
        self.down_seconds = 0.0
        self.restarted_at = float("-inf")
        self._here = here
        self._tell, self._tell_change = reporter.tell, reporter.tell_change
        self._repair = repair.Repair()
        self._storm = Storm()
        self._pairs = Pairs(tunnel)
        self._tried: deque[tuple[int, str]] = deque(maxlen=6)
        self._looked_at: float | None = None
        self._kin: Sequence[Tunnel] = ()
        self._spares_ike = False
        self._owed = Owed()

    def see(self, seen: Seen | None, now: float, connections: Sequence[Connection] | None = None) -> None:
        """Take in one look; None where the engine does not answer, or the kernel does not tell of connections."""
        self.seen = seen or GONE
        if seen is not None:
            probing = bool(self.probes.waiting)
            self.traffic.note(seen, now, connections=connections, own=self.probes.own, probing=probing)
            self._storm.note(seen.newest, seen.children)
        self._owed.note(self.seen, now)
        if self._looked_at is not None and not self.is_well(now):
            self.down_seconds += now - self._looked_at
        self._looked_at = now

    def unanswered_since(self, now: float) -> float | None:
        """Since when the peer owes an answer; None while it does not, or not for long.

        Over IKEv1 it may be silent about what it does not want: that shows nothing.
        """
        return self._owed.since(now) if self.tunnel.ike == 2 else None

    def is_well(self, now: float) -> bool:
        """Whether it is up, and what we send is answered."""
        return self.seen.phase == "up" and not self.traffic.is_one_way(now)

    def works(self, now: float) -> bool:
        """Whether some of it is up and, as far as we see, answered."""
        return self.seen.has_child and not self.traffic.is_one_way(now)

    def working_pairs(self, now: float) -> int:
        """How many of its pairs of networks are up, where it works."""
        up = sum(phase == "up" for _, phase in self.seen.parts)
        return up if self.works(now) else 0

    def serves(self, now: float) -> bool:
        """Whether it keeps its place in its group: all of it is up, or what there is carries a session."""
        return self.is_well(now) or (self.works(now) and self.traffic.is_heard(now))

    def tend(
        self,
        *,
        wanted: bool,
        waits_for_psk: bool,
        may_restart: bool,
        now: float,
        kin: Sequence[Tunnel] = (),
        spares_ike: bool = False,
    ) -> None:
        """Do what is due. One that is not wanted must be down: another one has its place.

        Args:
            kin: the other tunnels that have a child SA on the same IKE SA.
            spares_ike: one of them works, so that must stay whatever is done about this one.
        """
        self._kin, self._spares_ike = kin, spares_ike
        phase = self._phase(now)
        if not wanted or phase not in ("up", "partly-up"):
            self._pairs.rest()
        if phase == "engine-down":
            # Its successor revives nothing of what it had, and counts from 1.
            self._repair, self._storm = repair.Repair(), Storm()
            self._enter(phase)
        elif waits_for_psk:
            self._enter("waiting-for-psk")
        elif not wanted:
            self._stand_by(phase)
        elif self._holds_back(now):
            self._enter("ended-at-once")
        elif self._owed.is_end and not spares_ike:
            self._end_all(now)
        elif phase == "up":
            self._enter("up")
            self._repair.is_well(carried=self.traffic.is_carried(now))
            self._mind_pairs(now)
            if self._is_mute(now):
                self._mend("mute", may_restart, now)
        elif phase == "partly-up":
            self._enter(phase)
            self._mind_pairs(now)
        else:
            self._enter(phase)
            self._mend(phase, may_restart, now)

    def _phase(self, now: float) -> TunnelState:
        if not self.seen.has_child:
            return self.seen.phase
        if self.traffic.is_one_way(now):
            return "one-way"
        return "up" if self.seen.phase == "up" else "partly-up"

    def _holds_back(self, now: float) -> bool:
        """Whether it is left alone for a while, because the peer ends what is agreed: no venue bears that for long."""
        if self._storm.rages:
            pause = self._storm.hold_back(now)
            self._tell(
                f"{self.tunnel.name}: the venue ends each SA as soon as it is there; next attempt in {pause:.0f} s"
            )
            engine.bring_down(self.tunnel, spare_ike=self._spares_ike)
            return True
        return self._storm.holds_back(now) and not self.seen.has_child

    def _is_mute(self, now: float) -> bool:
        """Whether nothing comes through it, though each FIX port was asked: it may go one way only."""
        since = self.traffic.unheard_since(now)
        return since is not None and self.probes.are_unanswered(since)

    def begin(self, now: float) -> None:
        """This instance has just got its turn: negotiate, unless something is under way."""
        if self.seen.phase == "down":
            self._mend("down", False, now)

    def be_silent(self) -> None:
        """This instance must not speak with the venue."""
        self._enter("silent")
        self._repair = repair.Repair()
        self.probes.forget()
        if self._is_begun:
            engine.bring_down(self.tunnel)

    def give_way(self) -> None:
        """Another tunnel of its group takes its place."""
        engine.give_way(self.tunnel, spare_ike=self._spares_ike)

    def _stand_by(self, phase: TunnelState) -> None:
        self._enter("unknown" if phase == "unknown" else "standby")
        self._repair.rest()
        self.probes.forget()
        if self._is_begun:
            self.give_way()

    @property
    def _is_begun(self) -> bool:
        """Whether there is anything of it that could be ended."""
        return self.seen.has_child or self.seen.phase not in ("down", "unknown", "engine-down")

    def _mend(self, phase: TunnelState | Literal["mute"], may_restart: bool, now: float) -> None:
        state = "one-host" if phase == "one-way" and self.traffic.is_of_one_host(now) else phase
        if step := self._repair.next(state=state, progress=self.seen.progress, now=now, may_restart=may_restart):
            # To load it again would end its IKE SA.
            step = repair.AFRESH if step == repair.REPLACE and self._spares_ike and phase != "unknown" else step
            self._tried.append((int(time.time()), step))
            # The first attempts are said: of a long trouble only what is rare.
            if step not in (repair.INITIATE, repair.AFRESH) or len(self._tried) < 3 or phase == "one-way":
                self._tell(f"{self.tunnel.name} {_WHY.get(phase, f'is {phase}')}, so we {TRIED[step]}")
            self._take(step, now)

    def _take(self, step: str, now: float) -> None:
        name = self.tunnel.name
        if step == repair.INITIATE:
            engine.bring_up(name)
        elif step == repair.AFRESH:
            engine.begin_afresh(self.tunnel, kin=self._kin, spare_ike=self._spares_ike)
            self._owed.end(self.seen.children if self._spares_ike else ())
            self.traffic.begin_again(now)
        elif step == repair.REPLACE:
            engine.replace(name)
        elif step == repair.RESTART_ENGINE:
            self.restarted_at = now
            engine.restart(self._here)

    def _end_all(self, now: float) -> None:
        """Its child SAs should have ended, and the IKE SA stayed for others: it proves to be dead."""
        self._tried.append((int(time.time()), repair.AFRESH))
        self._tell(f"{self.tunnel.name}: the IKE SA is not answered, so we end all that is on it and begin again")
        self._take(repair.AFRESH, now)

    def _mind_pairs(self, now: float) -> None:
        """Each pair of networks by itself; whatever ends more would take those that are well with it."""
        name = self.tunnel.name
        missing = {part.removeprefix(name): phase for part, phase in self.seen.parts if phase != "up"}
        self._pairs.note(missing, self.traffic.silent_pairs(now), now)
        # One that owns the IKE SA and has no child SA is shown as far as that. What is under way is the engine's.
        idle = ("down",) if self.seen.is_asking else ("down", "ike")
        for pair in self._pairs.to_ask_for([one for one, phase in missing.items() if phase in idle], now):
            self._tried.append((int(time.time()), repair.INITIATE))
            engine.bring_up(name + pair)
        for pair in self._pairs.to_tell(now):
            self._tell(
                f"{name}: no child SA {self._pairs.words(pair)}, while others are up: the venue refuses it or does not answer; "
                "we ask ever more rarely"
            )
        for pair in self._pairs.to_replace(self.traffic.carried_pairs, now):
            hosts = ", ".join(sorted(self.traffic.silent_pairs(now)[pair]))
            self._tell(
                f"{name}: nothing comes back from {hosts} {self._pairs.words(pair)}, while others are answered: we replace "
                "that child SA alone"
            )
            self._tried.append((int(time.time()), "pair"))
            engine.begin_pair_afresh(name + pair)
            self.traffic.begin_pair_again(pair)

    def _enter(self, state: TunnelState) -> None:
        if state != self.state:
            if state == "up":
                self._tried.clear()
            self.state, self.since = state, time.time()
            self.history.note(state, int(self.since))
            self._tell_change(self.tunnel.name, state)

    def _silent_hosts(self) -> list[str]:
        """Where it is up all the same: a finding about them."""
        hosts = self.traffic.silent_hosts(self._looked_at or 0.0) if self.state in ("up", "partly-up") else ()
        return sorted(hosts)[:MOST_TOLD]

    def told(self, psk: PskState) -> TunnelFacts:
        """For the state file."""
        seen = self.seen
        return {
            "state": self.state,
            "since": int(self.since),
            "active": self.tunnel.active,
            "venue": self.tunnel.group,
            "ike_up": seen.phase == "ike" or seen.has_child,
            "child_sa_since": seen.added or None,
            "bytes_in": seen.bytes_in,
            "bytes_out": seen.bytes_out,
            "fix_ports": self.probes.told(),
            "tried": [{"at": at, "what": TRIED[step]} for at, step in self._tried],
            "psk": psk,
            "changes": self.history.changes,
            "incident": self.history.incident,
            "pairs": self._pairs.told(),
            "silent_hosts": self._silent_hosts(),
        }
