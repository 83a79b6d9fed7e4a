"""What the doctor finds at one layer."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

Side = Literal["us", "aws", "venue", "either", "between"]
WHOSE: dict[Side, str] = {
    "us": "ours",
    "aws": "AWS's",
    "venue": "the venue's",
    "either": "ours or the venue's: compare",
    "between": "of somebody between us and the venue",
}


@dataclass(frozen=True, kw_only=True)
class Finding:
    """A layer that is well. `tunnel` is empty where it is about the client as a whole; `asked` is not so where no command
    reached the gateway, and nothing is known of it."""

    layer: str
    evidence: str
    tunnel: str = ""
    asked: bool = True

    def as_dict(self) -> dict[str, Any]:
        """For a machine to read."""
        return {**asdict(self), "well": True if self.asked else None}


class Broken(Exception):
    """A layer that is not well: the evidence in the words of what was asked, whose side it is on, what to do."""

    def __init__(
        self,
        layer: str,
        what: str,
        *,
        side: Side,
        advice: str,
        cause: str = "",
        evidence: str = "",
        tunnel: str = "",
        to_venue: str = "",
    ) -> None:
        super().__init__(what)
        self.layer, self.what, self.side, self.advice = layer, what, side, advice
        self.cause, self.evidence, self.tunnel, self.to_venue = cause, evidence.strip(), tunnel, to_venue

    def as_dict(self) -> dict[str, Any]:
        """For a machine to read."""
        return {**self.__dict__, "well": False}
