"""Files that hang, that never end, or that take minutes to judge: each is refused or judged in two seconds."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from model import configuration, source
from model.faults import InvalidInput
from model.source import read
from ops.files.checking import check_files
from tests.hostile.bounds import bounded
from tests.unit.model.example import CLIENT, VENUE, edited, said, write

LIMIT = 64 * 1024


def refused(path: Path) -> str:
    with bounded(), pytest.raises(InvalidInput) as invalid:
        read(path)
    return str(invalid.value)


def test_a_pipe_is_refused_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "acme.yaml")
    assert "is not a regular file" in refused(tmp_path / "acme.yaml")


@pytest.mark.parametrize("device", ["/dev/zero", "/dev/null", "/dev/tty"])
def test_a_device_is_refused(device: str) -> None:
    assert "is not a regular file" in refused(Path(device)) or "cannot be read" in refused(Path(device))


def test_a_file_that_waits_like_a_pipe_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files of the kernel's, as /proc/kmsg: regular by their mode, and there is nothing to read yet."""
    come, go = os.pipe()
    os.set_blocking(come, False)
    monkeypatch.setattr(source, "_opened", lambda _path: os.dup(come))
    assert "cannot be read" in refused(tmp_path / "acme.yaml")
    os.close(come)
    os.close(go)


@pytest.mark.parametrize("name", ["/proc/self/mem", "/proc/self/environ", "/proc/self/cmdline"])
def test_what_the_kernel_shows_as_a_file_is_refused_and_not_told(name: str) -> None:
    said = refused(Path(name))
    assert "PATH" not in said and "pytest" not in said


def test_a_folder_and_a_socket_are_refused(tmp_path: Path) -> None:
    assert "is not a regular file" in refused(tmp_path)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "acme.yaml"))
        assert "cannot be read" in refused(tmp_path / "acme.yaml")


def test_a_sparse_file_is_not_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "acme.yaml"
    with path.open("wb") as file:
        file.truncate(1 << 40)
    assert "is larger than 64 KiB" in refused(path)


def test_a_file_of_the_limit_is_read_and_one_more_byte_is_not(tmp_path: Path) -> None:
    path = tmp_path / "acme.yaml"
    path.write_text("a: 1\n" + "#" * (LIMIT - 5))
    assert read(path).data == {"a": 1}
    path.write_text("a: 1\n" + "#" * (LIMIT - 4))
    assert "is larger than 64 KiB; no client or venue needs as much" in refused(path)


def test_a_file_of_ten_thousand_values_is_read_and_one_more_is_refused_at_its_place(tmp_path: Path) -> None:
    path = tmp_path / "acme.yaml"
    path.write_text("a:\n" + "- 1\n" * 9_997)  # with the mapping, its key and the list
    assert len(read(path).data["a"]) == 9_997
    path.write_text("a:\n" + "- 1\n" * 9_998)
    assert (
        refused(path) == f"{path}:9999:3: error: has more than 10000 keys and values; no client or venue needs as many"
    )


Filled = tuple[str, str, str]


def filled(begin: str, unit: str, end: str = "") -> Filled:
    """The text around units, and the unit; `{}` in one is its number."""
    return begin, unit, end


