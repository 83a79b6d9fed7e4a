"""How the kernel's list of connections is asked for and read (linux/netlink.h).

Each message has a header; in it each attribute with its length and kind, filled up to four bytes.
"""

from __future__ import annotations

import socket
import struct
from ipaddress import IPv4Address
from pathlib import Path

import pytest

from fixtunnel import connections
from fixtunnel.connections import Connection
from tests.unit.gateway.test_traffic import DROPCOPY, ORDERS, OWN, TRADER, line


def attribute(kind: int, *content: bytes) -> bytes:
    joined = b"".join(content)
    return struct.pack("=HH", 4 + len(joined), kind) + joined + b"\0" * (-len(joined) % 4)


def entry(*, protocol: int = 6, state: int = 3, counts: bool = True) -> bytes:
    """10.64.1.10:50001 to 10.220.4.10:7010, 9 packets and 8 back."""
    nested = 0x8000
    ends = attribute(1 | nested, attribute(1, TRADER.packed), attribute(2, IPv4Address(ORDERS).packed))
    ports = [
        attribute(1, bytes([protocol])),
        attribute(2, struct.pack("!H", 50001)),
        attribute(3, struct.pack("!H", 7010)),
    ]
    counted = [attribute(kind | nested, attribute(1, struct.pack("!Q", n))) for kind, n in ((9, 9), (10, 8))]
    return b"".join(
        [
            attribute(1 | nested, ends, attribute(2 | nested, *ports)),
            attribute(4 | nested, attribute(1 | nested, attribute(1, bytes([state])))),
            *(counted if counts else []),
        ]
    )


def message(content: bytes, kind: int = 256) -> bytes:
    return struct.pack("=IHHII", 16 + len(content), kind, 0, 1, 0) + content


class Kernel:
    """A netlink socket: what was asked, and what it answers, one datagram after another."""

    def __init__(self, *datagrams: bytes) -> None:
        self.asked: list[object] = []
        self._datagrams = list(datagrams)

    def __enter__(self) -> Kernel:
        return self

    def __exit__(self, *_error: object) -> None:
        self.asked.append("closed")

    def settimeout(self, seconds: float) -> None:
        self.asked.append(("waits", seconds))

    def send(self, question: bytes) -> None:
        self.asked.append(question)

    def recv(self, most: int) -> bytes:
        assert most >= 65536, "a datagram is cut where the room ends"
        if not self._datagrams:
            raise TimeoutError
        return self._datagrams.pop(0)


@pytest.fixture
def counting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.undo()  # here the real `read` is meant
    (tmp_path / "acct").write_text("1\n")
    monkeypatch.setattr(connections, "COUNTS", tmp_path / "acct")
    return tmp_path / "acct"


def answering(monkeypatch: pytest.MonkeyPatch, *datagrams: bytes) -> Kernel:
    kernel = Kernel(*datagrams)

    def opened(*kind: int) -> Kernel:
        assert kind == (socket.AF_NETLINK, socket.SOCK_RAW, 12), "NETLINK_NETFILTER"
        return kernel

    monkeypatch.setattr(connections.socket, "socket", opened)
    return kernel


HEADER = bytes(4)
END = message(bytes(4), kind=3)


def test_every_connection_that_the_kernel_tells_of_is_read(counting: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """More than one in a datagram, and more than one datagram; what is not TCP is left out."""
    one, other = message(HEADER + entry()), message(HEADER + entry(state=7))
    kernel = answering(monkeypatch, one + message(HEADER + entry(protocol=17)) + other, one, END)
    open_one = Connection(TRADER, 50001, IPv4Address(ORDERS), 7010, True, 9, 8)
    closing = Connection(TRADER, 50001, IPv4Address(ORDERS), 7010, False, 9, 8)
    assert connections.read() == (open_one, closing, open_one)
    # linux/netfilter/nfnetlink_conntrack.h: IPCTNL_MSG_CT_GET, all of them (NLM_F_REQUEST | NLM_F_DUMP), of IPv4.
    question = struct.pack("=IHHII", 20, 0x0101, 0x301, 1, 0) + bytes([socket.AF_INET, 0, 0, 0])
    assert kernel.asked == [("waits", 2.0), question, "closed"]


def test_what_began_before_the_counting_is_left_out(counting: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, message(HEADER + entry(counts=False)), END)
    assert connections.read() == ()


@pytest.mark.parametrize(
    "datagrams",
    [
        [message(struct.pack("=i", -1), kind=2)],
        [struct.pack("=IHHII", 8, 256, 0, 1, 0)],
        [b"\0\0"],
        [message(HEADER + struct.pack("=HH", 2, 1) + bytes(8))],
        [],
    ],
    ids=["refused", "shorter than its header", "cut", "an attribute shorter than its header", "silent"],
)
def test_a_kernel_that_does_not_say_so(datagrams: list[bytes], counting: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, *datagrams)
    assert connections.read() is None


def test_where_the_kernel_says_whether_it_counts() -> None:
    """nf_conntrack-sysctl.rst"""
    assert str(connections.COUNTS) == "/proc/sys/net/netfilter/nf_conntrack_acct"


def test_a_kernel_that_does_not_count(counting: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, END)
    assert connections.read() == ()
    counting.write_text("0\n")
    assert connections.read() is None
    counting.unlink()
    assert connections.read() is None


def test_the_same_connection_is_known_again_and_another_is_not() -> None:
    one = line(ORDERS, 1, 1)
    assert one.key == line(ORDERS, 5, 4).key
    others = [line(DROPCOPY, 1, 1), line(ORDERS, 1, 1, port=50002), line(ORDERS, 1, 1, source=OWN)]
    assert len({one.key, *(other.key for other in others)}) == 4
