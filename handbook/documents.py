"""docs/json.md: every JSON that our programs write for another program, from its types."""

from __future__ import annotations

import dataclasses
import re
import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, NotRequired, Union, get_args, get_origin, get_type_hints, is_typeddict

from model.faults import Fault
from ops.deploying.planning import Plan
from ops.doctor.finding import Broken, Finding
from ops.files.choice import Reason
from ops.files.cost import Item
from ops.files.runbook import Entry as RunbookEntry
from ops.form.comparison import Difference
from ops.form.content import Section
from ops.gateway.journal import Entry
from ops.gateway.status import ClientStatus
from ops.output import (
    Deployed,
    Destroyed,
    EvidenceKept,
    Formatted,
    Held,
    Holidays,
    Made,
    Pinned,
    PskChanged,
    PskCompared,
    Switched,
    VenueWritten,
    Written,
)
from rehearsal.report.content import Report
from userdata.contract import Booting, Event, GatewaySettings, Kept, Operations, Watching


@dataclass(frozen=True, kw_only=True)
class Document:
    """One JSON. `added` has the keys that no type has, with their words."""

    title: str
    what: str
    kinds: tuple[Any, ...]
    added: Mapping[str, str] = dataclasses.field(default_factory=dict)


def _json(verb: str, what: str, *kinds: Any, **added: str) -> Document:
    return Document(title=f"`fixtunnel {verb} --json`", what=what, kinds=kinds, added=added)


_BILL = "object: `total` is a number, or null where a price is not known; `parts` is a list"
DOCUMENTS = (
    _json(
        "status", "A list with an object for each client.", ClientStatus, well="true, false: what the exit status says"
    ),
    _json(
        "doctor",
        "A list: each layer that was looked at, and at the end the one that is broken, if there is one.",
        Finding,
        Broken,
        well="true, false, or null where no command reached the gateway",
    ),
    _json(
        "plan",
        "One object.",
        Plan,
        needs_now="true if a deploy takes a tunnel down while a venue trades",
        is_refused="true if AWS would refuse the deploy",
    ),
    _json("check", "A list with an object for each fault.", Fault),
    _json(
        "choose",
        "One object. Its `reasons` are as below.",
        Reason,
        verdict="of the whole: `yes`, `no`, `ask` or `unknown`",
        gateway="object: whether this gateway `serves`, and `why_not`, a list of errors",
        reasons="list",
    ),
    _json(
        "cost",
        "One object. The parts of both bills are as below.",
        Item,
        region="text",
        as_of="date of the list prices",
        currency="`USD`",
        gateway=_BILL,
        site_to_site_vpn=_BILL,
    ),
    _json(
        "form",
        "A list with an object for each venue. Its `sections` are as below.",
        Section,
        title="text",
        subtitle="text",
        made="date",
        blanks="how many values are still to be filled in",
        sections="list",
    ),
    _json(
        "form --read ANSWER",
        "One object. Its `differences` are as below.",
        Difference,
        differences="list",
        own_to_each="list: differences in what each end has for itself",
        agreed="how many values are the same",
        unanswered="list of keys that the answer leaves open",
    ),
    _json("explain [WORD]", "A list with an object for each entry of the runbook.", RunbookEntry),
    _json("logs", "A list with an object for each line.", Entry),
    _json(
        "render", "A list with an object for each file.", path="text", mode="text, as chmod takes it", content="text"
    ),
    _json("failback", "One object: the client then.", ClientStatus, well="true, false: a tunnel to each venue is up"),
    _json("switch", "One object.", Switched),
    _json("hold", "One object.", Held),
    _json("init", "One object.", Made),
    _json("new CLIENT", "One object.", Written),
    _json("new venue NAME", "One object.", VenueWritten),
    _json("fmt", "A list with an object for each file.", Formatted),
    _json("holidays", "One object.", Holidays),
    _json("deploy", "One object.", Deployed),
    _json("destroy", "One object.", Destroyed),
    _json("image pin|update", "One object.", Pinned),
    _json("secret set|rotate", "One object.", PskChanged),
    _json("secret verify", "A list with an object for each tunnel.", PskCompared),
    _json("evidence", "One object.", EvidenceKept),
    Document(
        title="The gateway's state: `/run/fixtunnel/state.json`",
        what="Written each second by the watch. `fixtunnel-status --json` on the gateway shows it.",
        kinds=(Watching, Booting),
    ),
    Document(
        title="The log group `/fixtunnel/CLIENT`",
        what="Each event's message is one of these: a change in stream `gateway`, the whole state in stream `state`.",
        kinds=(Event, Kept),
    ),
    Document(
        title="The gateway's settings: `/etc/fixtunnel/gateway.json`",
        what="The stack writes it into the user data. Another value is another gateway.",
        kinds=(GatewaySettings,),
    ),
    Document(
        title="The parameter `/fixtunnel/CLIENT/operations`",
        what="The stack writes it. The gateway reads it each minute and follows it in place.",
        kinds=(Operations,),
    ),
    Document(
        title="A rehearsal's report: `out/rehearsal/…/report.json`",
        what="`make rehearse` and `make rehearse-faults` write it.",
        kinds=(Report,),
        added={"times": "what to remember with each time", "fix_sessions": "list of all sessions; `fix` is the first"},
    ),
)
_HEAD = """# JSON

Every JSON that this project writes for a program to read. `python -m handbook` writes this page from the types in the code.
A verb's exit status is the same with and without `--json`, and `ops/schema/` has its JSON Schema.
Times are Unix seconds, ages and durations seconds, if the name says
nothing else.

A key may be added in a later version: ignore what you don't know. A key that goes, or changes its meaning, is named in the
[changelog](../CHANGELOG.md).
"""


