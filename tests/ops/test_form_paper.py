"""The form on paper: fields to fill in, numbered pages of one revision, room to sign, and the week in words."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from io import BytesIO

import pytest
from pypdf import PdfReader

from model.calendar import Day
from model.load import load
from ops.form.content import Form, forms
from ops.form.document import markdown
from ops.form.pdf import Paper
from ops.form.picture import draw
from ops.form.words import week
from tests.paths import CLIENTS, VENUES

TODAY = date(2026, 11, 23)


def form_of(client: str, *, number: int = 0, today: date = TODAY) -> Form:
    (deployment,) = load(clients=CLIENTS, venues=VENUES, selected=[client]).deployments
    return forms(deployment, address="203.0.113.7", today=today)[number]


def read(form: Form) -> PdfReader:
    return PdfReader(BytesIO(Paper(form).render()))


EXAMPLES = [("lse-proquote", 0), ("acme-capital", 0), ("acme-capital", 1), ("tidewater", 0)]


@pytest.mark.parametrize(("client", "number"), EXAMPLES)
def test_each_blank_has_a_field_and_each_end_can_sign(client: str, number: int) -> None:
    form = form_of(client, number=number)
    fields = read(form).get_fields() or {}
    told = [str(one["/TU"]) for one in fields.values()]
    signed = [f"{what}, for the {end}" for end in ("client", "venue") for what in ("Name", "Date")]
    assert told == [*(row.label for row in form.blanks), *signed]


@pytest.mark.parametrize(("client", "number"), EXAMPLES)
def test_pages_are_numbered_and_of_one_revision_and_none_is_half_empty(client: str, number: int) -> None:
    form = form_of(client, number=number)
    pages = read(form).pages
    texts = [page.extract_text() for page in pages]
    for at, text in enumerate(texts, 1):
        assert f"page {at} of {len(pages)}" in text
        assert f"revision {form.revision}" in text
    assert "Signature" in texts[-1] and "decided by" in texts[0]
    heights: list[float] = []
    pages[-1].extract_text(visitor_text=lambda text, _cm, tm, *_: heights.append(tm[5]) if text.strip() else None)
    lowest = min(height for height in heights if height > 60)
    assert len(pages) == 1 or lowest < float(pages[-1].mediabox.height) / 2


def test_the_same_files_make_the_same_revision() -> None:
    form = form_of("acme-capital")
    assert form.revision == form_of("acme-capital", today=date(2027, 1, 4)).revision
    other = replace(form, sections=form.sections[1:])
    assert other.revision != form.revision
    assert f"revision {form.revision}" in markdown(form)


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (("mon", "tue", "wed", "thu", "fri"), "Monday to Friday"),
        (("sat",), "Saturday"),
        (("sun", "sat"), "Saturday and Sunday"),
        (("mon", "wed", "fri"), "Monday, Wednesday and Friday"),
        (("mon", "tue", "wed", "sat"), "Monday to Wednesday and Saturday"),
        (("sun", "mon", "tue", "wed", "thu", "fri", "sat"), "every day"),
    ],
)
def test_a_week_in_words(days: tuple[Day, ...], words: str) -> None:
    assert week(days) == words


def test_a_telephone_has_the_picture_downwards() -> None:
    wide = form_of("acme-capital").picture
    narrow = wide.narrow()
    assert [box.title for box in narrow.boxes] == [
        "Trading hosts",
        "Client's gateway",
        "Venue's gateway A",
        "Venue's gateway B",
        "northbridge",
    ]
    tops = [box.y for box in narrow.boxes]
    assert tops == sorted(set(tops)) and narrow.width == 360
    assert all(box.x + box.width <= narrow.width and box.y + box.height <= narrow.height for box in narrow.boxes)
    assert {line.waits for line in narrow.lines if line.tunnel} == {True, False}


def test_each_end_is_named_with_its_port() -> None:
    (deployment,) = load(clients=CLIENTS, venues=VENUES, selected=["lse-proquote"]).deployments
    (tunnel,) = deployment.connections
    venue = tunnel.venue
    ends = tuple(
        venue.fix[0].model_copy(update={"name": name, "port": 9001 + n})
        for n, name in enumerate(("orders", "drop-copy"))
    )
    several = replace(tunnel, venue=venue.model_copy(update={"fix": ends}))
    (box,) = [one for one in draw(deployment, (several,), None).boxes if one.title == venue.name]
    assert box.lines == (str(ends[0].host), "orders :9001", "drop-copy :9002")
    many = replace(tunnel, venue=venue.model_copy(update={"fix": ends[:1] * 9}))
    (box,) = [one for one in draw(deployment, (many,), None).boxes if one.title == venue.name]
    assert box.lines[-1] == "and 6 more" and box.height >= 32 + 14 * len(box.lines)
