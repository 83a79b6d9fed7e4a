"""The table of faults, without a machine: what is in it, what is chosen of it, and how a gateway's words are read."""

from dataclasses import replace
from ipaddress import IPv4Address
from pathlib import Path
from types import SimpleNamespace

import pytest
import typer

from rehearsal.faults import TABLE, Witness, detected_seconds
from rehearsal.faults.board import cells, line, markdown
from rehearsal.faults.command import CI, choose, is_good, of_today
from rehearsal.fix.ledger import Book, Orders
from rehearsal.report import FaultSeen
from rehearsal.world.network.noise import captured, garbage

SEEN = FaultSeen(number=6, name="path-black-20s", what="path black for 20 s", recovered_seconds=4.2, orders_sent=300)


def test_every_row_of_the_issue_is_there() -> None:
    assert {row.number for row in TABLE} == set(range(1, 41))


def test_names_are_unique() -> None:
    names = [row.name for row in TABLE]
    assert len(names) == len(set(names))


def test_a_list_is_of_numbers_and_names() -> None:
    assert {row.number for row in choose("1,path-black-20s")} == {1, 6}
    assert {row.name for row in choose("7")} == {"loss-10-percent", "loss-20-percent"}


def test_what_stands_several_times_is_played_as_often() -> None:
    assert [row.number for row in choose("2,1,2")] == [1, 2, 2]


def test_a_list_with_a_name_that_nobody_has() -> None:
    assert {row.number for row in choose("1, 2")} == {1, 2}
    with pytest.raises(typer.BadParameter, match="no fault is called 99; there are 1 to 40: venue-killed"):
        choose("1,99")


def test_the_quick_ones_take_turns() -> None:
    quick = {row.name for row in TABLE if row.part == "quick"}
    played = {row.name for day in range(len(quick)) for row in of_today(day)}
    assert played == quick
    assert all({row.number for row in of_today(day)} >= set(CI) for day in range(3))


class Gateway:
    """Answers as the gateway's agent would: its clock is 100 s ahead."""

    def __init__(self, clock: pytest.MonkeyPatch, journal: str) -> None:
        clock.setattr("rehearsal.faults.witness.time", SimpleNamespace(time=lambda: 1000.0))
        self.journal = journal

    def run(self, argv: list[str], *, limit: float = 60) -> SimpleNamespace:
        return SimpleNamespace(stdout="1100.0" if "date" in argv[0] else self.journal)


def test_words_of_the_gateway_are_on_our_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    journal = (
        "1099.5 ip python3[7]: fixtunnel: before it\n"
        '1102.0 ip pluto[9]: "LSE" #1: adding interface ens3\n'
        "1103.2 ip python3[7]: fixtunnel: LSE: down\n"
        '1104.0 ip pluto[9]: "LSE" #4: initiating IKEv1 Main Mode connection\n'
    )
    witness = Witness(Gateway(monkeypatch, journal))  # type: ignore[arg-type]
    witness.begin()
    said = witness.sayings()
    assert [str(one) for one in said] == [
        "+3.2 s LSE: down",
        '+4.0 s engine: "LSE" #4: initiating IKEv1 Main Mode connection',
    ]
    assert detected_seconds(said) == 3.2


@pytest.mark.parametrize(
    ("row", "good"),
    [
        (SEEN, True),
        (replace(SEEN, recovered_seconds=None), False),
        (replace(SEEN, recovered_seconds=None, settings="seed"), True),
        (replace(SEEN, leaked=1), False),
        (replace(SEEN, orders_lost=1), False),
        (replace(SEEN, orders_lost=1, orders_unknown=1), True),
        (replace(SEEN, orders_duplicated=1), False),
        (replace(SEEN, failure="the desk burnt down"), False),
        (replace(SEEN, recovered_seconds=None, cannot="no B gateway"), True),
    ],
)
def test_what_counts_as_good(row: FaultSeen, good: bool) -> None:
    assert is_good(row) == good


def test_a_row_says_never_and_whose_settings() -> None:
    row = cells(replace(SEEN, recovered_seconds=None, settings="seed"))
    assert "never" in row
    assert row[1].endswith("(seed)")
    assert markdown([SEEN]).count("\n") == 3


def test_a_row_is_told_in_a_line() -> None:
    told = line(replace(SEEN, fix_session_survived=True, goal_seconds=10, doctor="no-answer (venue)"))
    assert told.startswith(" 6  path black for 20 s: session survived; recovered 4.2 s; ")
    assert told.endswith("goal 10.0 s; 300 orders, 0 lost, 0 twice, 0 in the clear; doctor: no-answer (venue)")
    assert line(replace(SEEN, cannot="needs a B gateway")) == " 6  path black for 20 s: needs a B gateway"


def test_a_book_outlives_the_traders_process() -> None:
    book = Book()
    told = [("sent", "a"), ("sent", "b"), ("reported", "a"), ("reported", "of another")]
    assert all(book.take({"event": event, "order": order}) for event, order in told)
    assert not book.take({"event": "logon"})
    account = book.account()
    assert (account["sent"], account["reported"], account["strangers"]) == (["a", "b"], ["a"], ["of another"])


def test_the_longest_silence() -> None:
    orders = Orders()
    orders.silence_from(0)
    for number, at in enumerate((1, 5, 6)):
        orders.reported(str(number), execution=str(number), at_ns=at * 10**9, possible_duplicate=False)
    assert orders.account()["longest_silence_s"] == 4.0


def test_noise_is_bounded_and_says_where_it_is_from() -> None:
    packets = list(garbage(IPv4Address("198.51.100.99"), IPv4Address("203.0.113.1"), 25))
    assert len(packets) == 100
    assert {packet[12:16] for packet in packets} == {IPv4Address("198.51.100.99").packed}


def test_a_replay_is_what_was_heard_with_our_address(tmp_path: Path) -> None:
    packet = bytes(12) + IPv4Address("198.51.100.10").packed + IPv4Address("10.64.0.4").packed + b"content"
    frame = bytes(14) + packet
    pcap = bytes(24) + bytes(8) + len(frame).to_bytes(4, "little") * 2 + frame
    (tmp_path / "heard.pcap").write_bytes(pcap)
    source, target = IPv4Address("198.51.100.10"), IPv4Address("203.0.113.1")
    words = captured(tmp_path / "heard.pcap", source=source, target=target, most=5)
    assert bytes.fromhex(words.strip()) == packet[:16] + target.packed + b"content"
