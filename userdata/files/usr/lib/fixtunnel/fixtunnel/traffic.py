"""What goes through one tunnel, over time: whether it is carried, and whether it goes one way only."""

from fixtunnel.sight import Child, Children, Seen

SILENT_SECONDS = 3.5
"""Sending for so long without an octet back: TCP is answered in a fraction of a second, so the other end is not there.

Shorter would take a lossy path for a dead one (at 20 % loss once in some hundred stalls); longer would let TCP's own
retransmissions grow so far apart (6.4 s after the sixth) that the session comes back later than the tunnel.
"""
SENT_AT_LEAST = 2
"""…in at least so many looks: one packet that is not answered says nothing. More would wait for TCP, which soon pauses."""
CARRIED_WITHIN_SECONDS = 15.0
HEARD_WITHIN_SECONDS = 75.0
"""A FIX session at rest says something every 30 s, and is given up after 72: so long, and nobody trades through it."""


class Traffic:
    """Looks at the counters of one tunnel. A rekey begins them anew."""

    def __init__(self) -> None:
        self._before: Children = {}
        self._sent_looks = 0
        self._silent_since: float | None = None
        self._received_at = float("-inf")
        self._looked_at = 0.0
        self.bytes_in = 0
        self.bytes_out = 0
        self.rekeys = 0

    def note(self, seen: Seen, now: float) -> None:
        """One look. `bytes_in`, `bytes_out` and `rekeys` add up until `take`."""
        came, went = self._since_before(seen.children)
        renewed = self._renewed(seen.children)
        self.bytes_in += came
        self.bytes_out += went
        if came or renewed or not seen.has_child:
            self._silent_since, self._sent_looks = None, 0
        if came:
            self._received_at = now
        elif went and seen.has_child:
            self._sent_looks += 1
            # It may have been sent right after the look before.
            self._silent_since = self._looked_at if self._silent_since is None else self._silent_since
        self.rekeys += renewed
        # A tunnel that is down keeps its last child SAs: coming up again counts as a rekey.
        self._before = seen.children or self._before
        self._looked_at = now

    def _since_before(self, children: Children) -> tuple[int, int]:
        """Every child SA counts: after a rekey a peer may send on the one that was replaced until that ends."""
        nothing = Child("", 0)
        pairs = [(child, self._before.get(name, nothing)) for name, child in children.items()]
        same = [(child, before if before.added == child.added else nothing) for child, before in pairs]
        came = sum(max(0, child.bytes_in - before.bytes_in) for child, before in same)
        return came, sum(max(0, child.bytes_out - before.bytes_out) for child, before in same)

    def _renewed(self, children: Children) -> int:
        """1 if a network's child SA was replaced by a younger one; all of them at once are one rekey."""
        former, present = _youngest(self._before), _youngest(children)
        return int(any(part in former and added > former[part] for part, added in present.items()))

    def is_one_way(self, now: float) -> bool:
        """Whether we have been sending for some time, and nothing came back."""
        silent = self._silent_since is not None and now - self._silent_since >= SILENT_SECONDS
        return silent and self._sent_looks >= SENT_AT_LEAST

    def is_carried(self, now: float) -> bool:
        """Whether something came through it lately: such a tunnel is not touched."""
        return now - self._received_at < CARRIED_WITHIN_SECONDS and not self.is_one_way(now)

    def is_heard(self, now: float) -> bool:
        """Whether somebody may trade through it: something came lately enough for a session to be alive."""
        return now - self._received_at < HEARD_WITHIN_SECONDS and not self.is_one_way(now)

    def take(self) -> tuple[int, int, int]:
        """Bytes in, bytes out and rekeys since the last time that this was asked."""
        taken = (self.bytes_in, self.bytes_out, self.rekeys)
        self.bytes_in = self.bytes_out = self.rekeys = 0
        return taken


def _youngest(children: Children) -> dict[str, int]:
    """When the youngest child SA of each part was made."""
    found: dict[str, int] = {}
    for child in children.values():
        found[child.part] = max(child.added, found.get(child.part, 0))
    return found
