"""Two gateways, one Elastic IP: what one of them has seen goes in, what it does next comes out. No clock, no network here.

The lock is EC2's association, taken by AssociateAddress without reassociation. Around it are two promises, both in seconds of
the promising gateway's own clock, so that no two clocks are compared:

- The **active** speaks until `lease` after it was last sure. It is sure at the moment when it asked EC2, if EC2 then says
  that it holds the address, and until `silent` after it sent a beat that its partner has heard.
- The **standby** takes nothing before `silent` after it heard the active. Then it speaks no sooner than `fence` after EC2's
  answer that it holds the address, unless the other one says that it is silent.

`lease` is shorter than `fence`, so the loser is silent first, whether it knows of its loss or not. One that hands over, and can
speak, goes on meanwhile: EC2's edge translates for it until it follows the association. The other one has the address by then,
and promises again at each beat, until the venue's packets come to it or `lag` is over. Then it says that it serves, and the one
that hands over is silent. It is so at once, too, if no packet of the venue's comes to it any more.

What the active does:

| partner | EC2 | metadata | the active |
|---|---|---|---|
| hears us | any but "another" | mine, or silent | speaks |
| hears us | silent for `away` + `poll`; the partner's answers | any | hands over |
| takes over what was handed over | any but "another" | any but another's | speaks, for as long as was promised before |
| lost | "mine" | any | speaks, and asks once each `pace` |
| lost | silent | mine | speaks: a region's API may be away for hours, with the partner's zone |
| lost | silent | silent | silent: it cannot know |
| any | silent | another's, or none | silent |
| any | "another", "none" | any | silent: it has lost; it claims again what is free |
| claims, or serves by an association that we do not know as ended | any | any | silent at once, then asks |

What the standby does:

| partner | EC2 | the standby |
|---|---|---|
| serves | any | claims nothing, not even what is free: the active asks for itself |
| hands over, or was heard with this association and is lost | "partner" | frees it, takes it, asks who holds it |
| lost, and never heard with this association | "partner" | the partner took it and lived then: waits `unheard`, then longer |
| not serving | "none" | takes it; EC2 decides if both do |
| any | "other" | claims nothing: that is somebody else's |
| any | silent | claims nothing, and asks |
"""

from dataclasses import dataclass, replace
from typing import Any, Literal

NEVER = float("-inf")
BY_METADATA = "by-metadata"
"""An association whose id EC2 did not tell."""


@dataclass(frozen=True)
class Times:
    """All in seconds. `lease` + how old an answer of EC2's may be + one look is at most `fence`."""

    silent: float = 2.5
    """Unheard for so long is lost: five beats of half a second."""
    lease: float = 2.0
    fence: float = 3.0
    """Costs nothing where EC2's edge needs as long to follow, as it does in the field (3 to 20 s)."""
    pace: float = 1.0
    poll: float = 10.0
    """Between two questions to EC2, while something is in doubt and otherwise."""
    unheard: float = 35.0
    longest: float = 720.0
    """How long a holder that was never heard is left alone: at first, and at most."""
    away: float = 12.0
    """EC2 that has not answered for so long is away."""
    handing: float = 8.0
    """The partner has so long to take what is handed over. After that the one that had it goes on."""
    lag: float = 20.0
    """EC2's edge has so long to follow what was handed over, as seen in the field."""
    rest: float = 600.0
    """From one handover for the partner's better fitness to the next."""
    order: float = 30.0
    """A person's order to take over ends unfulfilled."""


State = Literal["waiting", "claiming", "serving", "handing", "yielding"]
Word = Literal["", "hold", "take", "leave"]
Giving = Literal["", "handing", "yielding"]


@dataclass(frozen=True)
class Beat:
    """What one gateway says to the other.

    Args:
        sent: the sender's clock; the other one knows no more of it than to send it back.
        heard: `sent` of the newest beat in which the other said `serving` or `handing`. It promises what is said above.
        state: `handing` and `yielding` ask to be relieved; `yielding` is silent.
        holds: the association by which it serves.
        fit: 0 cannot serve, 1 can with something amiss, 2 is well.
        wants: a person wants it to take over.
    """

    sent: float
    heard: float
    state: State
    holds: str
    fit: int
    wants: bool


