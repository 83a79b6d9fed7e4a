"""The watch: while this instance holds the Elastic IP it keeps one tunnel of each venue up, and says what it sees."""

import base64
import select
import time
from collections.abc import Callable
from typing import Any

from fixtunnel import (
    card,
    connections,
    engine,
    holding,
    metrics,
    operations,
    passage,
    psk,
    repair,
    settings,
    state,
    upgrade,
)
from fixtunnel.child import Child
from fixtunnel.command import Failed
from fixtunnel.contract import Chosen, Watching, said
from fixtunnel.contract_of_pair import PairFacts
from fixtunnel.gate import Gate
from fixtunnel.group import Group
from fixtunnel.incoming import Incoming
from fixtunnel.keeper import Keeper
from fixtunnel.metadata import Metadata, NoAnswer
from fixtunnel.presence import Presence
from fixtunnel.reclaim import Reclaim
from fixtunnel.refused import Refused
from fixtunnel.reporter import Reporter
from fixtunnel.rotation import Rotation, Standing
from fixtunnel.sessions import Sessions
from fixtunnel.sight import Sight
from fixtunnel.traffic import TOLD_WITHIN_SECONDS

PERIOD_SECONDS = 1.0
START_AGAIN_SECONDS = 30.0
TURN_SECONDS = 0.1
"""How soon the watch of one of a pair sees that it has begun or ceased to serve."""
TURNING_SECONDS, TURNING_PERIOD_SECONDS = 15.0, 0.3
"""For so long after that, or until all is up, it looks so often, and says nothing to AWS: hosts wait."""


