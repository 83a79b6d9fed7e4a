"""Two gateways that run `fixtunnel.pair`, and everything around them that may go wrong, one tick after the other.

A tick is one look of each gateway and one call's way to EC2 and back; clocks are kept relative to now, so that equal situations
are equal. `pair_search` goes through all that can happen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from functools import cache
from typing import NamedTuple

from fixtunnel.pair import FAILED, FREED, NEVER, Beat, Call, Memory, Next, Seen, Times, Told, Word, look

TIMES = Times(
    silent=2, lease=2, fence=3, pace=1, poll=4, unheard=5, longest=20, away=4, handing=4, lag=4, rest=9, order=5
)
"""The program's own in ticks, as short as they may be."""
PATIENCE = 2
"""After so many ticks a call is given up."""
STALE = 1
"""An answer of EC2's is older than the question by no more than so many ticks."""
LATE = 5
"""A call that was given up has its effect within so many ticks, or never."""
LONG = 1000

Look = Callable[[Memory, Seen, Times], tuple[Memory, Next]]


class Gateway(NamedTuple):
    """One of the two, and what belongs to it alone.

    `power` is on, off, hung (its program stands still, its clock and engine go on), frozen (all stands still) or waking (it
    sends before it looks). `edge` is for how long what it sends is still translated. `mine` is what its metadata says.
    """

    memory: Memory = Memory()
    power: str = "on"
    speaks: float = NEVER
    inbox: Beat | None = None
    answer: Told | None = None
    request: Call | None = None
    waits: int = 0
    late: Call | None = None
    late_for: int = 0
    fit: int = 2
    word: Word = ""
    mine: bool = False
    metadata: str = "ok"
    has_ec2: bool = True
    edge: int = 0


class Association(NamedTuple):
    """Who holds the address in EC2: 0, 1 or -1, and by which id."""

    holder: int
    number: str


NOBODY = Association(-1, "")


class World(NamedTuple):
    """All of it. `passes[0]` is whether the first one's beats reach the second one; `path` whether the venue answers anybody."""

    gateways: tuple[Gateway, Gateway]
    passes: tuple[bool, bool] = (True, True)
    path: bool = True
    now: Association = NOBODY
    before: Association | None = None
    before_for: int = 0
    mishaps: int = 0
    idle: int = 0
    moves: int = 0
    lull: int = 0


class Rules(NamedTuple):
    """What may go wrong, and what stays as it is.

    `edge` is for how many ticks a loser's packets are still translated. `quick`: EC2 answers at once, and the gateway looks
    again at once, so that a whole claim takes no time. `comes`: the venue's packets reach whom EC2 gave the address at once, and
    are seen there; else they are seen at the loser's for as long as its packets are translated.
    """

    may: frozenset[str]
    edge: int = LONG
    metadata: str = "ok"
    quick: bool = False
    comes: bool = True
    look: Look = look
    times: Times = TIMES


def is_heard(one: Gateway) -> bool:
    """Whether the venue hears it: beyond the translation."""
    return one.power in ("on", "hung", "waking") and one.speaks > 0 and one.edge > 0


def serves(world: World, which: int) -> bool:
    """Whether it holds the address in EC2, or hands it over, and is heard."""
    one = world.gateways[which]
    return one.fit > 0 and is_heard(one) and (world.now.holder == which or one.memory.gives == "handing")


def _can(one: Gateway) -> bool:
    return one.power == "on" and one.fit > 0 and one.has_ec2 and one.word != "hold"


# One tick: a mishap perhaps, both look, EC2 does as it was asked, time passes.


def ticked(world: World, rules: Rules) -> Iterator[tuple[str, World]]:
    """Each way in which it may go on: what befalls it, and how it then is. The first way is the one without a mishap."""
    for how, begun in _befallen(world, rules):
        looked = _looked(_looked(begun, 0, rules), 1, rules)
        for fate, done in _asked(looked, rules):
            said = " ".join(filter(None, (how, fate)))
            yield said, _counted(world, _aged(done, rules), said != "", rules)


def _counted(was: World, world: World, happened: bool, rules: Rules) -> World:
    """How long nobody serves that could, and how often the address moved since the last mishap."""
    is_served = serves(world, 0) or serves(world, 1)
    can = _can(world.gateways[0]) or _can(world.gateways[1])
    idle = 0 if happened or is_served or not can else was.idle + 1
    moved = world.now.holder not in (-1, was.now.holder) and not happened
    moves = 0 if happened else min(was.moves + moved, 3)
    lull = min(was.lull + 1, int(rules.times.unheard)) if moves > 1 and not moved else 0
    return world._replace(idle=idle, moves=moves, lull=was.lull if moves > 2 and moved else lull)


def _with(world: World, which: int, **changes: object) -> World:
    gateways = list(world.gateways)
    gateways[which] = gateways[which]._replace(**changes)  # type: ignore[arg-type]
    return world._replace(gateways=(gateways[0], gateways[1]))