@dataclass(frozen=True)
class Call:
    """One call to EC2: `ask` who holds the address, `free` an association by its id, `take` what is free."""

    kind: Literal["ask", "free", "take"]
    association: str = ""


@dataclass(frozen=True)
class Told:
    """EC2's answer to `ask`, and to a `take` that succeeded. Anything else, a time-out too, is `FAILED`, or `FREED`."""

    who: Literal["", "none", "me", "partner", "other"]
    association: str = ""


FAILED = Told("")
FREED = Told("none")
"""The call to free was answered, which proves nothing: the association may have been another one's long since."""


@dataclass(frozen=True)
class Seen:
    """Since the last look.

    Args:
        now: this gateway's monotonic clock.
        beat: the newest one of the partner's.
        answer: to the call that was made.
        mine: whether the metadata service says that the address is here; None while it does not say.
        came: whether packets of the venues' come here, so that the edge leads here. It is only read while that may change.
        fit: as in `Beat`, but for EC2, which is judged here.
        word: a person's: `hold` as long as it stands, `take` once. `leave`: this gateway shuts down.
    """

    now: float
    beat: Beat | None = None
    answer: Told | None = None
    mine: bool | None = None
    came: bool = False
    fit: int = 2
    word: Word = ""


@dataclass(frozen=True)
class Next:
    """What to do: let the engine speak until a moment (the kernel ends it, whatever became of this program), call, beat."""

    speak_until: float
    call: Call | None
    beat: Beat


@dataclass(frozen=True)
class Memory:
    """What is kept from look to look. Every `…_until` and `…_at` is a moment of this gateway's clock, and past is past."""

    holds: str = ""
    """The association by which this one holds the address."""
    ended: str = ""
    """The one before it: who speaks of that is late."""
    since: float = NEVER
    fence_until: float = NEVER
    asked_until: float = NEVER
    """EC2's answer to the present call makes sure until then."""
    ec2_until: float = NEVER
    heard_until: float = NEVER
    """Sure by EC2's word, and by the partner's."""
    away_at: float = NEVER
    calling: Call | None = None
    known: Told | None = None
    ask_at: float = NEVER
    poll_at: float = NEVER

    partner_fit: int = 0
    partner_wants: bool = False
    partner_until: float = NEVER
    serves_until: float = NEVER
    hands_until: float = NEVER
    claims_until: float = NEVER
    echo: float = NEVER
    served_by: str = ""
    """The association with which the partner was heard."""
    unheard: str = ""
    unheard_at: float = NEVER
    pause: float = 0.0

    arrived: bool = False
    """Whether `came` was seen since this one holds the address."""
    lag_until: float = NEVER
    gives: Giving = ""
    taken_until: float = NEVER
    """The partner has what is handed over."""
    yield_until: float = NEVER
    rest_until: float = NEVER
    wants_until: float = NEVER


def look(memory: Memory, seen: Seen, times: Times) -> tuple[Memory, Next]:
    """Take in what was seen, decide."""
    m = _answered(memory, seen, times)
    m = _heard(m, seen, times)
    m = _believed(m, seen, times)
    m = replace(m, arrived=m.arrived or seen.came) if m.holds else m
    m = _yielded(m, seen, times)
    claims = _may_claim(m, seen)
    m, call = _called(m, seen, times, claims=claims)
    m = replace(m, wants_until=_wants_until(m, seen, times))
    speak_until = _speak_until(m, seen, times)
    beat = Beat(
        sent=seen.now,
        heard=NEVER if m.holds and not _waits_for_edge(m, seen.now) else m.echo,
        state=_state(m, seen.now, speak_until, claims=claims),
        holds=m.holds,
        fit=0 if seen.word == "leave" or (seen.word == "hold" and not m.holds) else _fit(m, seen),
        wants=seen.now < m.wants_until,
    )
    return m, Next(speak_until, call, beat)


