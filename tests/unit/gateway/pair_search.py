"""The search through a pair's world: every state that a number of mishaps leads to, breadth first, and what holds in each."""

from __future__ import annotations

from itertools import pairwise

from fixtunnel.pair import Times
from tests.unit.gateway.pair_world import NOBODY, Association, Gateway, Rules, World, is_heard, serves, ticked


class Broken(AssertionError):
    """An invariant does not hold; the text is the way to there."""


def begin(rules: Rules, *, mishaps: int) -> World:
    """The first one serves, the second one hears it, and all is well.

    Raises:
        Broken: it does not stay so by itself.
    """
    first, second = Gateway(mine=True, metadata=rules.metadata), Gateway(metadata=rules.metadata)
    world = World((first, second), now=Association(0, "a"), mishaps=mishaps)
    for _ in range(40):
        world = next(iter(ticked(world, rules)))[1]
    if not serves(world, 0):
        raise Broken("it does not come to rest")
    return world._replace(idle=0, moves=0, lull=0)


def explore(rules: Rules, *, mishaps: int, limit: int = 1_000_000) -> int:
    """Go everywhere; how many states there are.

    Raises:
        Broken: an invariant does not hold somewhere.
    """
    first = begin(rules, mishaps=mishaps)
    came: dict[World, tuple[World, str] | None] = {first: None}
    layer = [first]
    while layer:
        found = []
        for world in layer:
            for how, then in ticked(world, rules):
                if then in came:
                    continue
                came[then] = (world, how)
                found.append(then)
                if wrong := _wrong(then, rules):
                    raise Broken(wrong + "\n" + _story(then, came))
        layer = found
        assert len(came) < limit, f"more than {limit} states"
    return len(came)


def play(rules: Rules, mishap: str, *, ticks: int, at: int = 0) -> list[World]:
    """What follows from one mishap at a tick, with nothing else amiss."""
    world = begin(rules, mishaps=1)
    played = [world]
    for tick in range(ticks):
        world = next(then for how, then in ticked(world, rules) if how == (mishap if tick == at else ""))
        played.append(world)
    return played


def silence(played: list[World]) -> int:
    """For how many ticks on end nobody serves, at most."""
    served = "".join("x" if serves(world, 0) or serves(world, 1) else "-" for world in played)
    return max(map(len, served.split("x")))


def moves(played: list[World]) -> int:
    """How often the address comes to another gateway."""
    holders = [world.now.holder for world in played if world.now != NOBODY]
    return sum(one != other for one, other in pairwise(holders))


def _wrong(world: World, rules: Rules) -> str:
    if is_heard(world.gateways[0]) and is_heard(world.gateways[1]):
        return "both speak beyond the translation"
    if world.idle > patience(rules.times, max(one.memory.pause for one in world.gateways)):
        return "one could serve, and none does"
    if world.moves > 2 and world.lull < rules.times.unheard:
        return "the address moves to and fro"
    return ""


def patience(times: Times, pause: float = 0.0) -> float:
    """How long nobody may serve while one could: it learns of it, leaves the unheard one alone, takes it, waits for the fence."""
    return times.poll + max(pause, times.unheard) + 4 * times.pace + times.fence


def _story(world: World, came: dict[World, tuple[World, str] | None]) -> str:
    lines = []
    while step := came[world]:
        lines.append(f"{step[1] or '-':32} {_said(world)}")
        world = step[0]
    return "\n".join(f"{number:3} {line}" for number, line in enumerate(reversed(lines)))


def _said(world: World) -> str:
    def of(one: Gateway) -> str:
        call = one.memory.calling
        state = f"{one.memory.holds or '-'} {one.memory.gives}"
        return f"{one.power:6} {state:12} {call.kind if call else '':5} {'SPEAKS' if one.speaks > 0 else '':6}"

    beats = " ".join(f"{one.inbox.state:8}" if one.inbox else " " * 8 for one in world.gateways)
    return f"{beats} EC2 {world.now.holder:2} {world.now.number:2} | " + " | ".join(of(one) for one in world.gateways)
