"""Which gateway the venue hears, from a capture of both sides of EC2's edge."""

from __future__ import annotations

import struct
from ipaddress import IPv4Address
from pathlib import Path

import pytest

from rehearsal.faults.speakers import BESIDE_SECONDS, speech

FIRST, SECOND = IPv4Address("10.64.0.5"), IPv4Address("10.64.0.69")
PUBLIC, VENUE = IPv4Address("203.0.113.1"), IPv4Address("198.51.100.20")
OUT = {FIRST: b"\x11\x11\x11\x11", SECOND: b"\x22\x22\x22\x22"}
BACK = {FIRST: b"\x31\x31\x31\x31", SECOND: b"\x32\x32\x32\x32"}


class Line:
    """What passes, as tcpdump writes it."""

    def __init__(self) -> None:
        self.content = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 276)

    def pass_by(self, at: float, source: IPv4Address, target: IPv4Address, tag: bytes, *, leaves: bool) -> None:
        udp = struct.pack("!HHHH", 4500, 4500, 40, 0) + tag + bytes(28)
        ip = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0) + source.packed + target.packed
        whole = bytes(10) + (b"\x04" if leaves else b"\x00") + bytes(9) + ip + udp
        seconds = int(at)
        head = struct.pack("<IIII", seconds, int((at - seconds) * 1e6), len(whole), len(whole))
        self.content += head + whole

    def say(self, at: float, gateway: IPv4Address, *, is_heard: bool = True) -> None:
        self.pass_by(at, gateway, VENUE, OUT[gateway], leaves=False)
        if is_heard:
            self.pass_by(at, PUBLIC, VENUE, OUT[gateway], leaves=True)

    def answer(self, at: float, gateway: IPv4Address) -> None:
        self.pass_by(at, VENUE, PUBLIC, BACK[gateway], leaves=False)
        self.pass_by(at, VENUE, gateway, BACK[gateway], leaves=True)


@pytest.fixture
def line() -> Line:
    made = Line()
    for at in (95.0, 99.0):
        made.say(at, FIRST)
        made.answer(at, FIRST)
    return made


def heard(line: Line, folder: Path) -> tuple[int, float | None]:
    path = folder / "edge.pcap"
    path.write_bytes(line.content + b"\x01")  # tcpdump is just writing
    said = speech(path, gateways=[FIRST, SECOND], since=100.0)
    return said.beside, said.esp_seconds


def test_one_after_the_other(line: Line, tmp_path: Path) -> None:
    line.say(101.0, FIRST)
    line.say(104.0, SECOND)
    line.say(104.1, FIRST, is_heard=False)
    line.pass_by(104.5, VENUE, SECOND, BACK[FIRST], leaves=True)
    line.answer(105.25, SECOND)
    line.say(105.5, SECOND)
    assert heard(line, tmp_path) == (0, 5.2)


def test_two_beside_each_other(line: Line, tmp_path: Path) -> None:
    for at in (104.0, 104.2, 104.4):
        line.say(at, SECOND)
        line.say(at + 0.1, FIRST)
    assert heard(line, tmp_path)[0] == 3


def test_the_first_one_may_have_the_address_back(line: Line, tmp_path: Path) -> None:
    line.say(104.0, SECOND)
    line.say(104.1 + BESIDE_SECONDS, FIRST)
    assert heard(line, tmp_path)[0] == 0


def test_where_nobody_takes_over_there_is_no_first_packet(line: Line, tmp_path: Path) -> None:
    line.say(101.0, FIRST)
    assert heard(line, tmp_path) == (0, None)


def test_no_capture_says_nothing(tmp_path: Path) -> None:
    path = tmp_path / "edge.pcap"
    path.write_bytes(b"")
    assert speech(path, gateways=[FIRST], since=0).beside == 0
