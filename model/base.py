"""What every typed part of a file has in common: it cannot change, and it has no keys of its own invention."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Self, TypeVar

from pydantic import (
    BaseModel,
    ConfigDict,
    ValidationError,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    field_validator,
    model_validator,
)

Found = TypeVar("Found")
LENIENT = "lenient"
"""Validation context in which a part leaves out what is faulty, so that rules can still look at the rest."""
_FAULTY = object()


class Untold(AttributeError):
    """A rule asks for a value that is faulty. The fault is known already; the rule has nothing to say."""


class Part(BaseModel):
    """A frozen mapping with known keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """Reached only for what is left out."""
            if name in type(self).model_fields:
                raise Untold(name)
            return super().__getattr__(name)

    @model_validator(mode="before")
    @classmethod
    def _only_known(cls, data: Any, info: ValidationInfo) -> Any:
        if info.context != LENIENT or not isinstance(data, dict):
            return data
        fields = cls.model_fields
        missing = {name: _FAULTY for name, field in fields.items() if field.is_required()}
        return missing | {key: value for key, value in data.items() if key in fields}

    @field_validator("*", mode="wrap")
    @classmethod
    def _mark(cls, value: Any, handler: ValidatorFunctionWrapHandler, info: ValidationInfo) -> Any:
        if info.context != LENIENT:
            return handler(value)
        try:
            return value if value is _FAULTY else handler(value)
        except ValidationError:
            return _FAULTY

    @model_validator(mode="after")
    def _leave_out(self) -> Self:
        for name in [name for name, value in self.__dict__.items() if value is _FAULTY]:
            del self.__dict__[name]
        return self


def as_far_as_told(rule: Callable[..., Iterator[Found]], *about: Any) -> list[Found]:
    """What a rule finds before it comes to a value that is faulty itself."""
    found: list[Found] = []
    try:
        for one in rule(*about):
            found.append(one)
    except Untold:
        pass
    return found
