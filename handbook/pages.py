"""Every page that is made from the code, by its path."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from handbook import architecture, commands, dashboard, documents, fields, house, recovery, systems

ROOT = Path(__file__).parents[1]
PAGES: Mapping[str, Callable[[], str]] = {
    "docs/fields.md": fields.page,
    "docs/commands.md": commands.page,
    "docs/json.md": documents.page,
    "docs/catalogue.md": systems.page,
    "CONTRIBUTING.md": house.page,
    "docs/pictures/house.svg": house.picture,
    "docs/pictures/architecture.svg": architecture.picture,
    "docs/pictures/recovery.svg": recovery.picture,
    "docs/pictures/dashboard.svg": dashboard.picture,
}
