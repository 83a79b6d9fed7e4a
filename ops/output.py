"""What verbs say with --json that no other part of the program has a type for. `ops.schema` writes the schemas of all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from model.faults import Fault


@dataclass(frozen=True, kw_only=True)
class Made:
    """`init`: the folder, and what was written in it. What was there already stays, and is not named."""

    folder: str
    files: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Written:
    """`new`: the file that was written. `needs_image`: `fixtunnel image pin` comes next, its account and venue require it."""

    client: str
    file: str
    needs_image: bool
    warnings: tuple[Fault, ...]


@dataclass(frozen=True, kw_only=True)
class VenueWritten:
    """`new venue`: the file that was written."""

    venue: str
    file: str
    warnings: tuple[Fault, ...]


@dataclass(frozen=True, kw_only=True)
class Formatted:
    """`fmt`: one file, and whether it was not written so. Without --check it now is."""

    file: str
    changes: bool


@dataclass(frozen=True, kw_only=True)
class Holidays:
    """`holidays`: the dates that are in the venue file now; `half_days` are the exchange's, and are not written."""

    file: str
    exchange: str
    until: str
    closed: list[str]
    half_days: list[str]


@dataclass(frozen=True, kw_only=True)
class Deployed:
    """`deploy`: the plan (as of `plan`), whether something was deployed, and the client then (as of `status`).

    `status` is null where nothing was deployed, or no machine was booted.
    """

    plan: dict[str, Any]
    deployed: bool
    status: dict[str, Any] | None


@dataclass(frozen=True, kw_only=True)
class Part:
    """Of `destroy`: what outlives the stack. `name` is the address, the tunnel or the log group; `id` what AWS knows it by."""

    kind: Literal["address", "secret", "log"]
    name: str
    id: str
    outcome: Literal["kept", "released", "deleted"]


@dataclass(frozen=True, kw_only=True)
class Destroyed:
    """`destroy`: the stack, empty where it was gone already, and what outlives it with its cost in US dollars a month."""

    client: str
    stack: str
    parts: tuple[Part, ...]
    kept_month: float


@dataclass(frozen=True, kw_only=True)
class Pinned:
    """`image pin` and `image update`: the image in the client file. `was` and `made` are empty where none is known.

    `replaces`: the next deploy replaces the gateway, which runs another image.
    """

    client: str
    file: str
    image: str
    name: str
    made: str
    was: str
    replaces: bool


PskOutcome = Literal["stored", "accepted", "untried", "waiting-for-window", "refused", "not-taken"]


@dataclass(frozen=True, kw_only=True)
class PskChanged:
    """`secret set` and `secret rotate`: the tunnel, its secret's ARN, and what became of the new PSK. Never the PSK."""

    client: str
    tunnel: str
    secret: str
    weak: bool
    outcome: PskOutcome
    words: str


@dataclass(frozen=True, kw_only=True)
class EvidenceKept:
    """`evidence`: the archive, the names of what is in it, and what is missing from it, each with the reason."""

    client: str
    file: str
    parts: tuple[str, ...]
    missing: dict[str, str]


@dataclass(frozen=True, kw_only=True)
class PskCompared:
    """`secret verify`: one tunnel. `alike` where gateway and secret have the same PSK."""

    tunnel: str
    alike: bool
    words: str


@dataclass(frozen=True, kw_only=True)
class Held:
    """`hold`: the Elastic IP, the instance that has it, and whether it is held there."""

    client: str
    address: str
    gateway: str
    held: bool


@dataclass(frozen=True, kw_only=True)
class Switched:
    """`switch`: the Elastic IP, the instance that has it now, and the one that had it and stands by."""

    client: str
    address: str
    gateway: str
    standby: str
