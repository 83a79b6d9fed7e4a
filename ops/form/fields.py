"""Fields of a PDF that its reader fills in (ISO 32000, 12.7), put into what fpdf2 made: it has none of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO

from pypdf import PdfReader, PdfWriter
from pypdf.generic import (
    ArrayObject,
    DictionaryObject,
    FloatObject,
    NameObject,
    NumberObject,
    TextStringObject,
)  # fmt: skip

_POINTS = 72 / 25.4
_PRINTED = 4
"""A flag of an annotation: it is printed, too."""


@dataclass(frozen=True, kw_only=True)
class Field:
    """A place for a line of text, on a page that counts from 0; millimetres from the page's upper left corner."""

    name: str
    page: int
    x: float
    y: float
    width: float
    height: float


def fillable(pdf: bytes, fields: Sequence[Field]) -> bytes:
    """The PDF with these fields."""
    writer = PdfWriter(clone_from=PdfReader(BytesIO(pdf)))
    font = DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Font"),
            NameObject("/Subtype"): NameObject("/Type1"),
            NameObject("/BaseFont"): NameObject("/Helvetica"),
            NameObject("/Encoding"): NameObject("/WinAnsiEncoding"),
        }
    )
    made = ArrayObject(_put(writer, field, number) for number, field in enumerate(fields, 1))
    fonts = DictionaryObject({NameObject("/Helv"): writer._add_object(font)})
    writer.root_object[NameObject("/AcroForm")] = DictionaryObject(
        {
            NameObject("/Fields"): made,
            NameObject("/DA"): TextStringObject("/Helv 9 Tf 0 g"),
            NameObject("/DR"): DictionaryObject({NameObject("/Font"): fonts}),
        }
    )
    said = BytesIO()
    writer.write(said)
    return said.getvalue()


def _put(writer: PdfWriter, field: Field, number: int) -> object:
    page = writer.pages[field.page]
    top = float(page.mediabox.top)
    left, right = field.x * _POINTS, (field.x + field.width) * _POINTS
    upper, lower = top - field.y * _POINTS, top - (field.y + field.height) * _POINTS
    widget = writer._add_object(
        DictionaryObject(
            {
                NameObject("/Type"): NameObject("/Annot"),
                NameObject("/Subtype"): NameObject("/Widget"),
                NameObject("/FT"): NameObject("/Tx"),
                # A full stop parts a name; two rows may have one label.
                NameObject("/T"): TextStringObject(f"{number} {field.name.replace('.', '')}"),
                NameObject("/TU"): TextStringObject(field.name),
                NameObject("/V"): TextStringObject(""),
                NameObject("/DA"): TextStringObject("/Helv 9 Tf 0 g"),
                NameObject("/F"): NumberObject(_PRINTED),
                NameObject("/Rect"): ArrayObject(FloatObject(one) for one in (left, lower, right, upper)),
            }
        )
    )
    page.setdefault(NameObject("/Annots"), ArrayObject()).append(widget)
    return widget
