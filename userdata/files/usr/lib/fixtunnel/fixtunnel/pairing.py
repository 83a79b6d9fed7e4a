"""A pair's program: it hears the other gateway and is heard, asks EC2, and lets this one speak for as long as `pair` says.

A process of its own: a watch that waits for an engine must not hold up a beat, and whatever becomes of either, the kernel
ends this gateway's speech at the moment that was said last.
"""

import secrets
import select
import signal
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Literal

from fixtunnel import address, arrivals, aws, card, pair, paired, settings, state, turn
from fixtunnel.asked import Asked
from fixtunnel.caller import Caller
from fixtunnel.calls import COMMAND
from fixtunnel.command import Failed, run
from fixtunnel.contract import said
from fixtunnel.contract_of_pair import BEAT_PORT, WORD_FILE, PairFacts
from fixtunnel.fitness import Fitness
from fixtunnel.heartbeat import LONGEST, Ear, seal
from fixtunnel.lock import Lock
from fixtunnel.metadata import Metadata, NoAnswer
from fixtunnel.pair import FAILED, NEVER, Beat, Memory, Next, Seen, Times, Told, Word
from fixtunnel.resident import Resident
from fixtunnel.speech import Speech
from fixtunnel.ways import Ways

BEAT_SECONDS = 0.5
SEEK_SECONDS = 10.0
UNHEARD_SECONDS = 5.0
"""Who the other one is is asked once it was not heard for so long: a claim goes first."""
ARRIVAL_SECONDS, DEPARTURE_SECONDS = 0.1, 0.8
"""How soon it is seen that EC2's edge leads here, and that it does not any more."""
LEAVE_SECONDS = 9.0
"""So long a gateway that shuts down waits for the other one to take the address (systemd's limit is 15 s)."""
WORD = Path(WORD_FILE)
_STATES: dict[str, Literal["serves", "waits", "claims", "yields"]] = {
    "serving": "serves",
    "waiting": "waits",
    "claiming": "claims",
    "handing": "yields",
    "yielding": "yields",
}