def _befallen(world: World, rules: Rules) -> Iterator[tuple[str, World]]:
    yield "", world
    if not world.mishaps:
        return
    less = world._replace(mishaps=world.mishaps - 1)
    for what in sorted(rules.may & _BEFALLS.keys()):
        for how, then in _BEFALLS[what](less):
            if then != less:
                yield how, then


def _beats(world: World) -> Iterator[tuple[str, World]]:
    for passes in ((True, True), (True, False), (False, True), (False, False)):
        yield f"beats pass {passes}", world._replace(passes=passes)


def _of_each(what: str, name: str, *values: object) -> Callable[[World], Iterator[tuple[str, World]]]:
    def each(world: World) -> Iterator[tuple[str, World]]:
        for which in (0, 1):
            for value in values:
                if world.gateways[which].power != "off":
                    yield f"{which}: {what} {value}", _with(world, which, **{name: value})

    return each


def _power(world: World) -> Iterator[tuple[str, World]]:
    for which, one in enumerate(world.gateways):
        if one.power == "off":
            yield f"{which}: boots", _with(world, which, power="on")
        else:
            late = one._replace(
                memory=Memory(), power="off", speaks=NEVER, inbox=None, answer=None, request=None, waits=0
            )
            yield f"{which}: loses its power", _with(world, which, **late._asdict())


def _hang(world: World) -> Iterator[tuple[str, World]]:
    return _halted(world, "hung", "on")


def _freeze(world: World) -> Iterator[tuple[str, World]]:
    return _halted(world, "frozen", "waking")


def _halted(world: World, halted: str, again: str) -> Iterator[tuple[str, World]]:
    for which, one in enumerate(world.gateways):
        if one.power == "on":
            yield f"{which}: {halted}", _with(world, which, power=halted)
        elif one.power == halted:
            yield f"{which}: {again}", _with(world, which, power=again)


def _path(world: World) -> Iterator[tuple[str, World]]:
    yield f"the venue answers {not world.path}", world._replace(path=not world.path)


def _region(world: World) -> Iterator[tuple[str, World]]:
    for answers in (True, False):
        first, second = (one._replace(has_ec2=answers) for one in world.gateways)
        yield f"EC2 answers {answers}", world._replace(gateways=(first, second))


def _hand(world: World) -> Iterator[tuple[str, World]]:
    yield "a hand frees the address", _moved(world, NOBODY)


_BEFALLS: dict[str, Callable[[World], Iterator[tuple[str, World]]]] = {
    "beats": _beats,
    "power": _power,
    "freeze": _freeze,
    "hang": _hang,
    "ec2": _of_each("reaches EC2", "has_ec2", True, False),
    "metadata": _of_each("metadata", "metadata", "ok", "silent"),
    "lag": _of_each("metadata", "metadata", "ok", "stuck"),
    "fit": _of_each("fit", "fit", 0, 1, 2),
    "take": _of_each("told to", "word", "take"),
    "hand": _hand,
    "region": _region,
    "path": _path,
}


def _looked(world: World, which: int, rules: Rules) -> World:
    gateways = list(world.gateways)
    holds = world.now.holder == which
    came = holds if rules.comes else not holds and world.gateways[which].edge > 0
    gateways[which], beat = _gateway_looked(world.gateways[which], world.path, came, rules.look, rules.times)
    if beat and world.passes[which] and gateways[1 - which].power != "off":
        gateways[1 - which] = gateways[1 - which]._replace(inbox=beat)
    return world._replace(gateways=(gateways[0], gateways[1]))


@cache
def _gateway_looked(one: Gateway, path: bool, came: bool, looks: Look, times: Times) -> tuple[Gateway, Beat | None]:
    if one.power == "frozen":
        return one, None
    if one.power != "on":
        return one._replace(speaks=_past(one.speaks - 1)), None
    mine = None if one.metadata == "silent" else one.mine
    # Whether a venue answers is seen by who speaks to it alone.
    fit = one.fit if path or not one.memory.holds else min(one.fit, 1)
    seen = Seen(now=0, beat=one.inbox, answer=one.answer, mine=mine, came=came, fit=fit, word=one.word)
    memory, then = looks(one.memory, seen, times)
    word = "" if one.word == "take" else one.word
    one = one._replace(memory=memory, speaks=then.speak_until, inbox=None, answer=None, word=word)
    return (one._replace(request=then.call, waits=PATIENCE) if then.call else one), then.beat


def _asked(world: World, rules: Rules) -> Iterator[tuple[str, World]]:
    """What becomes of the calls under way. Where both take, either may be first."""
    requests = [one.request for one in world.gateways]
    orders = ((0, 1), (1, 0)) if all(one and one.kind == "take" for one in requests) else ((0, 1),)
    for first, second in orders:
        for how, then in _answered(world, first, rules):
            for how_too, at_last in _answered(then, second, rules):
                for belated, done in _belated(at_last):
                    yield " ".join(filter(None, (how, how_too, belated))), done


