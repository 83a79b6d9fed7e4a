"""The security associations that a venue's gateway holds, as charon tells them over vici (`list-sas`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Any

from model.proposal import Proposal
from rehearsal.world.venue.proposal import negotiated


@dataclass(frozen=True, kw_only=True)
class ChildSa:
    """Phase 2: an SA that carries traffic. `number` is charon's own; `in` is from the client to the venue."""

    number: int
    name: str
    state: str
    proposal: Proposal | None
    local_ts: tuple[str, ...]
    remote_ts: tuple[str, ...]
    bytes_in: int
    bytes_out: int
    packets_in: int
    packets_out: int
    established_seconds: int
    udp_encapsulated: bool

    @property
    def is_up(self) -> bool:
        """Whether it can carry traffic: installed, and not one that is being replaced."""
        return self.state == "INSTALLED"


@dataclass(frozen=True, kw_only=True)
class IkeSa:
    """Phase 1, with its children. `number` is charon's own; `remote_id` is None until the client has shown it."""

    number: int
    name: str
    state: str
    version: int
    remote_address: IPv4Address
    remote_port: int
    local_id: str
    remote_id: str | None
    proposal: Proposal | None
    client_started: bool
    established_seconds: int
    children: tuple[ChildSa, ...]

    @property
    def is_up(self) -> bool:
        """Whether both sides have authenticated."""
        return self.state == "ESTABLISHED"


def ike_sa(name: str, told: Mapping[str, Any]) -> IkeSa:
    """An IKE SA from one section of vici's answer, whose values are bytes."""
    text = _text(told)
    return IkeSa(
        number=int(text["uniqueid"]),
        name=name,
        state=text["state"],
        version=int(text["version"]),
        remote_address=IPv4Address(text["remote-host"]),
        remote_port=int(text.get("remote-port", "500")),
        local_id=text["local-id"],
        remote_id=None if text["remote-id"] == "%any" else text["remote-id"],
        proposal=negotiated(text),
        client_started=text.get("initiator") != "yes",
        established_seconds=int(text.get("established", "0")),
        children=tuple(_child(child) for child in told.get("child-sas", {}).values()),
    )


def _child(told: Mapping[str, Any]) -> ChildSa:
    text = _text(told)
    return ChildSa(
        number=int(text["uniqueid"]),
        name=text["name"],
        state=text["state"],
        proposal=negotiated(text),
        local_ts=_selectors(told.get("local-ts", [])),
        remote_ts=_selectors(told.get("remote-ts", [])),
        bytes_in=int(text.get("bytes-in", "0")),
        bytes_out=int(text.get("bytes-out", "0")),
        packets_in=int(text.get("packets-in", "0")),
        packets_out=int(text.get("packets-out", "0")),
        established_seconds=int(text.get("install-time", "0")),
        udp_encapsulated=text.get("encap") == "yes",
    )


def _text(told: Mapping[str, Any]) -> dict[str, str]:
    return {key: value.decode() for key, value in told.items() if isinstance(value, bytes)}


def _selectors(told: list[bytes]) -> tuple[str, ...]:
    return tuple(selector.decode() for selector in told)
