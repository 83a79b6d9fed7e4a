"""The form as PDF, by fpdf2: pure Python, no system package.

Its built-in fonts have Windows' Western characters (cp1252) and no others.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from datetime import UTC, datetime, time

from fpdf import FPDF
from fpdf.enums import XPos, YPos
from fpdf.fonts import FontFace

from ops.form.content import Form, Section
from ops.form.picture import WIDTH, Box, Line

_INK, _FAINT, _ACCENT, _BLANK, _RULE = (28, 37, 48), (92, 104, 117), (11, 92, 171), (255, 241, 194), (213, 219, 225)
_FONT = "Helvetica"
_SIDES = {"us": "client", "venue": "venue", "both": "agreed"}


@dataclass
class Paper:
    """One form on paper. `lost` has the characters that its font does not have."""

    form: Form
    lost: set[str] = field(default_factory=set)

    def render(self) -> bytes:
        """The PDF."""
        self._pdf = FPDF(format="A4", unit="mm")
        self._pdf.core_fonts_encoding = "cp1252"
        self._pdf.set_creation_date(datetime.combine(self.form.made, time(), UTC))
        self._pdf.set_title(self._text(self.form.title))
        self._pdf.set_auto_page_break(True, margin=15)
        self._pdf.add_page()
        self._head()
        self._picture()
        for section in self.form.sections:
            self._section(section)
        return bytes(self._pdf.output())

    def _text(self, text: str) -> str:
        """The text as the font can show it: an accent may go, and what it cannot show at all becomes '?'."""
        plain = [sign if _is_western(sign) else unicodedata.normalize("NFKD", sign)[0] for sign in text]
        self.lost |= {sign for sign in text if not _is_western(sign)}
        return "".join(sign if _is_western(sign) else "?" for sign in plain)

    def _head(self) -> None:
        blanks = f" Blanks to fill in: {len(self.form.blanks)}." if self.form.blanks else ""
        self._write(self.form.title, size=14, style="B", high=6)
        self._write(
            f"{self.form.subtitle} Made on {self.form.made.isoformat()}.{blanks}", size=9, colour=_FAINT, high=5
        )

    def _write(
        self, text: str, *, size: int, style: str = "", colour: tuple[int, int, int] = _INK, high: float
    ) -> None:
        self._pdf.set_font(_FONT, style, size)
        self._pdf.set_text_color(*colour)
        self._pdf.multi_cell(0, high, self._text(text), new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    def _section(self, section: Section) -> None:
        if self._pdf.will_page_break(25):
            self._pdf.add_page()
        self._pdf.ln(3)
        self._write(section.title, size=11, style="B", colour=_ACCENT, high=6)
        self._pdf.set_draw_color(*_RULE)
        self._pdf.set_font(_FONT, "", 9)
        self._pdf.set_text_color(*_INK)
        layout = {"col_widths": (38, 50, 12), "line_height": 5, "borders_layout": "HORIZONTAL_LINES"}
        with self._pdf.table(first_row_as_headings=False, text_align="LEFT", **layout) as table:
            for row in section.rows:
                cells = table.row()
                cells.cell(self._text(row.label))
                cells.cell(self._text(row.text), style=FontFace(fill_color=_BLANK) if row.value is None else None)
                cells.cell(_SIDES[row.side], style=FontFace(color=_FAINT))

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
