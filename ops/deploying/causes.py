"""Why a deploy replaces the gateway, or changes something in place: each value that is not the deployed one, with its place."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from model.deployment import Deployment
from model.effects import Effect, of_client, of_venue
from model.faults import Path
from model.resolved import Rows, Table, Value, table
from model.source import Source, read
from ops.aws import Account, Change, Stack
from ops.options import Settings
from userdata.program import archive

Does = Literal["replaces the gateway", "in place"]
_DOES: Mapping[Effect, Does] = {Effect.REPLACE: "replaces the gateway", Effect.IN_PLACE: "in place"}
INSTANCE = "AWS::EC2::Instance"
_INDEX = re.compile("[0-9]{1,3}")
_MOST_SHOWN = 60
_NONE = "none"


@dataclass(frozen=True, kw_only=True)
class Cause:
    """One difference. `before` and `after` are empty where there is nothing to show, `place` where it is in no file."""

    what: str
    before: str
    after: str
    place: str
    does: Does

    def __str__(self) -> str:
        values = f" {self.before} -> {self.after}" if self.before or self.after else ""
        return f"{self.what}{values}{', ' if self.place else ''}{self.place}: {self.does}"


@dataclass(frozen=True, kw_only=True)
class Compared:
    """A client's files beside its stack. `deployed` is the table in the stack's template; None where it has none."""

    settings: Settings
    account: Account
    deployment: Deployment
    stack: Stack
    deployed: Table | None

    @property
    def client_file(self) -> Source:
        """The client's file."""
        return read(self.settings.clients / f"{self.deployment.client.name}.yaml")

    def venue_file(self, name: str) -> Source:
        """A venue's file."""
        return read(self.settings.venues / f"{name}.yaml")


def causes(compared: Compared, changes: Sequence[Change], *, is_replaced: bool) -> tuple[Cause, ...]:
    """What a change set comes from, the worst first. Nothing is said to replace a gateway that stays."""
    found = [*_by_values(compared, compared.deployed)] if compared.deployed else []
    if not is_replaced:
        return tuple(one for one in found if one.does == "in place")
    found += _by_image(compared)
    if compared.deployed and not any(one.does == "replaces the gateway" for one in found):
        found.append(_by_properties(changes))
    return tuple(sorted(found, key=lambda one: one.does, reverse=True))


def _by_values(compared: Compared, deployed: Table) -> Iterator[Cause]:
    """A venue that is there on one side only has no line of its own: the tunnel that names it has."""
    now = table(compared.deployment, program=archive())
    yield from _differences(deployed.client, now.client, compared.client_file, of_client)
    for name in (one for one in now.venues if one in deployed.venues):
        yield from _differences(deployed.venues[name], now.venues[name], compared.venue_file(name), of_venue)
    if deployed.program != now.program:
        what = "this version of fixtunnel has another program for the gateway:"
        yield _cause(what, deployed.program, now.program, Effect.REPLACE)


def _by_image(compared: Compared) -> Iterator[Cause]:
    gateway, instance_id = compared.deployment.client.gateway, compared.stack.instance_id
    running = compared.account.instance(instance_id) if instance_id else None
    wanted = gateway.ami or compared.account.newest_image(gateway.image, gateway.architecture).id
    if running is None or running.image_id == wanted:
        return
    if gateway.ami:
        place = _place(compared.client_file, ("gateway", "ami"))
        yield _cause("gateway.ami", running.image_id, wanted, Effect.REPLACE, place)
    else:
        what = f"gateway.ami is not pinned, and the newest {gateway.image} is another image:"
        yield _cause(what, running.image_id, wanted, Effect.REPLACE)


def _by_properties(changes: Sequence[Change]) -> Cause:
    """Where no value explains it: in CloudFormation's words."""
    properties = [cause for change in changes if change.kind == INSTANCE for cause in change.causes]
    named = f"the instance's {', '.join(properties)} changed"
    what = named if properties else "this version of fixtunnel writes other user data"
    return _cause(what, None, None, Effect.REPLACE)