class Pairing:
    """One look after another.

    Args:
        sock: bound to this gateway's own address, and never waited for.
        mine: what the metadata service says, None while it says nothing.
        came: counts the packets of the venues' that came here. It costs a process.
        lock: makes the calls.
        took: is called once this gateway has the address: the routes are to follow.
    """

    def __init__(
        self,
        key: bytes,
        *,
        own: str,
        sock: socket.socket,
        lock: Lock,
        speech: Speech,
        mine: Callable[[], bool | None],
        took: Callable[[], None],
        came: Callable[[], int] = lambda: 0,
        times: Times = Times(),  # noqa: B008
    ) -> None:
        self._key = key
        self._own = own
        self._run = secrets.token_hex(8)
        self._sock = sock
        self._lock = lock
        self._speech = speech
        self._mine = mine
        self._took = took
        self._came = came
        self._counted: int | None = None
        self._came_at = NEVER
        self._times = times
        self._bell, self._hears_bell = socket.socketpair()
        self._bell.setblocking(False)
        self._caller: Caller[Told] = Caller(self._ring)
        self._memory = Memory()
        self._fitness = Fitness()
        self.partner: aws.Partner | None = None
        self._ear: Ear | None = None
        self._heard: Beat | None = None
        self._last: Beat | None = None
        self._state, self._since = "", 0
        self._serves = False
        self._asked_at: float | None = None
        self._knows_ec2 = False
        self.is_leaving = self._is_held = False

    def meet(self, partner: aws.Partner | None) -> None:
        """This is the other gateway; another instance is another one, of which nothing is known."""
        if partner is None or partner == self.partner:
            return
        print(said(f"the pair's other gateway is {partner.instance} at {partner.address}"), flush=True)
        self.partner, self._ear = partner, Ear(self._key, partner=partner.instance)
        self._lock.partner = partner.instance

    def is_heard(self, now: float) -> bool:
        """Whether the other gateway is there."""
        return now < self._memory.partner_until

    def look(self, now: float) -> Next:
        """Take in what came, decide, speak or be silent, call, beat."""
        beat, self._heard = self._heard, None
        answer = self._caller.answer()
        self._note_ec2(answer, now)
        held = bool(self._memory.holds)
        fit = self._fitness.look(state.read(), serves=self._serves, now=now)
        word: Word = "leave" if self.is_leaving else _word()
        self._is_held = word == "hold"
        came = self._has_come(now)
        seen = Seen(now=now, beat=beat, answer=answer, mine=self._mine(), came=came, fit=fit, word=word)
        self._memory, todo = pair.look(self._memory, seen, self._times)
        if todo.call:
            call = todo.call
            self._asked_at = now if self._asked_at is None else self._asked_at
            self._caller.begin(lambda: self._lock.do(call))
        if self._memory.holds and not held:
            self._took()
        # Before the beat: one that says that it is silent is silent.
        self._speech.until(todo.speak_until, now)
        self._send(todo.beat)
        self._tell(todo, now)
        return todo

    def _note_ec2(self, answer: Told | None, now: float) -> None:
        """Until its first answer this gateway is not fit: how long that took is worth knowing."""
        if answer in (None, FAILED) or self._knows_ec2:
            return
        self._knows_ec2 = True
        print(said(f"EC2 answers, {now - (self._asked_at or now):.1f} s after the first question"), flush=True)

    def _is_arriving(self, now: float) -> bool:
        """Whether it has the address, and waits for the edge to follow, or for the fence."""
        return bool(self._memory.holds) and now < self._memory.fence_until and not self._memory.arrived

    def _has_come(self, now: float) -> bool:
        """Whether the venues' packets come here: since this one waits for them, or still, while it hands over."""
        is_handing = self._memory.gives == "handing"
        if not (is_handing or self._is_arriving(now)):
            self._counted = None
            return False
        count, before = self._came(), self._counted
        if before is None or count < before:
            self._counted, self._came_at = count, now
        elif count > before:
            self._came_at = now
            self._counted = count if is_handing else before
        return now - self._came_at < DEPARTURE_SECONDS if is_handing else count > (self._counted or 0)

    def _is_to_look(self, now: float) -> bool:
        """Whether EC2's edge has moved, as far as this one waits for it."""
        if self._is_arriving(now):
            return self._has_come(now)
        return self._memory.gives == "handing" and now < self._memory.taken_until and not self._has_come(now)

    def wait(self, until: float) -> None:
        """Until a moment, the end of the fence, an answer of EC2's, or another word of the other gateway's.

        What has come is taken in even if that moment is over: after a pause of our own the other one was not silent, we were.
        """
        if self._memory.holds and time.monotonic() < self._memory.fence_until:
            until = min(until, self._memory.fence_until)
        while True:
            now = time.monotonic()
            left = max(0.0, until - now)
            is_moving = self._is_arriving(now) or self._memory.gives == "handing"
            pause = min(left, ARRIVAL_SECONDS) if is_moving else left
            ready, _, _ = select.select([self._sock, self._hears_bell], [], [], pause)
            if (self._sock in ready and self._hear()) or (is_moving and self._is_to_look(time.monotonic())):
                return
            if self._hears_bell in ready:
                self._hears_bell.recv(4096)
                return
            if not left:
                return

    def _hear(self) -> bool:
        """Take in all that has come; whether it says something else than what was said before."""
        is_news = False
        with suppress(OSError):  # nothing more is there
            while True:
                datagram, _ = self._sock.recvfrom(LONGEST + 1)
                if beat := self._ear.hear(datagram) if self._ear else None:
                    before, self._last, self._heard = self._last, beat, beat
                    is_news |= before is None or replace(before, sent=0, heard=0) != replace(beat, sent=0, heard=0)
        return is_news

    def _send(self, beat: Beat) -> None:
        if self.partner is None:
            return
        with suppress(
            OSError
        ):  # no route, or no program there: the other one hears nothing, and draws its own conclusions
            datagram = seal(beat, self._key, sender=self._own, run=self._run)
            self._sock.sendto(datagram, (self.partner.address, BEAT_PORT))

    def _tell(self, todo: Next, now: float) -> None:
        told = _STATES[todo.beat.state]
        if told != self._state:
            print(said(f"the pair: this gateway {told}"), flush=True)
            self._state, self._since = told, int(time.time())
        self._serves = now < todo.speak_until
        facts: PairFacts = {
            "state": told,
            "since": self._since,
            "partner": self.partner.instance if self.partner else "",
            "heard": self.is_heard(now),
            "fit": self._memory.partner_fit,
            "aws": self._lock.failing,
            "held": self._is_held,
        }
        turn.write(todo.speak_until, facts, has_lost=self.has_left or todo.beat.state == "yielding")

    def _ring(self) -> None:
        with suppress(OSError):
            self._bell.send(b".")

    @property
    def has_left(self) -> bool:
        """Whether the address is not here any more, so that nothing is lost if this one goes."""
        return not self._memory.holds