def _answered(m: Memory, seen: Seen, times: Times) -> Memory:
    """What EC2 said."""
    call, told = m.calling, seen.answer
    if call is None or told is None:
        return m
    m = replace(m, calling=None)
    if told == FAILED or call.kind == "free":
        # After a lost answer nothing is known but by asking. What was freed is taken next: only that proves something.
        return replace(m, known=told if told == FREED else None)
    # The active waits until the standby must have noticed too, if EC2 is away for both.
    patience = times.away + (times.poll + times.silent if told.who == "me" else 0)
    m = replace(m, known=told, away_at=seen.now + patience)
    if told.who == "me":
        m = _begun(m, told.association, seen.now, times)
        return replace(m, ec2_until=max(m.ec2_until, m.asked_until))
    if m.holds and (told.association == m.ended != "" or (told.who == "none" and seen.now < m.fence_until)):
        return replace(m, known=None)  # it was so before our claim
    m = _lost(m)
    if told.who == "partner" and told.association != m.unheard:
        m = replace(m, unheard=told.association, unheard_at=seen.now + (m.pause or times.unheard))
    return m


def _begun(m: Memory, association: str, now: float, times: Times) -> Memory:
    """This one holds the address; and speaks once the other one must be silent."""
    if m.holds in (association, BY_METADATA):
        return replace(m, holds=association)
    fence = max(now, m.serves_until) + times.fence
    rest = now + times.rest if m.ended else m.rest_until
    fresh: dict[str, Any] = {"arrived": False, "lag_until": now + times.lag, "yield_until": NEVER}
    return replace(m, holds=association, since=now, fence_until=fence, rest_until=rest, **fresh)


def _lost(m: Memory) -> Memory:
    return replace(m, holds="", ended=m.holds, gives="") if m.holds else m


def _heard(m: Memory, seen: Seen, times: Times) -> Memory:
    """What the partner said."""
    beat, now = seen.beat, seen.now
    if beat is None:
        return m
    m = replace(m, partner_fit=beat.fit, partner_wants=beat.wants, partner_until=now + times.silent)
    m = replace(m, pause=times.unheard, unheard_at=min(m.unheard_at, now + times.unheard))
    if beat.heard >= m.since:
        m = replace(m, heard_until=max(m.heard_until, beat.heard + times.silent + times.lease))
    m = replace(m, hands_until=now + times.silent if beat.state == "handing" else NEVER)
    match beat.state:
        case "handing" if _waits_for_edge(m, now) and beat.holds == m.ended:
            return replace(m, echo=beat.sent, fence_until=max(m.fence_until, now + times.silent + times.fence))
        case "serving" | "handing" if m.holds and beat.holds == m.ended:
            return m  # it does not know yet
        case "serving" | "handing":
            m = replace(_lost(m), known=None) if m.holds else m
            return replace(m, serves_until=now + times.silent, echo=beat.sent, served_by=beat.holds, claims_until=NEVER)
        case "claiming" if m.gives == "handing":
            # As it was asked to.
            m = replace(m, yield_until=now + times.handing, taken_until=now + times.silent if beat.holds else NEVER)
        case "claiming":
            return replace(m, claims_until=now + times.silent)
        case "yielding":
            m = replace(m, serves_until=NEVER, echo=NEVER, served_by=beat.holds, fence_until=NEVER)
        case "waiting" if beat.holds:
            m = replace(m, served_by=beat.holds)
        case "waiting":
            m = replace(m, fence_until=NEVER)
    return replace(m, claims_until=NEVER)


def _waits_for_edge(m: Memory, now: float) -> bool:
    """Whether it took what the other one hands over, which speaks on until EC2's edge leads here."""
    return bool(m.holds) and now < min(m.hands_until, m.lag_until) and not m.arrived


def _believed(m: Memory, seen: Seen, times: Times) -> Memory:
    """The metadata service alone is believed, where EC2 is away and no partner says otherwise: after a reboot, say."""
    is_contested = seen.now < max(m.serves_until, m.claims_until, m.away_at)
    if m.holds or seen.mine is not True or is_contested:
        return m
    return _begun(m, BY_METADATA, seen.now, times)


