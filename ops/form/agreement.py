"""Where two lists of proposals meet: the ends take one that both have, whatever the order (RFC 7296, section 2.7)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from model.proposal import Proposal
from model.venue import Venue
from ops.form.answer import Answer

Phase = Literal["ike", "esp"]
PHASES: tuple[Phase, ...] = ("ike", "esp")


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """What both ends have in one phase. `keys` is how many keys of the answer it settles."""

    phase: Phase
    ours: tuple[Proposal, ...]
    theirs: tuple[Proposal, ...]
    keys: int

    @property
    def is_whole(self) -> bool:
        """Whether nothing is to be said: the lists are alike, or the venue named the one that it takes."""
        return self.theirs == self.ours or len(self.theirs) == 1

    @property
    def why(self) -> str:
        """What the difference means."""
        common = ", ".join(str(one) for one in self.ours if one in self.theirs)
        return f"both have {common}, so they agree: nothing has to change now"


def agreements(answer: Answer, venue: Venue) -> Iterator[Agreement]:
    """Each phase whose lists have a proposal in common."""
    for phase in PHASES:
        part = getattr(answer, phase)
        preferred, others = (part.proposal, part.alternatives) if part else (None, None)
        ours = tuple(_whole(one, venue, phase, answer) for one in getattr(venue, phase).proposals)
        first = answer.ike.proposal if answer.ike else None
        theirs = tuple(_whole(one, venue, phase, answer, first) for one in (preferred, *(others or ())) if one)
        if {*ours} & {*theirs}:
            keys = (preferred is not None) + (others is not None)
            yield Agreement(phase=phase, ours=ours, theirs=tuple(dict.fromkeys(theirs)), keys=keys)


def without(answer: Answer, agreed: Iterator[Agreement] | list[Agreement]) -> Answer:
    """The answer without what is agreed on: it changes nothing in our file."""
    for one in agreed:
        part = getattr(answer, one.phase).model_copy(update={"proposal": None, "alternatives": None})
        answer = answer.model_copy(update={one.phase: part})
    return answer


def _whole(proposal: Proposal, venue: Venue, phase: Phase, answer: Answer, first: Proposal | None = None) -> Proposal:
    """With PFS a proposal of phase 2 that names no group has that of phase 1; where one end wants none, that differs alone."""
    if phase == "ike":
        return proposal
    if not venue.esp.pfs or (answer.esp and answer.esp.pfs is False):
        return replace(proposal, group=None)
    return replace(proposal, group=proposal.group or (first or venue.ike.proposal).group)
