"""Silence: whether what is sent is answered, of a tunnel as a whole and of each connection through it.

What one connection alone is not answered is a finding about a host. Only where none is answered is it the tunnel's.
"""

from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv4Network

from fixtunnel.connections import Connection, Ends

SILENT_SECONDS = 3.5
"""Sending for so long without an octet back: TCP is answered in a fraction of a second, so the other end is not there.

Shorter would take a lossy path for a dead one (at 20 % loss once in some hundred stalls); longer would let TCP's own
retransmissions grow so far apart (6.4 s after the sixth) that the session comes back later than the tunnel.
"""
SENT_AT_LEAST = 2
"""…in at least so many looks: one packet that is not answered says nothing. More would wait for TCP, which soon pauses."""
ANSWER_SECONDS = 0.9
"""…and this long since the second: it may have been sent just before the look."""


class Wait:
    """What was sent and is not answered yet."""

    _looks = 0
    _since: float | None = None
    _sent_at = 0.0
    _heard_at: float | None = None

    def note(self, *, sent: bool, heard: bool, now: float, before: float) -> None:
        """One look, and when the one before was: it may have been sent right after that."""
        if heard:
            self._looks, self._since, self._heard_at = 0, None, now
        elif sent:
            if self._looks == 1 and self._since == self._heard_at and before - self._sent_at >= SILENT_SECONDS:
                # Sent at once after something came, and not repeated: that was a bare acknowledgement.
                self._looks, self._since = 0, None
            self._looks += 1
            self._since = before if self._since is None else self._since
            self._sent_at = now if self._looks <= SENT_AT_LEAST else self._sent_at

    @property
    def has_heard(self) -> bool:
        """Whether anything came."""
        return self._heard_at is not None

    @property
    def is_begun(self) -> bool:
        """Whether an answer is owed."""
        return self._since is not None

    def is_long(self, now: float) -> bool:
        """Whether an answer has been owed for so long that there will be none."""
        return self._since is not None and now - self._since >= SILENT_SECONDS

    def is_silent(self, now: float, seconds: float = SILENT_SECONDS) -> bool:
        """Whether there was sending for so long, and nothing came back."""
        if self._since is None or self._looks < SENT_AT_LEAST:
            return False
        return now - self._since >= seconds and now - self._sent_at >= ANSWER_SECONDS


class Talk:
    """One connection through the tunnel."""

    def __init__(self, host: IPv4Address, pair: str = "") -> None:
        self.host = host
        self.pair = pair
        self.wait = Wait()
        self._out = self._in = 0
        self._is_open = False

    def note(self, *, went: int, came: int, is_open: bool, now: float, before: float) -> None:
        """One look at its counters."""
        self.wait.note(sent=went > self._out, heard=came > self._in, now=now, before=before)
        self._out, self._in, self._is_open = went, came, is_open

    def speaks(self, now: float) -> bool:
        """Whether it is open, and what it sent last was answered, however long ago: it may go on at any moment."""
        return self._is_open and self._in > 0 and not self.wait.is_silent(now)

    def asks_in_vain(self, now: float) -> bool:
        """Whether it is a connect that is not answered.

        Of such a one the kernel counts the first packet alone, however often that is repeated (Linux since 5.14, "do not
        renew entry stuck in tcp SYN_SENT state"), so what is sent in vain is never seen twice.
        """
        return not self._is_open and not self._in and self.wait.is_long(now)


class Talks:
    """All connections through one tunnel. Of several pairs of networks each goes by the engine's suffix: `/2x1` is our second
    and the peer's first."""

    def __init__(self, remote: Iterable[str], local: Iterable[str] = ()) -> None:
        self._remote = [IPv4Network(network) for network in remote]
        self._local = [IPv4Network(network) for network in local]
        self._talks: dict[object, Talk] = {}

    def note(self, seen: Sequence[Connection], own: frozenset[Ends], now: float, before: float) -> None:
        """One look. `own` are the connects of our own probe: those say nothing of the tunnel."""
        present: dict[object, Talk] = {}
        for one in seen:
            if one.key in own:
                continue
            if self._is_theirs(one.target):
                host, ours, went, came = one.target, one.seen_as or one.source, one.sent, one.answered
            elif self._is_theirs(one.source):
                host, ours, went, came = one.source, one.target, one.answered, one.sent
            else:
                continue
            talk = present[one.key] = self._talks.get(one.key) or Talk(host, self._pair(ours, host))
            talk.note(went=went, came=came, is_open=one.is_open, now=now, before=before)
        self._talks = present

    def _is_theirs(self, address: IPv4Address) -> bool:
        return any(address in network for network in self._remote)

    def _pair(self, ours: IPv4Address, host: IPv4Address) -> str:
        """Empty where there is one alone, or none of them."""
        if len(self._remote) < 2 and len(self._local) < 2:
            return ""
        local = next((at for at, network in enumerate(self._local, 1) if ours in network), 0) if self._local else 1
        remote = next(at for at, network in enumerate(self._remote, 1) if host in network)
        return f"/{local}x{remote}" if local else ""

    def begin_again(self, pair: str | None = None) -> None:
        """The tunnel, or one pair of it, is new, or not there: no one has waited for an answer through it yet."""
        for talk in self._of(pair):
            talk.wait = Wait()

    def _of(self, pair: str | None) -> list[Talk]:
        return [talk for talk in self._talks.values() if pair in (None, talk.pair)]

    def waits_on(self, pair: str) -> bool:
        """Whether somebody is owed an answer through this pair."""
        return any(talk.wait.is_begun for talk in self._of(pair))

    def unheard(self, pair: str, now: float) -> frozenset[str]:
        """The hosts of this pair that do not answer, or answer no connect."""
        return frozenset(str(one.host) for one in self._of(pair) if one.wait.is_silent(now) or one.asks_in_vain(now))

    @property
    def wait(self) -> bool:
        """Whether somebody is owed an answer."""
        return any(talk.wait.is_begun for talk in self._talks.values())

    def silent_hosts(self, now: float) -> frozenset[str]:
        """The hosts that do not answer."""
        return frozenset(str(talk.host) for talk in self._talks.values() if talk.wait.is_silent(now))

    def ask_in_vain(self, now: float) -> bool:
        """Whether somebody connects, and is not answered."""
        return any(talk.asks_in_vain(now) for talk in self._talks.values())

    def speak(self, now: float, pair: str | None = None) -> bool:
        """Whether somebody's session is open, through this pair or any, and is not kept waiting."""
        return any(talk.speaks(now) for talk in self._of(pair))
