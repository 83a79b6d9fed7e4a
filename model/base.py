"""What every typed part of a file has in common: it is frozen, and unknown keys are rejected."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict
from pydantic.fields import FieldInfo


class Part(BaseModel):
    """A frozen mapping with known keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @classmethod
    def fields_by_key(cls) -> dict[str, FieldInfo]:
        """Its fields by their keys in a file; `from` is no name that Python has for one."""
        return {field.alias or name: field for name, field in cls.model_fields.items()}
