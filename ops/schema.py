"""The JSON Schemas of what each verb says with --json: `python -m ops.schema` writes them.

A field may be added; none is renamed or taken away within a version's first number.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from types import GenericAlias
from typing import Any, Literal, Union, get_type_hints

from pydantic import ConfigDict, TypeAdapter, create_model

from model.faults import Fault
from ops.deploying.planning import Plan
from ops.doctor.finding import Finding, Side
from ops.files.choice import Reason, Verdict
from ops.files.cost import Item
from ops.files.runbook import Entry
from ops.form.comparison import Difference
from ops.form.content import Row
from ops.gateway.journal import Entry as Line
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

FOLDER = Path(__file__).parent / "schema"


def _object(name: str, about: str, **values: Any) -> Any:
    given: Any = {key: (kind, ...) for key, kind in values.items()}
    return create_model(name, __config__=ConfigDict(title=name), __doc__=about, **given)


def _either(*kinds: Any) -> Any:
    return Union[kinds]  # noqa: UP007  a tuple of them


def _list(*kinds: Any) -> Any:
    return GenericAlias(list, (_either(*kinds),))


def _with(kind: Any, **added: Any) -> Any:
    """A dataclass as its `as_dict` tells it, with these values more."""
    hints = get_type_hints(kind)
    own = {field.name: hints[field.name] for field in fields(kind)}
    return _object(kind.__name__, (kind.__doc__ or "").strip(), **own, **added)


_PLAN = _with(Plan, needs_now=bool, is_refused=bool)
_STATUS = _with(ClientStatus, well=bool)
_BILL = _object("Bill", "US dollars a month; null where a price is not known.", total=float | None, parts=list[Item])
_BROKEN = _object(
    "Broken",
    "The first layer that is not well: always the last of the list.",
    **dict.fromkeys(("layer", "what", "advice", "cause", "evidence", "tunnel", "to_venue"), str),
    side=Side,
    well=Literal[False],
)
_SECTION = _object("Section", "A part of the form.", title=str, rows=list[Row])
_FORM = _object(
    "Form",
    "One venue's form.",
    title=str,
    subtitle=str,
    made=str,
    revision=str,
    blanks=int,
    sections=_list(_SECTION),
)
_COMPARED = _object(
    "Compared",
    "With --read: where the venue's answer differs.",
    differences=list[Difference],
    own_to_each=list[Difference],
    agreed=int,
    unanswered=list[str],
)
_GATEWAY = _object("Gateway", "Whether the gateway of this project can serve.", serves=bool, why_not=list[str])
_FILE = _object("File", "One file of the gateway.", path=str, mode=str, content=str)
KINDS: Mapping[str, Any] = {
    "init": Made,
    "new": Written,
    "new venue": VenueWritten,
    "check": list[Fault],
    "fmt": list[Formatted],
    "holidays": Holidays,
    "render": _list(_FILE),
    "form": _either(_list(_FORM), _COMPARED),
    "choose": _object("Choice", "Of AWS's own VPN.", verdict=Verdict, gateway=_GATEWAY, reasons=list[Reason]),
    "cost": _object(
        "Cost", "Both bills.", region=str, as_of=str, currency=Literal["USD"], gateway=_BILL, site_to_site_vpn=_BILL
    ),
    "plan": _PLAN,
    "deploy": _object("Deployed", Deployed.__doc__ or "", plan=_PLAN, deployed=bool, status=_either(_STATUS, None)),
    "destroy": Destroyed,
    "image pin": Pinned,
    "image update": Pinned,
    "secret set": PskChanged,
    "secret rotate": PskChanged,
    "secret verify": list[PskCompared],
    "status": _list(_STATUS),
    "doctor": _list(_with(Finding, well=Literal[True] | None), _BROKEN),
    "evidence": EvidenceKept,
    "logs": list[Line],
    "failback": _STATUS,
    "switch": Switched,
    "hold": Held,
    "explain": list[Entry],
}
"""What a verb says, by its name."""


def path(verb: str) -> Path:
    """Where a verb's schema lies."""
    return FOLDER / f"{verb.replace(' ', '-')}.schema.json"


def schemas() -> dict[Path, str]:
    """Each schema file with its content."""
    return {path(verb): _schema(verb, kind) for verb, kind in KINDS.items()}


def _schema(verb: str, kind: Any) -> str:
    schema = TypeAdapter(kind).json_schema(mode="serialization")
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": f"fixtunnel {verb} --json"}
    return json.dumps({**schema, **head}, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for file, content in schemas().items():
        file.write_text(content)
        print(f"wrote {file}")
