"""The JSON Schemas of venue and client files, for editors: `python -m model.schema` writes them."""

from __future__ import annotations

import json
from pathlib import Path

from model.base import Part
from model.client import Client
from model.venue import Venue

FOLDER = Path(__file__).parent / "schema"
_MODELS: dict[str, type[Part]] = {"client": Client, "venue": Venue}


def schemas() -> dict[Path, str]:
    """Each schema file with its content."""
    return {FOLDER / f"{name}.schema.json": _schema(name) for name in _MODELS}


def _schema(name: str) -> str:
    schema = _MODELS[name].model_json_schema(mode="validation")
    return json.dumps({"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}, indent=2) + "\n"


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for path, content in schemas().items():
        path.write_text(content)
        print(f"wrote {path}")