class Watch:
    """One look after another.

    Args:
        here_card: this instance's network card.
        holds: whether this instance holds the Elastic IP.
        reporter: takes what is said.
        reclaim: has address and routes again where they should be ours.
        pair: how the pair is, where there are two gateways: then its program opens and closes the firewall for IKE.
    """

    def __init__(
        self,
        here: settings.Settings,
        here_card: card.Card,
        *,
        holds: Callable[[], bool],
        reporter: Reporter,
        reclaim: Reclaim,
        pair: Callable[[], PairFacts | None] | None = None,
    ) -> None:
        self._here = here
        self._reclaim = reclaim
        self._pair = pair
        self._holds = holds
        self._reporter = reporter
        self._operations = operations.remembered()
        self._keepers = {tunnel.name: Keeper(here, tunnel, reporter) for tunnel in here.tunnels}
        self._rotations = self._one_for_each_psk(here, reporter)
        venues = dict.fromkeys(tunnel.group for tunnel in here.tunnels)
        self._groups = {venue: Group([one for one in here.tunnels if one.group == venue]) for venue in venues}
        self._sight = Sight(here)
        self._incoming = Incoming(here)
        self._refused = Refused()
        self._presence = Presence(reporter.tell)
        self._sessions = Sessions(reporter.tell)
        self._gate = Gate(here, here_card, is_paired=lambda: self._pair is not None, tell=reporter.tell)
        self._held = False
        self._turning_until = 0.0
        self._engine_answers = True
        self._start_at = 0.0
        self._updates = upgrade.Updates(reporter.tell, pair)
        self._in_vain_since: float | None = None
        self._connections_at = time.monotonic()
        self._knows_connections = True

    @staticmethod
    def _one_for_each_psk(here: settings.Settings, reporter: Reporter) -> dict[str, Rotation]:
        """By the tunnel's name; tunnels with one PSK have one."""
        sharing = {one.name: [other for other in here.tunnels if other.psk_of == one.name] for one in here.tunnels}
        made = {
            one.name: Rotation(one, reporter.tell, others=sharing[one.name]) for one in here.tunnels if not one.psk_of
        }
        return {one.name: made[one.psk_of or one.name] for one in here.tunnels}

    def look(self) -> None:
        """See how things are, do what is needed, write the state."""
        now, held = time.monotonic(), self._holds()
        self._turn(held, now)
        self._gate.keep(self._operations, held=held, now=now)
        self._reclaim.look(held=held, tables=self._operations.route_tables, now=now)
        seen = self._sight.look(now)
        self._mind_engine(seen is not None, now)
        followed = connections.read()
        self._mind_connections(followed is not None, now)
        self._incoming.look(self._operations, followed, now)
        for name, keeper in self._keepers.items():
            keeper.see(seen[name] if seen is not None else None, now, followed)
        self._take_answer(now)
        if held:
            self._keep(now)
        else:
            self._be_silent()
        self._updates.look(in_window=self._operations.may_restart(time.time()), held=held, now=now)
        self._presence.look(now)
        self._write(held)
        self._report(held, now)

    def _turn(self, held: bool, now: float) -> None:
        """One of a pair that has its turn negotiates before all else. The rest was made ready while it stood by."""
        begins, self._held = held and not self._held, held
        if not (self._pair and begins):
            return
        self._turning_until = now + TURNING_SECONDS
        for group in self._groups.values():
            keeper = self._keepers[group.chosen]
            if self._engine_answers and psk.has_value(keeper.tunnel):
                keeper.begin(now)

    def _is_turning(self, now: float) -> bool:
        """Whether it has just got its turn, and not all is up."""
        wanted = [one for one in self._keepers.values() if self._is_wanted(one)]
        return self._held and now < self._turning_until and not all(one.state == "up" for one in wanted)

    @property
    def pause(self) -> float:
        """Seconds until the next look."""
        return TURNING_PERIOD_SECONDS if self._is_turning(time.monotonic()) else PERIOD_SECONDS

    def _mind_engine(self, answers: bool, now: float) -> None:
        """One that died is started again by systemd at once; one that is gone for good, by us."""
        if answers != self._engine_answers:
            self._engine_answers, self._start_at = answers, now + engine.first_start_after(self._here)
            self._reporter.tell(f"the engine {'answers' if answers else 'does not answer'}")
        if not answers and now >= self._start_at:
            self._start_at = now + START_AGAIN_SECONDS
            engine.begin_start(self._here)

    def _mind_connections(self, told: bool, now: float) -> None:
        """Say it if the kernel does not tell of connections; once is nothing."""
        self._connections_at = now if told else self._connections_at
        knows = now - self._connections_at < TOLD_WITHIN_SECONDS
        if knows != self._knows_connections:
            self._knows_connections = knows
            self._reporter.tell(f"the kernel {'tells' if knows else 'does not tell'} of connections")

    def _keep(self, now: float) -> None:
        in_window = self._operations.may_restart(time.time())
        for group in self._groups.values():
            if self._engine_answers:
                self._choose(group, in_window, now)
            else:
                group.rest()
        self._note_vain(now)
        self._tell_hosts(now)
        for name, keeper in self._keepers.items():
            wanted = self._is_wanted(keeper)
            if not keeper.tunnel.psk_of:
                self._rotations[name].look(self._standing(keeper, now), now)
            kin = [one for one in self._keepers.values() if one.tunnel.shares_ike(keeper.tunnel) and one.works(now)]
            keeper.tend(
                wanted=wanted,
                waits_for_psk=not psk.has_value(keeper.tunnel),
                may_restart=self._may_restart(now),
                now=now,
                kin=[one.tunnel for one in kin],
                spares_ike=self._spares_ike(keeper, kin, now),
            )
            if wanted and keeper.works(now):
                may_ask = self._operations.may_trade(keeper.tunnel.group, time.time())
                keeper.probes.begin(self._operations.endpoints_of(keeper.tunnel.group), now, may_ask=may_ask)

    def _note_vain(self, now: float) -> None:
        """Since when tunnels are asked for and none works. One that does proves that the engine does, however silent it is."""
        tries = any(self._is_wanted(one) and psk.has_value(one.tunnel) for one in self._keepers.values())
        if not (tries and self._engine_answers) or any(one.works(now) for one in self._keepers.values()):
            self._in_vain_since = None
        elif self._in_vain_since is None:
            self._in_vain_since = now

    def _may_restart(self, now: float) -> bool:
        """Whether the engine itself may be what is wrong: a venue's standby that had its turn came to nothing either."""
        restarted_at = max(keeper.restarted_at for keeper in self._keepers.values())
        in_vain = 0.0 if self._in_vain_since is None else now - self._in_vain_since
        return in_vain >= repair.RESTART_AFTER and now - restarted_at >= repair.RESTART_EVERY

    @staticmethod
    def _spares_ike(keeper: Keeper, kin: list[Keeper], now: float) -> bool:
        """Whether its IKE SA carries another tunnel too, as production's and the test system's behind one gateway do."""
        if keeper.traffic.is_one_way(now):
            # The IKE SA may be dead, and the child SA of a tunnel that no one uses proves nothing.
            kin = [one for one in kin if one.traffic.is_in_use(now)]
        since = keeper.unanswered_since(now)
        return any(since is None or one.traffic.has_received_since(since) for one in kin)

    def _tell_hosts(self, now: float) -> None:
        """Which networks are not reached: an engine that does not answer may carry all the same, and changes nothing."""
        if not self._engine_answers:
            return
        chosen = [self._keepers[group.chosen] for group in self._groups.values()]
        self._gate.refuse(net for one in chosen if not one.works(now) for net in one.tunnel.remote)

    def _choose(self, group: Group, in_window: bool, now: float) -> None:
        members = [keeper for keeper in self._keepers.values() if keeper.tunnel.group == group.venue]
        before = self._keepers[group.chosen]
        if self._rotations[group.chosen].is_on_trial:
            # The venue may refuse the PSK, and not be silent: the one before is tried again first.
            group.rest()
            return
        changed = group.choose(
            now=now,
            well={keeper.tunnel.name: keeper.serves(now) for keeper in members},
            carried={keeper.tunnel.name: keeper.traffic.is_carried(now) for keeper in members},
            pairs={keeper.tunnel.name: keeper.working_pairs(now) for keeper in members},
            usable={k.tunnel.name: k.seen.phase != "unknown" and psk.has_value(k.tunnel) for k in members},
            in_window=in_window,
        )
        if changed:
            self._reporter.tell(f"{group.venue} now runs over {group.chosen}: {group.why}")
            # Its policies first: two tunnels to the same networks cannot both be up.
            before.give_way()

    def _be_silent(self) -> None:
        self._in_vain_since = None
        # Hosts whose route still leads here are answered; the venue is not.
        self._gate.refuse(net for tunnel in self._here.tunnels for net in tunnel.remote)
        for group in self._groups.values():
            group.rest()
        for keeper in self._keepers.values():
            keeper.be_silent()

    def _report(self, held: bool, now: float) -> None:
        keepers = list(self._keepers.values())
        troubled = held and any(keeper.state not in ("up", "standby") for keeper in keepers)
        # Perhaps a PSK is what is wrong.
        soon = troubled or not all(psk.has_value(k.tunnel) for k in keepers)
        if self._is_turning(now) or not self._reporter.is_due(soon=soon, now=now):
            return
        asked = {
            name: {"arn": one.tunnel.secret, "key": one.tunnel.key, "known": self._known(name, now)}
            for name, one in self._keepers.items()
            if not one.tunnel.psk_of
        }
        # Who does not hold the address is not the client's gateway, and must not speak for it.
        told = self._metrics(keepers, now) if held else []
        if self._reporter.begin(secrets=asked, metrics=told, now=now):
            metrics.take(keepers)
            self._refused.take()
            self._incoming.take()

    def _metrics(self, keepers: list[Keeper], now: float) -> list[dict[str, Any]]:
        return metrics.of(
            self._here.client,
            keepers,
            engine_answers=self._engine_answers,
            agent_runs=self._presence.runs,
            partner=self._pair() if self._pair else None,
            are_dates_known=self._sessions.are_dates_known,
            refused=self._refused.look(),
            calls=self._incoming.answered,
            now=now,
        )

    def _known(self, name: str, now: float) -> list[str]:
        return self._rotations[name].known(self._standing(self._keepers[name], now), may_load=self._may_load())

    def _standing(self, keeper: Keeper, now: float) -> Standing:
        """Of all tunnels that share its PSK: each child SA that is younger shows that the venue agrees."""
        name = keeper.tunnel.name
        sharing = [one for one in self._keepers.values() if name in (one.tunnel.name, one.tunnel.psk_of)]
        return Standing(
            any(self._is_wanted(one) for one in sharing),
            any(one.is_well(now) for one in sharing),
            max(one.seen.added for one in sharing),
            any(one.seen.is_answered for one in sharing),
        )

    def _is_wanted(self, keeper: Keeper) -> bool:
        return keeper.tunnel.name == self._groups[keeper.tunnel.group].chosen

    def _may_load(self) -> bool:
        return not self._operations.psk_in_window or self._operations.may_restart(time.time())

    def _take_answer(self, now: float) -> None:
        answer = self._reporter.answer(now)
        if answer is None:
            return
        if "operations" in answer:
            try:
                self._operate(operations.remember(answer["operations"]))
            except (ValueError, KeyError, TypeError) as error:
                self._reporter.tell(f"the parameter with the operations cannot be read: {error!r}")
        for name, told in answer.get("secrets", {}).items():
            value = base64.b64decode(told["value"]) if "value" in told else None
            standing = self._standing(self._keepers[name], now)
            self._rotations[name].note(told["version"], told.get("no_psk", ""))
            self._rotations[name].take(told["version"], value, standing, may_load=self._may_load())

    def _operate(self, told: operations.Operations) -> None:
        if told != self._operations and told.window and told.window.zone is None:
            self._reporter.tell(f"no time zone {told.window.timezone} here: the restart window never opens")
        is_new, self._operations = told != self._operations, told
        if is_new:
            passage.open_to(self._here, told)

    def _write(self, held: bool) -> None:
        tunnels = {name: keeper.told(self._rotations[name].state) for name, keeper in self._keepers.items()}
        groups: dict[str, Chosen] = {
            venue: {"up": group.chosen, "why": group.why} for venue, group in self._groups.items()
        }
        here: Watching = {
            "state": "holding" if held else "waiting-for-address",
            "engine": "running" if self._engine_answers else "not running",
            "tunnels": tunnels,
            "groups": groups,
            "aws": {**self._reporter.failing, **self._reclaim.failing},
            "connections": self._knows_connections,
        }
        if agent := self._presence.facts:
            here["agent"] = agent
        if self._reclaim.astray:
            here["astray"] = self._reclaim.astray
        if self._pair and (pair := self._pair()):
            here["pair"] = pair
        if sessions := self._sessions.look(self._operations, time.time()):
            here["sessions"] = sessions
        if inbound := self._incoming.told(self._operations):
            here["inbound"] = inbound
        state.write(here)
        self._reporter.keep(here)

    def wait(self, seconds: float) -> None:
        """Wait for the next look; a connect to a FIX port is timed as it is decided. A pair's turn is taken at once."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            left = min(left, TURN_SECONDS) if self._pair else left
            probes = [probe for keeper in self._keepers.values() for probe in keeper.probes.waiting]
            select.select([], [probe.waiting for probe in probes if probe.waiting], [], left)
            for probe in probes:
                probe.look(time.monotonic())
            if self._pair and self._holds() != self._held:
                return


def _instance(metadata: Metadata) -> str:
    try:
        return metadata.get("instance-id") or "gateway"
    except NoAnswer:
        return "gateway"


def main() -> None:
    """Watch until this program shall stop."""
    here = settings.load()
    own = card.load(Metadata())
    reporter = Reporter(here, _instance(Metadata()), Child())
    held = holding.of_pair(own) if here.pair else holding.alone(here, own)
    reclaim = Reclaim(own, Child(), tell=reporter.tell, held=held.address, takes_address=held.pair is None)
    watch = Watch(here, own, holds=held.holds, reporter=reporter, reclaim=reclaim, pair=held.pair)
    while True:
        try:
            watch.look()
        except (Failed, OSError) as failure:
            print(said(str(failure)), flush=True)
        watch.wait(watch.pause)


if __name__ == "__main__":
    main()
