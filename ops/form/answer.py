"""The venue's answer beside the files: each difference, and who must change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

from model.deployment import Deployment
from model.faults import InvalidInput, dotted
from model.faults import Path as Key
from model.reading import read_model
from model.source import Source, read
from model.venue import Venue
from model.venue_rules import check_venue
from ops.failure import BadInput

Who = Literal["we change our file", "the venue corrects its form", "ask the venue for another value"]
_NEGOTIATED = ("ike", "esp", "dpd", "encryption_domain")
_OURS = ("public_address", "identity", "encryption_domain", "sender_comp_ids")


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One difference. `ours` is what our files, or our stack, say."""

    key: str
    ours: str
    theirs: str
    who: Who
    why: str

    def as_dict(self) -> dict[str, str]:
        """For a machine to read."""
        return asdict(self)


@dataclass(frozen=True, kw_only=True)
class Compared:
    """All differences, how many values agree, and the keys that the venue left empty."""

    differences: tuple[Difference, ...]
    agreed: int
    unanswered: tuple[str, ...]


def compare(path: Path, deployment: Deployment, *, venues: Path, address: str | None) -> Compared:
    """Compare an answer with the venue's file, and with what we are.

    Raises:
        InvalidInput: the answer has faults of its own.
        BadInput: it is the answer of a venue that the client does not have.
    """
    answer = read(path)
    if not isinstance(answer.data, dict):
        raise BadInput(f"{path} has no keys", advice="begin with `fixtunnel form CLIENT --sheet`")
    venue = _venue(answer, deployment)
    said = {key: value for key, value in answer.data.items() if key != "ours"}
    mine = read(venues / f"{venue.name}.yaml")
    theirs, weak = _as_venue(answer, _laid_over(mine.data, said))
    file, form = venue.model_dump(mode="json"), theirs.model_dump(mode="json")
    answers = [(key, _at(file, key), _at(form, key)) for key in _leaves(said) if key != ("name",)]
    ours = [*_of_us(answer.data.get("ours") or {}, deployment, venue, address)]
    different = [_difference(key, old, new, venue, weak) for key, old, new in answers if old != new]
    wrong = [one for one in ours if one.ours != one.theirs]
    blank = (*_blanks(said), *_blanks(answer.data.get("ours") or {}, ("ours",)))
    agreed = len(answers) + len(ours) - len(different) - len(wrong)
    return Compared(differences=(*different, *wrong), agreed=agreed, unanswered=tuple(dotted(key) for key in blank))


def _venue(answer: Source, deployment: Deployment) -> Venue:
    known = {venue.name: venue for venue in deployment.venues}
    name = answer.data.get("name") or (next(iter(known)) if len(known) == 1 else "")
    if name not in known:
        raise BadInput(f"{answer.file} names no venue of this client", advice=f"write name: {' or '.join(known)}")
    return known[name]


def _as_venue(answer: Source, data: Any) -> tuple[Venue, dict[str, str]]:
    """The venue as its answer has it, and what of that we would have to refuse, by key."""
    source = replace(answer, data=data)
    venue, faults = read_model(Venue, source)
    if venue is None or faults:
        raise InvalidInput(faults)
    found = [fault for fault in check_venue(venue, source) if fault.key != "name"]
    return venue, {fault.key: fault.message for fault in found}


def _laid_over(mine: Any, said: Any) -> Any:
    """The answer over our file: an empty value says nothing; entries of lists go by their names."""
    if isinstance(said, dict) and isinstance(mine, dict):
        merged = dict(mine)
        for key, value in said.items():
            if not _is_blank(value):
                merged[key] = _laid_over(mine.get(key), value)
        return merged
    if _named(said) and _named(mine):
        known = {one["name"]: one for one in mine}
        return [_laid_over(known.get(one["name"]), one) for one in said] + [
            one for name, one in known.items() if name not in {other["name"] for other in said}
        ]
    if isinstance(said, dict):
        return {key: value for key, value in said.items() if not _is_blank(value)}
    return said


def _named(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(one, dict) and "name" in one for one in value)


def _is_blank(value: Any) -> bool:
    """Whether it says nothing: empty, or a mapping of nothing but empty values."""
    if isinstance(value, dict):
        return all(_is_blank(one) for one in value.values())
    return value is None or value in ("", [])


def _leaves(said: Any, path: Key = ()) -> Iterator[Key]:
    if isinstance(said, dict):
        for key, value in said.items():
            yield from _leaves(value, (*path, key))
    elif _named(said):
        for one in said:
            yield from _leaves({key: value for key, value in one.items() if key != "name"}, (*path, one["name"]))
    elif not _is_blank(said):
        yield path


def _blanks(said: Any, path: Key = ()) -> Iterator[Key]:
    if isinstance(said, dict):
        for key, value in said.items():
            yield from _blanks(value, (*path, key))
    elif _named(said):
        for one in said:
            yield from _blanks(one, (*path, one["name"]))
    elif _is_blank(said):
        yield path


def _at(value: Any, path: Key) -> Any:
    for part in path:
        if isinstance(value, list):
            value = next((one for one in value if isinstance(one, dict) and one.get("name") == part), None)
        else:
            value = value.get(part) if isinstance(value, Mapping) else None
    return value


def _difference(key: Key, old: Any, new: Any, venue: Venue, weak: Mapping[str, str]) -> Difference:
    name = dotted(key)
    who: Who = "we change our file"
    why = f"it is the venue's own: write it into venues/{venue.name}.yaml"
    if name in weak:
        who, why = "ask the venue for another value", f"as answered it {weak[name]}"
    elif key[0] in _NEGOTIATED:
        why = f"both ends must have the same, and the venue's form decides: write it into venues/{venue.name}.yaml"
    return Difference(key=name, ours=_shown(old), theirs=_shown(new), who=who, why=why)


def _of_us(said: Mapping[str, Any], deployment: Deployment, venue: Venue, address: str | None) -> Iterator[Difference]:
    """What the venue noted about us, beside what we are; what is not known yet is left out."""
    unknown = set(said) - set(_OURS)
    if unknown:
        raise BadInput(f"ours.{min(unknown)} is no key of an answer", advice=f"there is: {', '.join(_OURS)}")
    tunnels = deployment.groups[venue.name]
    own = str(tunnels[0].local_network) if tunnels[0].local_network else address and f"{address}/32"
    ids = dict.fromkeys(one for tunnel in tunnels for one in tunnel.tunnel.sender_comp_ids)
    assigned = venue.encryption_domain == "assigned"
    facts: dict[str, tuple[str | None, bool]] = {
        "public_address": (address, False),
        "identity": (address, False),
        "encryption_domain": (own, assigned),
        "sender_comp_ids": (", ".join(sorted(ids)) or None, True),
    }
    for key, value in said.items():
        fact, is_theirs_to_give = facts[key]
        if _is_blank(value) or (fact is None and not is_theirs_to_give):
            continue
        yield Difference(
            key=f"ours.{key}",
            ours=fact or "",
            theirs=_shown(sorted(value) if isinstance(value, list) else value),
            who="we change our file" if is_theirs_to_give else "the venue corrects its form",
            why=f"the venue gave it: write it into clients/{deployment.client.name}.yaml"
            if is_theirs_to_give
            else "it is ours, and it is as our side says: tell the venue",
        )


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(_shown(one) for one in value)
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
