"""What every typed part of a file has in common: it is frozen, and unknown keys are rejected."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Part(BaseModel):
    """A frozen mapping with known keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)
