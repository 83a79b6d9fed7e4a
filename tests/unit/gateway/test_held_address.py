"""Whether this instance holds the Elastic IP: only a definite answer changes what is known."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from fixtunnel import address, holding, routes
from fixtunnel.address import Address
from fixtunnel.command import Failed
from fixtunnel.metadata import Metadata, NoAnswer
from fixtunnel.settings import Settings
from tests.unit.gateway.conftest import GUARD, Answer, Machine
from tests.unit.gateway.test_card import OURS as CARD

EIP, OURS, OTHER, SILENCE = "203.0.113.107", CARD.secondary, CARD.primary, "silence"


class Told(Metadata):
    """A metadata service that says what the test says, one answer for each question."""

    def __init__(self, *answers: str | None) -> None:
        self._answers = list(answers)

    def get(self, path: str) -> str | None:
        assert path == f"network/interfaces/macs/{CARD.mac}/ipv4-associations/{EIP}"
        answer = self._answers.pop(0)
        if answer == SILENCE:
            raise NoAnswer("metadata service: timed out")
        return answer


@pytest.mark.parametrize(
    ("answers", "held"),
    [
        ([OTHER], [False]),
        ([OTHER, OURS], [False, True]),
        ([OURS, SILENCE, SILENCE, SILENCE, SILENCE], [True] * 5),
        ([OURS, OTHER], [True, False]),
        ([OURS, None, None, None], [True, True, True, False]),
        ([OURS, None, None, OURS, None, None], [True] * 6),
        ([OURS, None, SILENCE, None, None], [True, True, True, True, False]),
        ([SILENCE, None, None, None, None], [False] * 5),
        ([OURS, "", "", "", ""], [True] * 5),
        ([OURS, "<html>busy</html>"], [True, True]),
    ],
)
def test_look(tmp_path: Path, seed: Settings, answers: list[str | None], held: list[bool]) -> None:
    looked = Address(seed, CARD, Told(*answers), tmp_path / "address.json")
    assert [looked.look() for _ in answers] == held


def test_last_known_state_outlives_a_reboot(tmp_path: Path, seed: Settings) -> None:
    last = tmp_path / "address.json"
    assert Address(seed, CARD, Told(OURS), last).look()
    assert Address(seed, CARD, Told(SILENCE), last).look()


def test_who_begins_again_counts_again(tmp_path: Path, seed: Settings) -> None:
    """A watch that systemd starts while the address moves: two answers "there is none" are not three."""
    last = tmp_path / "address.json"
    assert Address(seed, CARD, Told(OURS), last).look()
    again = Address(seed, CARD, Told(None, None, None), last)
    assert [again.look() for _ in range(3)] == [True, True, False]


def test_it_is_remembered_where_a_reboot_leaves_it() -> None:
    assert Path("/var/lib/fixtunnel/address.json") == address.LAST


@pytest.mark.parametrize("content", ["", "{", "[]", '"x"', "{}", '{"203.0.113.9": true}', "true"])
def test_what_cannot_be_read_is_not_known(tmp_path: Path, seed: Settings, content: str) -> None:
    last = tmp_path / "address.json"
    last.write_text(content)
    assert Address(seed, CARD, Told(SILENCE), last).look() is False


def test_a_claim_counts_before_the_metadata_service_knows(
    tmp_path: Path, seed: Settings, no_waiting: list[float]
) -> None:
    """The boot claims, and the watch is another process."""
    last = tmp_path / "address.json"
    Address(seed, CARD, Told(), last).claimed()
    watched = Address(seed, CARD, Told(*[None] * 20, OURS, None, None, None), last)
    assert watched.held
    for _ in range(20):
        no_waiting[0] += 1
        assert watched.look(), "word of it takes 3 to 20 s"
    assert watched.look()
    assert [watched.look() for _ in range(3)] == [True, True, False], "then its word counts again"


def test_a_claim_that_the_metadata_service_is_slow_to_learn_of_ends_no_session(
    tmp_path: Path, seed: Settings, no_waiting: list[float]
) -> None:
    """AWS publishes no limit for it: EC2 is asked again."""
    watched = Address(seed, CARD, Told(*[None] * 200), tmp_path / "address.json")
    watched.claimed()
    for _ in range(200):
        no_waiting[0] += 1
        assert watched.look()
        assert watched.is_doubted == (no_waiting[0] % 1000 >= address.LAG_SECONDS)


def test_ec2s_word_that_it_is_elsewhere_counts(tmp_path: Path, seed: Settings, no_waiting: list[float]) -> None:
    watched = Address(seed, CARD, Told(*[None] * 5), tmp_path / "address.json")
    watched.claimed()
    no_waiting[0] += address.LAG_SECONDS
    watched.is_elsewhere()
    assert not watched.look()
    assert not Address(seed, CARD, Told(), tmp_path / "address.json").held


def test_a_claim_of_an_earlier_boot_is_old(tmp_path: Path, seed: Settings, no_waiting: list[float]) -> None:
    """Shown by the metadata service since, or in a clock that begins with each boot."""
    last = tmp_path / "address.json"
    one = Address(seed, CARD, Told(OURS), last)
    one.claimed()
    one.look()
    assert [Address(seed, CARD, Told(*[None] * 3), last).look() for _ in range(1)] == [True]
    again = Address(seed, CARD, Told(*[None] * 3), last)
    assert [again.look() for _ in range(3)] == [True, True, False]
    one.claimed()
    no_waiting[0] = 10.0
    rebooted = Address(seed, CARD, Told(*[None] * 3), last)
    assert [rebooted.look() for _ in range(3)] == [True, True, False]


def test_a_full_disk_ends_no_session(
    tmp_path: Path, seed: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(_path: Path, _text: str) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    watched = Address(seed, CARD, Told(OURS, OTHER, OURS), tmp_path / "address.json")
    assert [watched.look() for _ in range(3)] == [True, False, True]
    assert capsys.readouterr().out.count("No space left") == 1


def test_a_token_that_is_none_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    with service("HTTP/1.1 200 OK\r\n\r\ntok\ufffd".encode()) as address, pytest.raises(NoAnswer):
        Metadata(address).get("mac")


def test_another_elastic_ip_is_not_ours(tmp_path: Path, seed: Settings) -> None:
    last = tmp_path / "address.json"
    last.write_text(json.dumps({"203.0.113.9": True}))
    assert not Address(seed, CARD, Told(), last).held


LIST = "nft --json list tables inet"


def test_which_guard_is_loaded(machine: Machine) -> None:
    assert address.guard() == 2
    assert machine.ran == [LIST]


@pytest.mark.parametrize(
    "said",
    [(1, "", "Error"), "", '{"nftables": [{"metainfo": {}}]}', GUARD.format(handle=2).replace("fixtunnel", "filter")],
)
def test_no_guard_is_loaded(machine: Machine, said: Answer) -> None:
    """`systemctl restart nftables` takes every table away."""
    machine.answers["nft --json list tables"] = said
    assert address.guard() is None


def test_a_guard_that_cannot_be_loaded_is_said(machine: Machine) -> None:
    machine.answers["nft -f /etc/fixtunnel/guard.nft"] = (1, "", "syntax error")
    with pytest.raises(Failed, match="syntax error"):
        address.load_guard()


def test_ike_is_let_out_to_the_peers_only(machine: Machine, large: Settings) -> None:
    address.let_ike_out(large, CARD)
    peers = ", ".join(f"{CARD.secondary} . 198.51.100.{last}" for last in (20, 21, 30, 31))
    assert machine.ran == [f"nft add element inet fixtunnel venue_gateways {{ {peers} }}"]


def test_ike_is_kept_in(machine: Machine) -> None:
    address.keep_ike_in()
    assert machine.ran == ["nft flush set inet fixtunnel venue_gateways"]


@pytest.mark.parametrize(
    ("token", "value", "expected"),
    [
        ((200, "t"), (200, "203.0.113.7"), "203.0.113.7"),
        ((200, "t"), (404, "none"), None),
        ((200, "t"), (401, ""), NoAnswer),
        ((200, "t"), (500, ""), NoAnswer),
        ((403, ""), (200, "x"), NoAnswer),
        ((404, ""), (200, "x"), NoAnswer),
    ],
)
def test_metadata(
    monkeypatch: pytest.MonkeyPatch, token: tuple[int, str], value: tuple[int, str], expected: Any
) -> None:
    """404 says "there is none" only of what was asked for, not of the token."""

    def ask(_self: Metadata, method: str, _path: str, _header: str) -> tuple[int, str]:
        return token if method == "PUT" else value

    monkeypatch.setattr(Metadata, "_ask", ask)
    if expected is NoAnswer:
        with pytest.raises(NoAnswer):
            Metadata().get("public-ipv4")
    else:
        assert Metadata().get("public-ipv4") == expected


@contextmanager
def service(*answers: bytes) -> Iterator[tuple[str, int]]:
    """A server that gives each who connects the next of these answers, whatever it is asked."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            for answer in answers:
                line, _ = listening.accept()
                with line:
                    line.recv(4096)
                    line.sendall(answer)

        serving = threading.Thread(target=serve)
        serving.start()
        yield listening.getsockname()
        serving.join(10)


