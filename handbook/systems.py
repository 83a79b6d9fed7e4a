"""docs/catalogue.md: what is public of trading systems, from `venues/catalogue/`."""

from __future__ import annotations

from collections.abc import Iterator

from ops.files import catalogue

_TEXT = """# The catalogue

What is public of some systems: facts from their guides, with title and date. `python -m handbook` writes this page from
`venues/catalogue/`. Most guides give addresses and proposals to clients alone, so these are blanks in the files:

```sh
fixtunnel new venue NAME --from SYSTEM
```

begins with what is known, and asks for the rest. A guide may be older than the system is today: the venue's form counts.

{parts}
"""


def page() -> str:
    """docs/catalogue.md."""
    return _TEXT.format(parts="\n\n".join(map(_part, catalogue.names())))


def _part(name: str) -> str:
    entry, _faults = catalogue.checked(name)
    assert entry is not None
    return "\n".join([f"## {name}", "", *_lines(entry)])


def _lines(entry: catalogue.Entry) -> Iterator[str]:
    yield f"{entry.venue['description']}."
    yield ""
    if entry.no_tunnel:
        yield f"- Not through this gateway: {entry.no_tunnel}."
    yield from (f"- {note}" for note in entry.notes)
    known = ", ".join(f"`{key}: {value}`" for key, value in entry.venue.items() if key != "description")
    yield from [f"- In the file: {known}."] if known else []
    yield from (f"- Guide: *{one.title}* ({one.publisher}, {one.date})." for one in entry.guides)