def _fit(m: Memory, seen: Seen) -> int:
    """One that cannot call EC2 could not take the address, and if it has it, not again."""
    if seen.now < m.away_at:
        return seen.fit
    return min(seen.fit, 1) if m.holds else 0


def _yielded(m: Memory, seen: Seen, times: Times) -> Memory:
    """Whether to hand over. One that can speak does so only to one that is there and can; one that cannot is silent."""
    if not m.holds:
        return m
    now = seen.now
    can = now < m.partner_until and m.partner_fit > 0 and seen.word != "hold"
    is_better = m.partner_fit > _fit(m, seen) and now >= m.rest_until
    begins = m.partner_wants or is_better or seen.word == "leave"
    yields = seen.fit == 0 or (can and (now < m.yield_until if m.gives else begins))
    if yields:
        is_over = now < m.taken_until and not seen.came
        gives: Giving = "handing" if seen.fit and m.gives != "yielding" and not is_over else "yielding"
        if m.gives:
            return replace(m, gives=gives)
        return replace(m, gives=gives, taken_until=NEVER, yield_until=now + times.handing, rest_until=now + times.rest)
    if m.gives == "yielding":
        # As after a claim: an answer of EC2's that is under way may be older than the partner's claim.
        return replace(m, gives="", since=now, fence_until=now + times.fence, heard_until=NEVER)
    return replace(m, gives="")


def _may_claim(m: Memory, seen: Seen) -> bool:
    """Whether this one shall have the address."""
    now, known = seen.now, m.known
    if m.holds or seen.fit == 0 or seen.word in ("hold", "leave") or known is None:
        return False
    if now < m.yield_until or m.hands_until <= now < m.serves_until:
        return False
    if known.who == "none":
        return True
    is_lost = known.association == m.served_by or now >= m.unheard_at
    return known.who == "partner" and now >= m.claims_until and is_lost


def _called(m: Memory, seen: Seen, times: Times, *, claims: bool) -> tuple[Memory, Call | None]:
    """The next call, one at a time."""
    now = seen.now
    if m.calling is not None:
        return m, None
    if claims and m.known is not None:
        call = Call("take") if m.known.who == "none" else Call("free", m.known.association)
        if call.kind == "free":
            m = replace(m, ended=call.association)
            if call.association != m.served_by:
                m = replace(m, pause=min(4 * (m.pause or times.unheard), times.longest))
    elif m.gives == "handing":
        return m, None  # the partner says when it has it
    elif now >= (m.ask_at if _is_in_doubt(m, seen, times) else m.poll_at):
        call = Call("ask")
        m = replace(m, ask_at=now + times.pace, poll_at=now + times.poll)
    else:
        return m, None
    return replace(m, calling=call, asked_until=now + times.lease), call


def _is_in_doubt(m: Memory, seen: Seen, times: Times) -> bool:
    if m.holds:
        return seen.mine is False or seen.now >= m.heard_until - times.lease
    return seen.now >= m.serves_until or seen.now < m.hands_until


def _state(m: Memory, now: float, speak_until: float, *, claims: bool) -> State:
    if m.gives:
        return m.gives
    if _waits_for_edge(m, now):
        return "claiming"
    if m.holds:
        # One that holds it and cannot know says so, and does not keep the other one from it.
        return "serving" if now < max(speak_until, m.fence_until) else "waiting"
    return "claiming" if claims or (m.calling is not None and m.calling.kind != "ask") else "waiting"


def _wants_until(m: Memory, seen: Seen, times: Times) -> float:
    if m.holds:
        return NEVER
    return seen.now + times.order if seen.word == "take" else m.wants_until


def _speak_until(m: Memory, seen: Seen, times: Times) -> float:
    """Until when this one may speak to the venue; `NEVER` if it may not."""
    now = seen.now
    if not m.holds or m.gives == "yielding" or now < max(m.fence_until, m.claims_until):
        return NEVER
    if m.gives:
        return max(m.ec2_until, m.heard_until)
    if seen.mine is False:
        return m.ec2_until
    by_metadata = now + times.lease if seen.mine else NEVER
    return max(m.ec2_until, m.heard_until, by_metadata)