def page() -> str:
    """docs/json.md."""
    return "\n\n".join([_HEAD.rstrip(), *map(_written, DOCUMENTS)]) + "\n"


def _written(document: Document) -> str:
    added = [f"| `{key}` | {words} |" for key, words in document.added.items()]
    own = ["\n".join(["| key | value |", "|---|---|", *added])] if added else []
    shapes: dict[Any, None] = {}
    for kind in document.kinds:
        _collect(kind, shapes)
    return "\n\n".join([f"## {document.title}", document.what, *own, *(_shape(kind) for kind in shapes)])


def _collect(kind: Any, found: dict[Any, None]) -> None:
    """The types with keys that a type is made of, itself first."""
    if _has_keys(kind) and kind not in found:
        found[kind] = None
        for inner in _keys(kind).values():
            _collect(inner, found)
    for inner in get_args(kind):
        _collect(inner, found)


def _has_keys(kind: Any) -> bool:
    return kind is Broken or is_typeddict(kind) or (isinstance(kind, type) and dataclasses.is_dataclass(kind))


def _keys(kind: Any) -> dict[str, Any]:
    source = kind.__init__ if kind is Broken else kind
    hints = get_type_hints(source, include_extras=True)
    return {name: hint for name, hint in hints.items() if name not in ("return", "picture")}


def _shape(kind: Any) -> str:
    about = re.split(r"\n\s+Args:", kind.__doc__ or "")
    explained = dict(re.findall(r"^\s+(\w+): (.*)$", about[1], re.MULTILINE)) if len(about) > 1 else {}
    rows = [f"| `{name}` | {_words(hint)}{_said(explained, name)} |" for name, hint in _keys(kind).items()]
    doc = re.sub(r"\b(None|True|False)\b", lambda found: _VALUES[found[1]], " ".join(about[0].split()))
    return "\n".join([f"**{kind.__name__}.** {doc}", "", "| key | value |", "|---|---|", *rows])


_VALUES: Mapping[str, str] = {"None": "null", "True": "true", "False": "false"}


def _said(explained: Mapping[str, str], name: str) -> str:
    return f": {explained[name]}" if name in explained else ""


_SIMPLE: Mapping[Any, str] = {
    str: "text",
    int: "integer",
    float: "number",
    bool: "true, false",
    Any: "any",
    type(None): "null",
}


def _words(kind: Any) -> str:
    """A type, in words."""
    if kind in _SIMPLE:
        return _SIMPLE[kind]
    if _has_keys(kind):
        return f"object ({kind.__name__})"
    return " or ".join(dict.fromkeys(_composed(kind)))


def _composed(kind: Any) -> Iterator[str]:
    origin, inner = get_origin(kind), get_args(kind)
    if origin is Literal:
        yield ", ".join(f"`{one}`" for one in inner)
    elif origin in (Union, types.UnionType):
        yield from map(_words, inner)
    elif origin is NotRequired:
        yield f"{_words(inner[0])}; may be missing"
    elif origin in (tuple, list):
        yield f"list of {_words(inner[0])}"
    elif isinstance(origin, type) and issubclass(origin, Mapping):
        yield f"object: each value is {_words(inner[1])}"
    else:
        raise AssertionError(f"{kind} has no words")
