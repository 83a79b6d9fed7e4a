"""The form as PDF, by fpdf2: pure Python, no system package.

Its built-in fonts have Windows' Western characters (cp1252) and no others.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from datetime import UTC, datetime, time

from fpdf import FPDF
from fpdf.enums import XPos, YPos

from ops.form.content import DECIDED_BY, Form, Row, Section
from ops.form.fields import Field, fillable
from ops.form.picture import WIDTH, Box, Line

_INK, _FAINT, _ACCENT, _BLANK, _RULE = (28, 37, 48), (92, 104, 117), (11, 92, 171), (255, 241, 194), (213, 219, 225)
_FONT = "Helvetica"
_LINE_HEIGHTS = (5.0, 5.4, 5.8, 6.3, 4.7, 4.4)
"""Millimetres of a line of a table: the first one whose last page is not half empty is taken."""
_SIGN_HEIGHT, _KEPT_TOGETHER, _PAD = 46, 75, 0.6


class _Pages(FPDF):
    """Its pages are numbered, and each says of which revision it is."""

    foot = ""

    def footer(self) -> None:
        """fpdf2 calls it at the end of each page."""
        self.set_y(-12)
        self.set_font(_FONT, "", 8)
        self.set_text_color(*_FAINT)
        self.cell(0, 5, self.foot)
        self.set_x(self.l_margin)
        self.cell(0, 5, f"page {self.page_no()} of {{nb}}", align="R")


@dataclass
class Paper:
    """One form on paper. `lost` has the characters that its font does not have."""

    form: Form
    lost: set[str] = field(default_factory=set)

    def render(self) -> bytes:
        """The PDF, with a field for each blank."""
        for high in _LINE_HEIGHTS:
            self._draw(high)
            if self._pdf.page_no() == 1 or self._pdf.get_y() > self._pdf.h / 2:
                break
        else:
            self._draw(_LINE_HEIGHTS[0])
        return fillable(bytes(self._pdf.output()), self._fields)

    def _draw(self, high: float) -> None:
        self._high, self._fields = high, list[Field]()
        self._pdf = _Pages(format="A4", unit="mm")
        self._pdf.core_fonts_encoding = "cp1252"
        self._pdf.set_creation_date(datetime.combine(self.form.made, time(), UTC))
        self._pdf.set_title(self._text(self.form.title))
        self._pdf.foot = self._text(f"{self.form.made.isoformat()}, revision {self.form.revision}")
        self._pdf.set_auto_page_break(True, margin=17)
        self._pdf.add_page()
        self._head()
        self._picture()
        for section in self.form.sections:
            self._section(section)
        self._signatures()

    def _text(self, text: str) -> str:
        """The text as the font can show it: an accent may go, and what it cannot show at all becomes '?'."""
        plain = [sign if _is_western(sign) else unicodedata.normalize("NFKD", sign)[0] for sign in text]
        self.lost |= {sign for sign in text if not _is_western(sign)}
        return "".join(sign if _is_western(sign) else "?" for sign in plain)

    def _head(self) -> None:
        blanks = f" Blanks to fill in: {len(self.form.blanks)}." if self.form.blanks else ""
        made = f"Made on {self.form.made.isoformat()}, revision {self.form.revision}."
        self._write(self.form.title, size=14, style="B", high=6)
        self._write(f"{self.form.subtitle} {made}{blanks}", size=9, colour=_FAINT, high=5)

    def _write(
        self, text: str, *, size: float, style: str = "", colour: tuple[int, int, int] = _INK, high: float
    ) -> None:
        self._pdf.set_font(_FONT, style, size)
        self._pdf.set_text_color(*colour)
        self._pdf.multi_cell(0, high, self._text(text), align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    def _section(self, section: Section) -> None:
        whole = 12 + self._high * len(section.rows)
        if self._pdf.will_page_break(whole if whole < _KEPT_TOGETHER else 25):
            self._pdf.add_page()
        self._pdf.ln(3)
        top = self._pdf.get_y()
        self._write(section.title, size=11, style="B", colour=_ACCENT, high=6)
        _, _, decided = self._columns()
        self._at(decided[0], top + 1, "decided by", decided[1], colour=_FAINT, size=7.5)
        self._pdf.set_y(top + 6)
        for row in section.rows:
            self._row(row)

    def _columns(self) -> tuple[tuple[float, float], tuple[float, float], tuple[float, float]]:
        """Of label, value and side: where each begins, and its width."""
        left, wide = self._pdf.l_margin, self._pdf.epw
        return (left, wide * 0.36), (left + wide * 0.36, wide * 0.51), (left + wide * 0.87, wide * 0.13)

    def _row(self, row: Row) -> None:
        label, value, side = self._columns()
        blank = row.value is None
        said = self._text(f"{row.blank.partition('(')[2].rstrip(')')}" if blank else row.text)
        self._pdf.set_font(_FONT, "", 9)
        texts = ((self._text(row.label), label), (said, value))
        high = self._high * max(len(self._lines(text, wide)) for text, (_, wide) in texts)
        if self._pdf.will_page_break(high + 1):
            self._pdf.add_page()
        top = self._pdf.get_y()
        if blank:
            self._blank(row, value, top, high)
        else:
            self._at(value[0], top, said, value[1])
        self._at(label[0], top, self._text(row.label), label[1])
        self._at(side[0], top, DECIDED_BY[row.side], side[1], colour=_FAINT)
        self._pdf.set_draw_color(*_RULE)
        self._pdf.set_line_width(0.2)
        self._pdf.line(self._pdf.l_margin, top + high, self._pdf.l_margin + self._pdf.epw, top + high)
        self._pdf.set_y(top + high)

    def _lines(self, text: str, wide: float) -> list[str]:
        lines = self._pdf.multi_cell(wide, self._high, text, align="L", dry_run=True, output="LINES")
        assert isinstance(lines, list)
        return lines

    def _at(
        self,
        x: float,
        y: float,
        text: str,
        wide: float,
        *,
        colour: tuple[int, int, int] = _INK,
        size: float = 9,
    ) -> None:
        self._pdf.set_xy(x, y)
        self._pdf.set_font(_FONT, "", size)
        self._pdf.set_text_color(*colour)
        self._pdf.multi_cell(wide, self._high, text, align="L")

    def _blank(self, row: Row, place: tuple[float, float], top: float, high: float) -> None:
        """A field over a tint; who has to fill it stands under it, small, until somebody does."""
        x, wide = place
        self._pdf.set_fill_color(*_BLANK)
        self._pdf.rect(x, top + _PAD / 2, wide - 2, high - _PAD, style="F")
        said = self._text(row.blank.partition("(")[2].rstrip(")"))
        self._pdf.set_font(_FONT, "", 7)
        taken = self._pdf.get_string_width(said) + 4
        self._at(x + wide - 2 - taken, top, said, taken + 2, colour=_FAINT, size=7)
        self._field(row.label, x, top + _PAD / 2, wide - 2 - taken, high - _PAD)

    def _field(self, name: str, x: float, y: float, wide: float, high: float) -> None:
        self._fields.append(Field(name=name, page=self._pdf.page_no() - 1, x=x, y=y, width=wide, height=high))

    def _signatures(self) -> None:
        """Room for both ends to sign what the pages above say."""
        if self._pdf.will_page_break(_SIGN_HEIGHT):
            self._pdf.add_page()
        top, half = self._pdf.get_y() + 7, self._pdf.epw / 2
        for number, (end, name) in enumerate((("client", self.form.client), ("venue", self.form.venue))):
            x = self._pdf.l_margin + number * half
            self._at(x, top, f"For the {end}", half, colour=_ACCENT)
            self._at(x, top + 5, self._text(name)[:60], half - 8)
            for line, what in enumerate(("Name", "Date", "Signature")):
                y = top + 20 + line * 9
                self._at(x, y - 4.5, what, 20, colour=_FAINT, size=7.5)
                self._pdf.set_draw_color(*_INK)
                self._pdf.line(x, y, x + half - 8, y)
                if what != "Signature":
                    self._field(f"{what}, for the {end}", x + 16, y - 5.5, half - 24, 5)
        self._pdf.set_y(top + _SIGN_HEIGHT - 7)

    def _picture(self) -> None:
        scale = self._pdf.epw / WIDTH
        top = self._pdf.get_y() + 2
        for line in self.form.picture.lines:
            self._line(line, scale, top)
        for box in self.form.picture.boxes:
            self._box(box, scale, top)
        self._pdf.set_y(top + self.form.picture.height * scale)

    def _line(self, line: Line, scale: float, top: float) -> None:
        left = self._pdf.l_margin
        self._pdf.set_draw_color(*(_ACCENT if line.tunnel else _INK))
        self._pdf.set_line_width(0.9 if line.tunnel else 0.25)
        self._pdf.set_dash_pattern(dash=2 if line.waits else 0, gap=1.4 if line.waits else 0)
        x1, y1 = left + line.x1 * scale, top + line.y1 * scale
        x2, y2 = left + line.x2 * scale, top + line.y2 * scale
        self._pdf.line(x1, y1, x2, y2)
        self._pdf.set_dash_pattern()

    def _box(self, box: Box, scale: float, top: float) -> None:
        x, y = self._pdf.l_margin + box.x * scale, top + box.y * scale
        self._pdf.set_draw_color(*_INK)
        self._pdf.set_fill_color(255, 255, 255)
        self._pdf.set_line_width(0.25)
        self._pdf.rect(x, y, box.width * scale, box.height * scale, style="DF", round_corners=True, corner_radius=1.2)
        middle = x + box.width * scale / 2
        self._centred(box.title, middle, y + 21 * scale, size=8, style="B")
        for number, line in enumerate(box.lines):
            self._centred(line, middle, y + (38 + 14 * number) * scale, size=7, colour=_FAINT)

    def _centred(
        self, text: str, x: float, y: float, *, size: int, style: str = "", colour: tuple[int, int, int] = _INK
    ) -> None:
        self._pdf.set_font(_FONT, style, size)
        self._pdf.set_text_color(*colour)
        shown = self._text(text)
        self._pdf.text(x - self._pdf.get_string_width(shown) / 2, y, shown)


def _is_western(sign: str) -> bool:
    try:
        sign.encode("cp1252")
    except UnicodeEncodeError:
        return False
    return True
