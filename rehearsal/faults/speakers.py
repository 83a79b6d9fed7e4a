"""Which gateway of a pair the venue hears, beyond the translation: by the SPIs in a capture of both sides of EC2's edge.

What leaves the edge has one source address. By its SPI it is the packet that came out of one gateway's card.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path

BESIDE_SECONDS = 2.0
"""Who is heard again so soon after the other one began speaks beside it: no address comes back so soon."""
_BEFORE_SECONDS = 10.0
"""Who was heard so long before is who spoke when it began."""
_COOKED, _HEADER, _OUTGOING = 276, 20, 4
"""LINKTYPE_LINUX_SLL2 (tcpdump.org): the length of its header, and the type of a packet that leaves."""
_NATT, _UDP = 4500, 17


@dataclass(frozen=True)
class Packet:
    """A packet of IKE or ESP in UDP. `at` is Unix time; `tag` its SPI, for IKE the initiator's."""

    at: float
    leaves: bool
    source: IPv4Address
    target: IPv4Address
    tag: bytes
    is_esp: bool


@dataclass(frozen=True)
class Speech:
    """What the venue heard.

    Args:
        beside: packets of one gateway that were heard after the other one had begun.
        esp_seconds: until ESP of a gateway that was not heard before went both ways; None if none did.
    """

    beside: int
    esp_seconds: float | None


def speech(path: Path, *, gateways: Iterable[IPv4Address], since: float) -> Speech:
    """Of a capture, what was said from a moment (Unix time) on. `gateways` are the private addresses that the edge translates."""
    packets, own = list(_packets(path)), frozenset(gateways)
    sender = {one.tag: one.source for one in packets if not one.leaves and one.source in own}
    heard = [one for one in packets if one.leaves and one.tag in sender and one.target not in own]
    lately = [one for one in heard if one.at >= since - _BEFORE_SECONDS]
    later = [one for one in lately if one.at >= since]
    before = {sender[one.tag] for one in lately if one.at < since}
    return Speech(_beside(lately, sender), _esp(packets, later, sender, before, since))


def _beside(heard: list[Packet], sender: dict[bytes, IPv4Address]) -> int:
    count, began = 0, dict[IPv4Address, float]()
    speaker: IPv4Address | None = None
    for one in heard:
        who = sender[one.tag]
        if speaker is not None and who != speaker:
            if one.at - began.get(speaker, float("-inf")) < BESIDE_SECONDS:
                count += 1
                continue
            began[who] = one.at
        speaker = who
    return count


def _esp(
    packets: list[Packet],
    later: list[Packet],
    sender: dict[bytes, IPv4Address],
    before: set[IPv4Address],
    since: float,
) -> float | None:
    out = next((one for one in later if one.is_esp and sender[one.tag] not in before), None)
    if out is None:
        return None
    old = {one.tag for one in packets if one.at < since}
    to = sender[out.tag]
    back = (one for one in packets if one.leaves and one.is_esp and one.target == to and one.tag not in old)
    first = next(back, None)
    return round(max(out.at, first.at) - since, 1) if first else None


def _packets(path: Path) -> Iterator[Packet]:
    """Each packet on UDP 4500 that carries IKE or ESP."""
    content = path.read_bytes()
    if len(content) < 24 or struct.unpack_from("<I", content, 20)[0] != _COOKED:
        return
    at = 24
    while at + 16 <= len(content):
        seconds, micros, length, _ = struct.unpack_from("<IIII", content, at)
        whole = content[at + 16 : at + 16 + length]
        at += 16 + length
        if len(whole) == length and (packet := _packet(seconds + micros / 1e6, whole)):
            yield packet


def _packet(at: float, whole: bytes) -> Packet | None:
    ip = whole[_HEADER:]
    if len(ip) < 20 or ip[0] >> 4 != 4 or ip[9] != _UDP or struct.unpack_from("!H", ip, 6)[0] & 0x1FFF:
        return None
    udp = ip[(ip[0] & 15) * 4 :]
    if len(udp) < 20 or _NATT not in struct.unpack_from("!HH", udp):
        return None
    is_esp = udp[8:12] != bytes(4)
    tag = udp[8:12] if is_esp else udp[12:20]
    ends = (IPv4Address(ip[12:16]), IPv4Address(ip[16:20]))
    return Packet(at, whole[10] == _OUTGOING, *ends, tag, is_esp)