def text_of(filling: Filled, share: int = 1) -> str:
    """As many units as a file has room for, or an eighth of that: fewer values than a file may have, so that all are judged."""
    begin, unit, end = filling
    room, size = LIMIT - len(begin) - len(end), len(unit.format(99999))
    return begin + "".join(unit.format(number) for number in range(10000, 10000 + room // size // share)) + end


HEAVY = {
    "secret finder": filled('description: "', "BEGIN ", '"\n'),
    "secret words": filled('description: "', "psk " + " " * 40, '"\n'),
    "unknown keys": filled("", "k{}: 1\n"),
    "doubled keys": filled("", "a: 1\n"),
    "secret keys": filled("", "psk{}: x\n"),
    "secret values": filled("a:\n", "- psk=1\n"),
    "keys that are lists": filled("", "? [a]\n: 1\n"),
    "tags": filled("tags:\n", "  t{}: a\n"),
    "bad tags": filled("tags:\n", "  't!{}': a\n"),
    "trading hosts": filled("trading_hosts:\n", "- 10.0.0.0/8\n"),
    "bad trading hosts": filled("trading_hosts: [", "a,", "]\n"),
    "comp ids": filled("tunnels: [{{venue: exchange, sender_comp_ids: [".replace("{{", "{"), "A,", "]}]\n"),
    "tunnels": filled("tunnels:\n", "- venue: exchange\n"),
    "bad tunnels": filled("tunnels: [", "{{}},", "]\n"),
    "unknown keys of tunnels": filled("tunnels: [", "{{a: 1}},", "]\n"),
    "contacts": filled("contacts:\n", "- role: a\n"),
    "maintenance": filled("maintenance:\n", '- {{start: "07:00", end: "07:00"}}\n'),
    "fix": filled("fix:\n", "- {{name: primary, host: 192.0.2.1, port: 1, target_comp_id: a}}\n"),
    "remote networks": filled("remote_networks:\n", "- 192.0.2.0/24\n"),
    "flow lists": filled("a: [", "[],", "]\n"),
    "ones": filled("a: [", "1,", "]\n"),
    "no keys": filled("a: {", ":,", "}\n"),
    "brackets": filled("", "["),
    "dashes": filled("", "- "),
    "questions": filled("", "? "),
    "quotes": filled("", "'\""),
    "tabs": filled("a:", "\t"),
    "numbers": filled("a: ", "9"),
}


@pytest.mark.parametrize("kind", ["client", "venue"])
@pytest.mark.parametrize("name", HEAVY)
@pytest.mark.parametrize("share", [1, 8])
def test_whatever_fills_a_file_is_judged_in_two_seconds(tmp_path: Path, name: str, kind: str, share: int) -> None:
    both = {"client": CLIENT, "venue": VENUE, kind: text_of(HEAVY[name], share)}
    write(tmp_path, clients={"acme": both["client"]}, venues={"exchange": both["venue"]})
    with bounded():
        lines = said(tmp_path)
    assert lines
    assert len(lines) <= 600


def entries(form: str, count: int, first: int = 0) -> str:
    """A list on one line; `{0}` is the entry's number, `{1}` and `{2}` are two octets of it."""
    return "[" + ", ".join(form.format(n, n // 256, n % 256) for n in range(first, first + count)) + "]"


PLAIN_TUNNEL = "{{venue: exchange, local_network: 10.0.0.7/32}}"
FULL_TUNNEL = (
    "{{venue: exchange, local_network: 10.0.0.7/32, host_networks: ["
    + ", ".join(f"10.0.0.{n}/32" for n in range(32))
    + "], mapped_hosts: ["
    + ", ".join(f"{{{{hosts: 10.0.0.{n}/32, seen_as: 10.0.0.{n}/32}}}}" for n in range(12))
    + "]}}"
)


@pytest.mark.parametrize("networks", [256, 3200], ids=["as many networks as there may be", "as many as fit"])
@pytest.mark.parametrize(
    ("tunnels", "tunnel"),
    [(32, FULL_TUNNEL), (1100, PLAIN_TUNNEL)],
    ids=["as many tunnels as there may be", "as many as fit"],
)
def test_a_pair_of_files_that_are_both_full_is_judged_in_two_seconds(
    tmp_path: Path, tunnels: int, tunnel: str, networks: int
) -> None:
    """Rules look at each tunnel beside each network of its venue; here all of them overlap."""
    services = entries("{{name: s{0}, host: 10.0.{1}.{2}, port: {0}}}", 64, 100)
    all_of_venue = {"encryption_domain": "private", "services": services}
    venue = edited(VENUE, {**all_of_venue, "remote_networks": entries("10.0.{1}.{2}/32", networks)})
    client = edited(CLIENT, {"tunnels": entries(tunnel, tunnels), "trading_hosts": entries("10.0.{0}.0/24", 32)})
    assert max(len(client), len(venue)) <= LIMIT
    write(tmp_path, clients={"acme": client}, venues={"exchange": venue})
    with bounded():
        lines = said(tmp_path)
    assert lines
    assert len(lines) <= 600
    assert max(map(len, lines)) < 1000


@pytest.mark.parametrize("kind", ["client", "venue"])
@pytest.mark.parametrize("key", ["unknown keys", "ones", "no keys"])
@pytest.mark.parametrize("share", [1, 8])
def test_check_judges_it_in_two_seconds_too(tmp_path: Path, key: str, kind: str, share: int) -> None:
    both = {"client": CLIENT, "venue": VENUE, kind: text_of(HEAVY[key], share)}
    write(tmp_path, clients={"acme": both["client"]}, venues={"exchange": both["venue"]})
    with bounded():
        assert check_files(["acme", "exchange"], clients=tmp_path / "clients", venues=tmp_path / "venues")


def test_a_heavy_value_behind_the_command_line_switch(tmp_path: Path) -> None:
    write(tmp_path, clients={"acme": CLIENT}, venues={"exchange": VENUE})
    for text in ("BEGIN " * 20000, "[" * 100000, "[" + "1," * 60000 + "]", "{" + ":," * 60000 + "}"):
        with bounded():
            assert said(tmp_path, selected=("acme",), overrides={"description": text})


def test_the_last_line_says_that_there_is_more(tmp_path: Path) -> None:
    write(tmp_path, clients={"acme": CLIENT + text_of(HEAVY["unknown keys"], 8)}, venues={"exchange": VENUE})
    assert "has more faults of this kind; mend these, and check again" in said(tmp_path)[-1]
    assert sum("is not a key here" in line for line in said(tmp_path)) == 100


@pytest.mark.parametrize(
    ("kind", "key", "entry", "most"),
    [
        ("client", "trading_hosts", "10.{0}.0.0/16", 32),
        ("client", "tunnels", "{{venue: exchange}}", 32),
        ("client", "tunnels.0.sender_comp_ids", "A{0}", 32),
        ("client", "tunnels.0.host_networks", "10.{0}.0.0/16", 32),
        ("client", "tunnels.0.mapped_hosts", "{{hosts: 10.0.0.{0}/32, seen_as: 10.1.0.{0}/32}}", 64),
        ("venue", "contacts", "{{role: 'a{0}'}}", 32),
        ("venue", "remote_networks", "10.1.0.0/24", 256),
        ("venue", "fix", "{{name: a{0}, host: 192.0.2.1, port: 1, target_comp_id: a}}", 64),
        ("venue", "services", "{{name: a{0}, host: 192.0.2.1, port: 1}}", 64),
        ("venue", "maintenance", '{{start: "07:00", end: "08:00"}}', 32),
    ],
)
def test_every_list_has_a_limit(tmp_path: Path, kind: str, key: str, entry: str, most: int) -> None:
    from tests.unit.model.example import about

    def about_list(count: int) -> list[str]:
        value = "[" + ", ".join(entry.format(number) for number in range(count)) + "]"
        return about(tmp_path, **{kind: {key: value}})

    assert not any("too many entries" in line for line in about_list(most))
    assert f"error: {key}: has too many entries; write {most} at most" in about_list(most + 1)


def test_a_comment_after_a_key_is_no_error_of_ours(tmp_path: Path) -> None:
    """ruamel raises NotImplementedError at both where it keeps comments."""
    path = tmp_path / "acme.yaml"
    path.write_text("a: # c\n  b\n\nc: 1\n")
    assert read(path).data == {"a": "b", "c": 1}
    path.write_text("a: # c\n  b1\n 2: [\n\nd: 1\n")
    assert "is not YAML" in refused(path)


@pytest.mark.parametrize("piece", ["dh", "dh group ", "aes256-", "sha-2-", "1,", "prf"])
def test_a_long_proposal_is_judged_at_once(tmp_path: Path, piece: str) -> None:
    venue = VENUE.replace("proposal: aes256-sha1;modp2048", f"proposal: '{piece * (50_000 // len(piece))}'")
    write(tmp_path, clients={"acme": CLIENT}, venues={"exchange": venue})
    with bounded():
        assert any("ike.proposal: " in line for line in said(tmp_path))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a = " + "[" * 8000, "is nested too deeply"),
        ("a = " + "{a = " * 1600, "is nested too deeply"),
        ("region = " + "9" * 8000, "is not TOML"),
        ("a" + ".a" * 4000 + " = 1", "a: is no key"),
        ("#" * 8193, "is larger than 8 KiB"),
        ("a = \udcff", "is not TOML"),
    ],
    ids=["lists", "tables", "digits", "dots", "long", "no text"],
)
def test_a_fixtunnel_toml_that_the_parser_falls_over(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "fixtunnel.toml").write_text(text, errors="surrogateescape")
    with bounded(), pytest.raises(InvalidInput) as invalid:
        configuration.find(tmp_path)
    assert words in str(invalid.value)


@pytest.mark.parametrize("kind", ["a pipe", "a folder", "a link into nothing", "a loop"])
def test_a_fixtunnel_toml_that_is_no_file_is_not_passed_over(tmp_path: Path, kind: str) -> None:
    """The next one upwards, or the example clients, would count in its place."""
    path = tmp_path / "fixtunnel.toml"
    if kind == "a pipe":
        os.mkfifo(path)
    elif kind == "a folder":
        path.mkdir()
    else:
        path.symlink_to("nowhere" if kind == "a link into nothing" else "fixtunnel.toml")
    with bounded(), pytest.raises(InvalidInput, match="is not a regular file"):
        configuration.find(tmp_path)
