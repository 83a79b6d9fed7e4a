"""The connections that a venue opens to us: in the form, on its sheet, and in its answer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.ops.conftest import Fixtunnel
from tests.ops.test_form_answer import ADDRESS, ELASTIC_IP, read
from tests.unit.model.example import CLIENT, VENUE, edited, write

INBOUND = "[{name: drop-copy, from: [192.0.2.32/28, 192.0.2.48/28], port: 9001, to: 'gateway:9002'}]"
CALLED = {"tunnels.0.inbound": INBOUND}


def form(fixtunnel: Fixtunnel, folder: Path, *options: str, client: Any = None, venue: Any = None) -> str:
    clients = {"acme": edited(CLIENT, CALLED | (client or {}))}
    write(folder, clients=clients, venues={"exchange": edited(VENUE, venue or {})})
    folders = ("--clients-dir", str(folder / "clients"), "--venues-dir", str(folder / "venues"))
    ran = fixtunnel(*folders, "form", "acme", "--offline", *options)
    assert ran.status == 0
    return str(ran.out)


def test_the_form_says_who_calls_what(fixtunnel: Fixtunnel, tmp_path: Path) -> None:
    said = form(fixtunnel, tmp_path, client=ELASTIC_IP)
    for label, value in (
        ("drop-copy: the venue calls from", "192.0.2.32/28, 192.0.2.48/28"),
        ("drop-copy: to the client's address", ADDRESS),
        ("drop-copy: to the client's TCP port", "9001"),
    ):
        assert f"| {label} | {value} |" in said.replace("\\", "")


@pytest.mark.parametrize(("mode", "who"), [("elastic-ip", "client"), ("assigned", "venue")])
def test_an_address_that_is_not_known_is_a_blank(fixtunnel: Fixtunnel, tmp_path: Path, mode: str, who: str) -> None:
    said = form(fixtunnel, tmp_path, venue={"encryption_domain": mode}, client=ELASTIC_IP if who == "venue" else {})
    assert f"| drop-copy: to the client's address | **________ ({who} to fill in)** |" in said.replace("\\", "")


def test_without_any_the_form_is_as_it_was(fixtunnel: Fixtunnel, tmp_path: Path) -> None:
    assert "Calls of the venue" not in form(fixtunnel, tmp_path, client={"tunnels.0.inbound": "[]"})


def test_the_sheet_asks_for_it(fixtunnel: Fixtunnel, tmp_path: Path) -> None:
    said = form(fixtunnel, tmp_path, "--sheet")
    assert said.endswith("\ninbound:\n  - name: drop-copy\n    from: []\n    address:\n    port:\n")


def answered(fixtunnel: Fixtunnel, folder: Path, inbound: str) -> dict[str, tuple[str, str]]:
    """By key what our files say, and who must change."""
    told = read(fixtunnel, folder, f"inbound: [{inbound}]", client=CALLED)
    return {one["key"]: (one["ours"], one["who"]) for one in told["differences"]}


@pytest.mark.parametrize(
    "inbound",
    [
        "{name: drop-copy, from: 192.0.2.32/27}",
        "{name: Drop-Copy, from: [192.0.2.48/28, 192.0.2.32 255.255.255.240], port: '9001'}",
        f"{{name: drop-copy, address: {ADDRESS}/32, port: 9001}}",
    ],
)
def test_what_agrees_is_no_difference(fixtunnel: Fixtunnel, tmp_path: Path, inbound: str) -> None:
    assert answered(fixtunnel, tmp_path, inbound) == {}


OURS = "192.0.2.32/27"


@pytest.mark.parametrize(
    ("inbound", "difference"),
    [
        ("{name: drop-copy, from: [192.0.2.40]}", {"inbound.drop-copy.from": (OURS, "we change our file")}),
        (
            "{name: drop-copy, from: [198.18.0.1]}",
            {"inbound.drop-copy.from": (OURS, "ask the venue for another value")},
        ),
        ("{name: drop-copy, port: 9009}", {"inbound.drop-copy.port": ("9001", "the venue corrects its form")}),
        (
            "{name: drop-copy, address: 203.0.113.9}",
            {"inbound.drop-copy.address": (ADDRESS, "the venue corrects its form")},
        ),
        ("{name: rfq, from: [192.0.2.40], port: 7}", {"inbound.rfq": ("", "we change our file")}),
    ],
)
def test_whose_word_it_is(
    fixtunnel: Fixtunnel, tmp_path: Path, inbound: str, difference: dict[str, tuple[str, str]]
) -> None:
    assert answered(fixtunnel, tmp_path, inbound) == difference
