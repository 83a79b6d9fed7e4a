"""What a gateway may say of itself, by type: as the contract has it, and no further trusted.

A gateway of another version says more, or less: what is not known here is left out, and what it never said has a default.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Moment = Annotated[int, Field(strict=True, ge=0, lt=1 << 33)]
"""Unix time; further away is no time that a computer can show."""
_Octets = Annotated[int, Field(strict=True, ge=0, lt=1 << 63)]
_Text = Annotated[str, Field(strict=True)]
_Word = Annotated[str, Field(strict=True, pattern=r"^[a-z][a-z-]{0,39}$")]
"""A state. A newer gateway may have one that the contract here does not know: it is shown as it is."""


class _Said(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class SaidChange(_Said):
    """`contract.Change`."""

    at: Moment
    state: _Word


class SaidIncident(_Said):
    """`contract.Incident`."""

    at: Moment
    state: _Word
    until: Moment | None


class SaidPort(_Said):
    """`contract.FixPort`."""

    up: bool | None
    ms: Annotated[float, Field(ge=0, le=1e9)] | None
    at: Moment


class SaidTried(_Said):
    """`contract.Tried`."""

    what: _Text


class SaidTunnel(_Said):
    """`contract.TunnelFacts`; a gateway of an earlier version speaks of one `fix_port`, and of no changes."""

    state: _Word
    since: Moment
    ike_up: bool
    child_sa_since: Moment | None
    bytes_in: _Octets | None
    bytes_out: _Octets | None
    fix_ports: dict[str, SaidPort] | None = None
    fix_port: SaidPort | None = None
    tried: tuple[SaidTried, ...]
    psk: _Word
    changes: tuple[SaidChange, ...] | None = None
    incident: SaidIncident | None = None


class SaidChosen(_Said):
    """`contract.Chosen`."""

    up: _Text
    why: _Text


class SaidStatus(_Said):
    """`contract.Booting` or `contract.Watching`."""

    time: Moment = 0
    state: _Word = "unknown"
    reason: _Text | None = None
    step: _Text | None = None
    engine: _Text = "running"
    tunnels: dict[str, SaidTunnel] = {}
    groups: dict[str, SaidChosen] = {}
    aws: dict[str, _Text] = {}