TOKEN = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\ntoken"


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n203.0.113.7\n", "203.0.113.7"),
        (b"HTTP/1.0 404 Not Found\r\n\r\n<html>none</html>", None),
        (b"garbage", NoAnswer),
        (b"", NoAnswer),
    ],
)
def test_metadata_over_a_socket(answer: bytes, expected: Any) -> None:
    with service(TOKEN, answer) as address:
        if expected is NoAnswer:
            with pytest.raises(NoAnswer):
                Metadata(address).get("public-ipv4")
        else:
            assert Metadata(address).get("public-ipv4") == expected


def test_metadata_that_nobody_serves() -> None:
    with pytest.raises(NoAnswer):
        Metadata(("127.0.0.1", 1)).get("public-ipv4")


def test_routes_lead_to_each_network_from_the_address_that_it_knows(machine: Machine, large: Settings) -> None:
    routes.assert_all(large)
    assert machine.ran[1:] == ["ip -batch -"]
    assert machine.read[-1].splitlines() == [
        "route replace 10.210.0.0/24 via 10.64.0.1 dev ens5 src 10.90.1.7",
        "route replace 10.210.8.0/24 via 10.64.0.1 dev ens5 src 10.90.1.7",
        "route replace 10.220.4.0/24 via 10.64.0.1 dev ens5 src 10.91.0.1",
    ]


