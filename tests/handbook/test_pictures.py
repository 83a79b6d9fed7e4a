"""The pictures of docs/ are what a browser shows today, as far as fonts allow; and the charts are of the pages' own figures."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest
from PIL import Image, ImageChops, ImageStat

from handbook import dashboard, recovery
from handbook.pictures import PICTURES, draw, lack

MOST_BYTES, FAR = 150_000, 4
NAMES = ("report-1280", "report-390", "form-1280", "form-390", "form-page-1", "form-page-2")


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if missing := lack():
        pytest.skip(f"not installed: {', '.join(missing)} (.ci/run installs them)")
    folder = tmp_path_factory.mktemp("pictures")
    draw(folder)
    return folder


@pytest.mark.parametrize("name", NAMES)
def test_a_picture_shows_what_a_browser_shows(name: str, drawn: Path) -> None:
    kept, now = (Image.open(folder / f"{name}.png").convert("L") for folder in (PICTURES, drawn))
    assert now.width == kept.width
    assert abs(now.height - kept.height) <= 0.03 * kept.height, (
        "python -m handbook.pictures writes it; look at it first"
    )
    assert distance(kept, now) < FAR, "python -m handbook.pictures writes it; look at it first"


def distance(one: Image.Image, other: Image.Image) -> float:
    """How far apart two pictures are, of 255, seen from some way off: letters of another font are alike."""
    size = (one.width // 8, one.height // 8)
    small = [each.resize(size, Image.Resampling.BOX) for each in (one, other)]
    return float(ImageStat.Stat(ImageChops.difference(*small)).mean[0])


def test_what_is_not_drawn_is_noticed() -> None:
    """A page without its style, or an empty one, is far from the picture."""
    for name in NAMES:
        kept = Image.open(PICTURES / f"{name}.png").convert("L")
        assert distance(kept, Image.new("L", kept.size, 255)) > FAR, name


def test_pictures_are_small_and_all_are_known() -> None:
    found = {path.stem: path.stat().st_size for path in PICTURES.glob("*.png")}
    assert set(found) == set(NAMES)
    assert {name: size for name, size in found.items() if size > MOST_BYTES} == {}


def test_the_recovery_chart_has_the_tables_own_figures() -> None:
    found = {one.fault: one for one in recovery.pairs()}
    killed = found["venue's daemon killed and started again at once"]
    assert (killed.ours, killed.seeds, killed.seeds_came_back) == (6.7, 221.3, False)
    assert all(one.ours <= one.seeds for one in found.values())
    assert len(found) == 6


def test_every_widget_of_the_dashboard_is_drawn() -> None:
    drawn = ElementTree.fromstring(dashboard.picture())
    texts = [one.text for one in drawn.iter("{http://www.w3.org/2000/svg}text")]
    titles = [widget["properties"]["title"] for widget in dashboard._body()["widgets"]]
    assert len(titles) == 8
    assert [title for title in titles if title not in texts] == []