def _word() -> Word:
    """`take` is obeyed once."""
    try:
        word = WORD.read_text().strip()
        if word == "take":
            WORD.unlink()
            return "take"
    except OSError:
        return ""
    return "hold" if word == "hold" else ""


def _is_shutting_down() -> bool:
    return run("systemctl", "is-system-running", check=False, seconds=3).stdout.strip() == "stopping"


def _own(metadata: Metadata) -> tuple[str, str]:
    """This instance, and its image."""
    try:
        return metadata.get("instance-id") or "", metadata.get("ami-id") or ""
    except NoAnswer as silence:
        raise Failed("this instance is not known", str(silence)) from None


def main() -> None:
    """Be one of a pair until asked to stop."""
    here = settings.load()
    assert here.pair
    own = card.load(Metadata())
    instance, image = _own(Metadata())
    secret = paired.key(here.pair)
    held = address.Address(here, own, Metadata())
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setblocking(False)
    sock.bind((own.primary, BEAT_PORT))
    calls, aside = Resident(COMMAND), Resident(COMMAND)  # what is asked aside keeps no claim waiting
    ways = Ways(own, aside)
    seeks: Caller[aws.Partner | None] = Caller()

    def took() -> None:
        held.claimed()
        ways.want()

    pairing = Pairing(
        secret,
        own=instance,
        sock=sock,
        lock=Lock(own, calls),
        speech=Speech(here, own),
        mine=Asked(held),
        took=took,
        came=arrivals.count,
    )
    pairing.meet(paired.remembered())
    stops: list[float] = []
    signal.signal(signal.SIGTERM, lambda *_: stops.append(time.monotonic()))
    next_beat, seek_at = time.monotonic(), NEVER
    while True:
        now = time.monotonic()
        if now >= next_beat:
            next_beat = max(next_beat + BEAT_SECONDS, now)
        if stops and not pairing.is_leaving:
            if not _is_shutting_down():
                return  # to be started again at once
            pairing.is_leaving = True
        if pairing.is_leaving and (pairing.has_left or now - stops[0] > LEAVE_SECONDS):
            return
        pairing.meet(seeks.answer())
        is_heard = pairing.is_heard(now)
        ways.look(now, stands_by=is_heard and pairing.has_left)
        if is_heard:
            seek_at = now + UNHEARD_SECONDS
        elif not seeks.is_busy and now >= seek_at:
            seek_at = now + SEEK_SECONDS
            seeks.begin(lambda: paired.seek(image, aside))
        try:
            pairing.look(now)
        except Failed as failure:
            print(said(str(failure)), flush=True)
        pairing.wait(next_beat)


if __name__ == "__main__":
    main()