def test_openswan_makes_its_own_routes(machine: Machine, large: Settings) -> None:
    routes.assert_all(replace(large, engine="openswan"))
    assert machine.ran == []


def test_no_route_without_a_way_out(machine: Machine, seed: Settings) -> None:
    machine.answers["ip -json route"] = "[]"
    with pytest.raises(Failed, match="no default route"):
        routes.assert_all(seed)


def test_what_no_tunnel_takes_is_refused(machine: Machine, large: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr(routes, "run", lambda *_argv, stdin: told.append(stdin))
    routes.refuse_outside(large)
    assert "ip saddr { 10.90.1.7, 10.91.0.1 } rt ipsec missing reject with icmp net-unreachable" in told[0]
    assert told[0].startswith("add chain inet fixtunnel refuse { type filter hook output priority filter; }\n")


def test_the_thread_that_asks_outlives_an_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without it the watch would go on for good with what it knew last, and end no SA of an address that is lost."""
    looks = iter([OSError(28, "No space left on device")] * 3 + [None, SystemExit()])

    class Held:
        def look(self) -> None:
            if error := next(looks):
                raise error

    with pytest.raises(SystemExit):
        holding._follow(Held(), SimpleNamespace(look=lambda _now: None))
    assert capsys.readouterr().out.count("cannot be asked") == 1, "said once"
