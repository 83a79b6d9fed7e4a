"""What goes through one tunnel, over time: whether it is carried, and whether it goes one way only."""

from collections.abc import Iterable, Mapping, Sequence

from fixtunnel.connections import Connection, Ends
from fixtunnel.sight import ChildSa, ChildSas, Seen
from fixtunnel.silence import SILENT_SECONDS, Talks, Wait

__all__ = ["SILENT_SECONDS", "Traffic"]

CARRIED_WITHIN_SECONDS = 15.0
TOLD_WITHIN_SECONDS = 60.0
HEARD_WITHIN_SECONDS = 75.0
"""A FIX session at rest says something every 30 s, and is given up after 72: so long, and no one trades through it."""


class Traffic:
    """Looks at the counters of one tunnel, which a rekey begins again, and at the connections to its remote networks."""

    def __init__(self, remote: Iterable[str] = (), local: Iterable[str] = ()) -> None:
        self._before: ChildSas = {}
        self._wait = Wait()
        self._waits: dict[str, Wait] = {}
        self._talks = Talks(remote, local)
        self._told_at = float("-inf")
        self._received_at = float("-inf")
        self._looked_at: float | None = None
        self.has_carried = False
        self._began_at = float("-inf")
        self.bytes_in = 0
        self.bytes_out = 0
        self.rekeys = 0

    def note(
        self,
        seen: Seen,
        now: float,
        *,
        connections: Sequence[Connection] | None = None,
        own: frozenset[Ends] = frozenset(),
        probing: bool = False,
    ) -> None:
        """One look. `bytes_in`, `bytes_out` and `rekeys` add up until `take`.

        Args:
            connections: of the whole gateway; None where the kernel does not tell of them.
            own: our probe's connects, which are no traffic.
            probing: whether one is under way.
        """
        before = now if self._looked_at is None else self._looked_at
        through = self._since_before(seen.children)
        came, went = (sum(octets) for octets in zip(*through.values(), strict=True)) if through else (0, 0)
        renewed = self._renewed(seen.children)
        self.bytes_in += came
        self.bytes_out += went
        self.rekeys += renewed
        if connections is not None:
            self._told_at = now
            self._talks.note(connections, own, now, before)
        # Our own probe is no traffic. Where connections are not shown, what goes out beside it may be the probe's.
        is_traffic = self._talks.wait if self._knows_talks(now) else not probing
        self._wait.note(sent=went > 0 and is_traffic, heard=came > 0, now=now, before=before)
        self._note_pairs(through, now, before)
        if renewed or not seen.has_child:
            self.begin_again(now, carried=self.has_carried and seen.has_child)
        if came:
            self._received_at, self.has_carried = now, True
        # A tunnel that is down keeps its last child SAs: coming up again counts as a rekey.
        self._before = seen.children or self._before
        self._looked_at = now

    def _note_pairs(self, through: Mapping[str, tuple[int, int]], now: float, before: float) -> None:
        """Each by itself: what one hears says nothing of another."""
        self._waits = {pair: self._waits.get(pair) or Wait() for pair in through}
        for pair, (came, went) in through.items():
            is_traffic = went > 0 and self._talks.waits_on(pair)
            self._waits[pair].note(sent=is_traffic, heard=came > 0, now=now, before=before)

    def begin_again(self, now: float, *, carried: bool = False) -> None:
        """Other SAs: no one has waited for an answer through them yet. A rekey does not undo that the tunnel carried."""
        self._wait, self._waits, self.has_carried, self._began_at = Wait(), {}, carried, now
        if not carried:
            # What came before the repair is no proof of it.
            self._received_at = float("-inf")
        self._talks.begin_again()

    def begin_pair_again(self, pair: str) -> None:
        """Its child SA is replaced: no one has waited for an answer through that one yet."""
        self._waits[pair] = Wait()
        self._talks.begin_again(pair)

    def _since_before(self, children: ChildSas) -> dict[str, tuple[int, int]]:
        """What came and went through each pair. Every child SA counts: after a rekey a peer may send on the one that was
        replaced until that ends."""
        nothing = ChildSa("", 0)
        through: dict[str, tuple[int, int]] = {}
        for name, child in children.items():
            before = self._before.get(name, nothing)
            before = before if before.added == child.added else nothing
            came, went = through.get(child.part, (0, 0))
            came += max(0, child.bytes_in - before.bytes_in)
            through[child.part] = came, went + max(0, child.bytes_out - before.bytes_out)
        return through

    def _renewed(self, children: ChildSas) -> int:
        """1 if a network's child SA was replaced by a younger one; all of them at once are one rekey."""
        former, present = _youngest(self._before), _youngest(children)
        return int(any(part in former and added > former[part] for part, added in present.items()))

    def is_one_way(self, now: float) -> bool:
        """Whether all that was sent for some time is unanswered. One host's silence is none while another session is open.

        Where the kernel does not tell of connections, no session may be alive any more, nor be one that it showed before.
        """
        if self._talks.speak(now):
            return False
        if not self._knows_talks(now):
            return self._wait.is_silent(now, HEARD_WITHIN_SECONDS)
        return self._wait.is_silent(now) and bool(self.silent_hosts(now))

    def _knows_talks(self, now: float) -> bool:
        """Whether the kernel shows connections. If it fails to once, that is no reason to end one that it showed before."""
        return now - self._told_at < TOLD_WITHIN_SECONDS

    def silent_pairs(self, now: float) -> dict[str, frozenset[str]]:
        """Of several pairs of networks those that send and hear nothing, with the hosts that do not answer.

        Not where the kernel does not show connections, nor where an open session speaks for the pair.
        """
        if not self._knows_talks(now):
            return {}
        silent = [pair for pair, wait in self._waits.items() if pair and wait.is_silent(now)]
        return {pair: self._talks.unheard(pair, now) for pair in silent if not self._talks.speak(now, pair)}

    @property
    def carried_pairs(self) -> frozenset[str]:
        """Those through which something came since they began."""
        return frozenset(pair for pair, wait in self._waits.items() if wait.has_heard)

    def silent_hosts(self, now: float) -> frozenset[str]:
        """The hosts behind the peer that do not answer, as far as we know."""
        return self._talks.silent_hosts(now)

    def is_of_one_host(self, now: float) -> bool:
        """Whether it may be a host behind the peer that is silent, and not the peer: we know of no second one that was asked."""
        return not self._knows_talks(now) or len(self.silent_hosts(now)) == 1

    def is_carried(self, now: float) -> bool:
        """Whether something came through it lately: such a tunnel is not touched."""
        return now - self._received_at < CARRIED_WITHIN_SECONDS and not self.is_one_way(now)

    def is_heard(self, now: float) -> bool:
        """Whether somebody may trade through it: something came lately enough for a session to be alive, or one is open."""
        lately = now - self._received_at < HEARD_WITHIN_SECONDS
        return (lately or self._talks.speak(now)) and not self.is_one_way(now)

    def is_in_use(self, now: float) -> bool:
        """Whether a session through it is open, though it may be at rest: what our probe alone hears is none."""
        return self._talks.speak(now) if self._knows_talks(now) else self.is_heard(now)

    def has_received_since(self, at: float) -> bool:
        """Whether anything came through it after that moment."""
        return self._received_at > at

    def unheard_since(self, now: float) -> float | None:
        """Since when nothing came through it, where that may be its fault; None where it may not.

        A tunnel that never carried may go one way only. One that did is as good as it was, until somebody connects in vain.
        An open session will show how it is as soon as it speaks.
        """
        if self.is_in_use(now):
            return None
        if not self.has_carried:
            return self._began_at
        return max(self._began_at, self._received_at) if self._talks.ask_in_vain(now) else None

    def take(self) -> tuple[int, int, int]:
        """Bytes in, bytes out and rekeys since the last time that this was asked."""
        taken = (self.bytes_in, self.bytes_out, self.rekeys)
        self.bytes_in = self.bytes_out = self.rekeys = 0
        return taken


def _youngest(children: ChildSas) -> dict[str, int]:
    """When the youngest child SA of each part was made."""
    found: dict[str, int] = {}
    for child in children.values():
        found[child.part] = max(child.added, found.get(child.part, 0))
    return found