def _answered(world: World, which: int, rules: Rules) -> Iterator[tuple[str, World]]:
    one = world.gateways[which]
    if one.request is None:
        if one.waits and one.power == "on":
            gives_up = {"answer": FAILED} if one.waits == 1 else {}
            world = _with(world, which, waits=one.waits - 1, **gives_up)
        yield "", world
        return
    gone = _with(world, which, request=None)
    if not one.has_ec2:
        yield "", gone
        return
    then, told = _done(gone, which, one.request)
    answered = _with(then, which, answer=told, waits=0)
    if rules.quick and one.request.kind != "ask":
        yield from _answered(_looked(answered, which, rules), which, rules)
    else:
        yield "", answered
    if not world.mishaps:
        return
    less = gone._replace(mishaps=world.mishaps - 1)
    then = then._replace(mishaps=world.mishaps - 1)
    name = f"{which}: {one.request.kind}"
    if "lost" in rules.may:
        yield f"{name} is lost", less
    if "unanswered" in rules.may and one.request.kind != "ask":
        yield f"{name} is done, its answer lost", then
    if "slow" in rules.may:
        yield f"{name} is slow", less._replace(gateways=_with(less, which, request=one.request).gateways)
    if "late" in rules.may and one.request.kind != "ask" and one.late is None:
        yield f"{name} is late", _with(less, which, late=one.request, late_for=LATE)
    if "stale" in rules.may and one.request.kind == "ask" and world.before is not None:
        stale = _told(world.before, which)
        yield f"{name} is answered with what was", _with(less, which, answer=stale, waits=0)


def _belated(world: World) -> Iterator[tuple[str, World]]:
    """A call that was given up may have its effect now, or later, or never."""
    yield "", world
    for which, one in enumerate(world.gateways):
        if one.late and not one.waits:
            then, _ = _done(world, which, one.late)
            yield f"{which}: {one.late.kind} has its effect at last", _with(then, which, late=None, late_for=0)


def _done(world: World, which: int, call: Call) -> tuple[World, Told]:
    if call.kind == "ask":
        return world, _told(world.now, which)
    if call.kind == "free":
        return (_moved(world, NOBODY) if call.association == world.now.number else world), FREED
    if world.now != NOBODY:
        return world, FAILED
    taken = Association(which, _unused(world))
    return _moved(world, taken), Told("me", taken.number)


def _told(found: Association, which: int) -> Told:
    if found == NOBODY:
        return Told("none")
    return Told("me" if found.holder == which else "partner", found.number)


def _moved(world: World, to: Association) -> World:
    if to == world.now:
        return world
    before = world.before if world.before_for else world.now
    return world._replace(now=to, before=before, before_for=STALE)


def _unused(world: World) -> str:
    """An id that nobody knows of any more is as good as a new one."""
    known = {world.now.number, world.before.number if world.before else ""}
    for one in world.gateways:
        m, calls = one.memory, (one.memory.calling, one.request, one.late)
        known |= {m.holds, m.ended, m.served_by, m.unheard, m.known.association if m.known else ""}
        known |= {call.association for call in calls if call}
        known |= {one.inbox.holds if one.inbox else "", one.answer.association if one.answer else ""}
    return next(name for name in "abcdefghijklmnop" if name not in known)


def _aged(world: World, rules: Rules) -> World:
    passed = [0 if one.power == "frozen" else 1 for one in world.gateways]
    first, second = (
        _gateway_aged(one, (passed[which], passed[1 - which]), world.now.holder == which, rules.edge, rules.times)
        for which, one in enumerate(world.gateways)
    )
    before_for = max(0, world.before_for - 1)
    before = world.before if world.before_for else None
    return world._replace(gateways=(first, second), before=before, before_for=before_for)


@cache
def _gateway_aged(one: Gateway, passed: tuple[int, int], holds: bool, edge: int, times: Times) -> Gateway:
    own, other = passed
    ends = one.edge if edge == LONG else max(0, one.edge - 1)
    return one._replace(
        memory=_memory_aged(one.memory, own, other, times),
        power="on" if one.power == "waking" else one.power,
        inbox=_beat_aged(one.inbox, own, other, times) if one.inbox else None,
        late=one.late if one.late_for > 1 else None,
        late_for=max(0, one.late_for - 1),
        mine=one.mine if one.metadata == "stuck" else holds,
        edge=edge if holds else ends,
    )


def _past(moment: float) -> float:
    """Past is past."""
    return moment if moment > 0 else NEVER


def _lately(moment: float, times: Times) -> float:
    return moment if moment > -(times.silent + times.lease) else NEVER


def _memory_aged(memory: Memory, own: int, other: int, times: Times) -> Memory:
    moments = {
        field.name: _past(getattr(memory, field.name) - own)
        for field in fields(memory)
        if field.name.endswith(("_until", "_at"))
    }
    since, echo = _lately(memory.since - own, times), _lately(memory.echo - other, times)
    return replace(memory, **moments, since=since, echo=echo)


def _beat_aged(beat: Beat, own: int, other: int, times: Times) -> Beat:
    """On its way, or waiting: `sent` is by the other one's clock, `heard` by that of the one it is for."""
    return replace(beat, sent=_lately(beat.sent - other, times), heard=_lately(beat.heard - own, times))
