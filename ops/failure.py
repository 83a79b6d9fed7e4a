"""What the command says when it cannot go on: what failed, the evidence, and what to do. Never a traceback."""

from __future__ import annotations

FINE, FOUND, BAD_INPUT = 0, 1, 2
"""Exit statuses: fine; a finding or a failure; a wrong file or argument. A signal's are 128 and its number."""


class Failure(Exception):
    """Something failed for a reason that a person can act on."""

    status = FOUND

    def __init__(self, what: str, *, evidence: str = "", advice: str = "") -> None:
        self.what, self.evidence, self.advice = what, evidence.strip(), advice
        super().__init__(what)

    def __str__(self) -> str:
        parts = [self.what, *(f"  {line}" for line in self.evidence.splitlines())]
        return "\n".join([*parts, *([f"→ {self.advice}"] if self.advice else [])])


class BadInput(Failure):
    """A file or an argument is wrong."""

    status = BAD_INPUT
