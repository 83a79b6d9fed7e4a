"""Where things are."""

from pathlib import Path

ROOT = Path(__file__).parent.parent
CLIENTS = ROOT / "clients"
VENUES = ROOT / "venues"
STRICT = ROOT / "tests/rehearsal/scenarios/clients"
