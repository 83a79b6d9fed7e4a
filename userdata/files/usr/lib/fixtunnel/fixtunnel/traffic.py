"""What goes through one tunnel, over time: whether it is carried, and whether it goes one way only."""

from fixtunnel.sight import Seen

SILENT_SECONDS = 3.5
"""Sending for so long without an octet back: TCP is answered in a fraction of a second, so the other end is not there.

Shorter would take a lossy path for a dead one (at 20 % loss once in some hundred stalls); longer would let TCP's own
retransmissions grow so far apart (6.4 s after the sixth) that the session comes back later than the tunnel.
"""
SENT_AT_LEAST = 2
"""…in at least so many looks: one packet that is not answered says nothing. More would wait for TCP, which soon pauses."""
CARRIED_WITHIN_SECONDS = 15.0


class Traffic:
    """Looks at the counters of one tunnel. A rekey begins them anew."""

    def __init__(self) -> None:
        self._before = Seen("down")
        self._sent_looks = 0
        self._silent_since: float | None = None
        self._received_at = float("-inf")
        self._looked_at = 0.0
        self.bytes_in = 0
        self.bytes_out = 0
        self.rekeys = 0

    def note(self, seen: Seen, now: float) -> None:
        """One look. `bytes_in`, `bytes_out` and `rekeys` add up until `take`."""
        came, went = self._since_before(seen)
        self.bytes_in += came
        self.bytes_out += went
        if came or seen.phase != "up" or not self._is_same(seen):
            self._silent_since, self._sent_looks = None, 0
        if came:
            self._received_at = now
        elif went and seen.phase == "up":
            self._sent_looks += 1
            # It may have been sent right after the look before.
            self._silent_since = self._looked_at if self._silent_since is None else self._silent_since
        if self._before.added and seen.added and not self._is_same(seen):
            self.rekeys += 1
        # A tunnel that is down keeps the age of its last child SA: coming up again counts as a rekey.
        self._before = seen if seen.added else self._before
        self._looked_at = now

    def _is_same(self, seen: Seen) -> bool:
        return seen.added == self._before.added

    def _since_before(self, seen: Seen) -> tuple[int, int]:
        if not self._is_same(seen):
            return seen.bytes_in, seen.bytes_out
        return max(0, seen.bytes_in - self._before.bytes_in), max(0, seen.bytes_out - self._before.bytes_out)

    def is_one_way(self, now: float) -> bool:
        """Whether we have been sending for some time, and nothing came back."""
        silent = self._silent_since is not None and now - self._silent_since >= SILENT_SECONDS
        return silent and self._sent_looks >= SENT_AT_LEAST

    def is_carried(self, now: float) -> bool:
        """Whether something came through it lately: such a tunnel is not touched."""
        return now - self._received_at < CARRIED_WITHIN_SECONDS and not self.is_one_way(now)

    def take(self) -> tuple[int, int, int]:
        """Bytes in, bytes out and rekeys since the last time that this was asked."""
        taken = (self.bytes_in, self.bytes_out, self.rekeys)
        self.bytes_in = self.bytes_out = self.rekeys = 0
        return taken
