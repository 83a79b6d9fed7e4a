"""What people look at, as a browser shows it: `python -m handbook.pictures` writes docs/pictures/*.png.

Debian's Chromium draws the report of a rehearsal (with invented figures) and the form of an example client, wide and on a
telephone; pdftoppm (poppler-utils) the form's pages on paper. A test makes them again, and compares loosely: fonts differ.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from PIL import Image, ImageChops

from handbook import sample
from model.load import load
from ops.form.content import Form, forms
from ops.form.document import page
from ops.form.pdf import Paper
from rehearsal.report import write

ROOT = Path(__file__).parents[1]
PICTURES = ROOT / "docs/pictures"
PROGRAMS = ("chromium", "pdftoppm")
WIDE, NARROW, _TALL = 1280, 390, 9000
_DOTS_AN_INCH, _COLOURS, _LIMIT_S = 80, 32, 60
_MADE = date(2026, 11, 28)


def lack() -> list[str]:
    """The programs of Debian's that are missing here."""
    return [name for name in PROGRAMS if not shutil.which(name)]


def draw(folder: Path) -> list[Path]:
    """Every picture, into a folder; where they are."""
    with tempfile.TemporaryDirectory(prefix="fixtunnel-pictures-") as name:
        return list(_draw(Path(name), folder))


def _draw(work: Path, folder: Path) -> Iterator[Path]:
    form = _form()
    write(sample.report(), work)
    (work / "form.html").write_text(page(form))
    (work / "form.pdf").write_bytes(Paper(form).render())
    for name in ("report", "form"):
        for width in (WIDE, NARROW):
            yield _kept(_screen(work, work / f"{name}.html", width), folder / f"{name}-{width}.png")
    for number, paper in enumerate(_pages(work, work / "form.pdf"), 1):
        yield _kept(Image.open(paper).convert("RGB"), folder / f"form-page-{number}.png")


def _form() -> Form:
    (deployment,) = load(clients=ROOT / "clients", venues=ROOT / "venues", selected=["acme-capital"]).deployments
    return forms(deployment, address=None, today=_MADE)[0]


def _screen(work: Path, shown: Path, width: int) -> Image.Image:
    """The whole of a page, without what is empty under it."""
    out = work / f"{shown.stem}-{width}.png"
    options = ["--headless", "--disable-gpu", "--hide-scrollbars", "--force-device-scale-factor=1", "--no-first-run"]
    # Root has no sandbox, and what is shown is ours.
    options += ["--no-sandbox"] if os.geteuid() == 0 else []
    options += [
        f"--user-data-dir={work}/profile",
        f"--window-size={width},{_TALL}",
        f"--screenshot={out}",
        shown.as_uri(),
    ]
    subprocess.run(["chromium", *options], check=True, capture_output=True, timeout=_LIMIT_S)
    picture = Image.open(out).convert("RGB")
    empty = Image.new("RGB", picture.size, picture.getpixel((0, picture.height - 1)))
    _, _, _, end = ImageChops.difference(picture, empty).getbbox() or (0, 0, 0, picture.height)
    return picture.crop((0, 0, width, min(end + 24, picture.height)))


def _pages(work: Path, pdf: Path) -> list[Path]:
    argv = ["pdftoppm", "-r", str(_DOTS_AN_INCH), "-png", str(pdf), str(work / "paper")]
    subprocess.run(argv, check=True, capture_output=True, timeout=_LIMIT_S)
    return sorted(work.glob("paper-*.png"))


def _kept(picture: Image.Image, path: Path) -> Path:
    """In few colours, the rare ones too: it is text and bars."""
    picture.quantize(_COLOURS, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(path, optimize=True)
    return path


if __name__ == "__main__":
    if missing := lack():
        sys.exit(f"missing: {', '.join(missing)}; apt-get install chromium poppler-utils")
    for made in draw(PICTURES):
        print(f"wrote {made.relative_to(ROOT)}")