def _cause(what: str, before: Value | None, after: Value | None, effect: Effect, place: str = "") -> Cause:
    shown = _shown(before, after) if before != after else ("", "")
    return Cause(what=what, before=shown[0], after=shown[1], place=place, does=_DOES[effect])


def _differences(before: Rows, after: Rows, source: Source, effect_of: Callable[[str], Effect]) -> Iterator[Cause]:
    old, new = _condensed(before, after), _condensed(after, before)
    # Another version's table may have a field that is none here, or that does nothing.
    for key in (one for one in dict.fromkeys([*new, *old]) if effect_of(one) != Effect.NONE):
        was, is_now, path = old.get(key), new.get(key), _path(key)
        is_default = is_now is not None and source.value(path) is None
        # A default that had no row says nothing new: an earlier version did not know it, or what it follows has a line.
        if was != is_now and not (was is None and is_default):
            # The first trading host makes a router of the gateway, by its user data, and the last one's end undoes it.
            is_router = key == "trading_hosts" and not (was and is_now)
            place = _place(source, path) + (" (by default)" if is_default else "")
            yield _cause(key, was, is_now, Effect.REPLACE if is_router else effect_of(key), place)


def _condensed(rows: Rows, other: Rows) -> Rows:
    """With one row for each entry of a list (a tunnel, an endpoint) that the other side has not: its first.

    A gateway of the venue's that comes or goes has none: the tunnel to it has.
    """
    entries = {_entry(key) for key in other}
    found: dict[str, Value] = {}
    for key, value in rows.items():
        entry = _entry(key)
        if entry in entries:
            found[key] = value
        elif not entry.startswith("peers."):
            found.setdefault(entry or key, value)
    return found


def _entry(key: str) -> str:
    """`tunnels.1` or `peers.A`, where the key is of something in such an entry; else empty."""
    first, second, *_rest = [*key.split(".", maxsplit=2), ""]
    return f"{first}.{second}" if _INDEX.fullmatch(second) or first == "peers" else ""


def _path(key: str) -> Path:
    # A tag's key may have dots of its own.
    parts = key.split(".", maxsplit=1 if key.startswith("tags.") else -1)
    return tuple(int(part) if _INDEX.fullmatch(part) else part for part in parts)


def _place(source: Source, path: Path) -> str:
    """File and line of the present value; of what holds it, where the file does not say it."""
    while path and source.value(path) is None:
        path = path[:-1]
    return f"{source.file}:{source.place(path)[0]}" if path else source.file


def _shown(old: Value | None, new: Value | None) -> tuple[str, str]:
    """Both in few words; of long lists only what one has and the other has not."""
    if isinstance(old, list) and isinstance(new, list) and len(_text(old)) + len(_text(new)) > _MOST_SHOWN:
        gone, come = ([one for one in had if one not in other] for had, other in ((old, new), (new, old)))
        if gone or come:
            return _cut(_text(gone)), _cut(_text(come))
        return _cut(_text(old)), "the same in another order"
    return _cut(_text(old)), _cut(_text(new))


def _text(value: Value | None) -> str:
    if value is None or value == []:
        return _NONE
    if isinstance(value, bool):
        return str(value).lower()
    return _short(value) if isinstance(value, str) else ", ".join(value) if isinstance(value, list) else str(value)


def _cut(text: str) -> str:
    """Its two ends: two ARNs of one account differ in the last characters."""
    half = (_MOST_SHOWN - 1) // 2
    return text if len(text) <= _MOST_SHOWN else f"{text[:half]}…{text[-half:]}"


def _short(text: str) -> str:
    """Of a checksum the first twelve digits, as git shows them."""
    kind, _colon, digest = text.rpartition(":")
    is_checksum = len(digest) == 64 and kind in ("", "sha256")
    return f"sha256:{digest[:12]}" if is_checksum else text
