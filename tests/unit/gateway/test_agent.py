"""AWS's agent for sessions: fetched, verified by keys that are data, installed; and tried again where it is not there."""

from __future__ import annotations

import base64
import json
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import botocore
import pytest

from fixtunnel import agent, aws, engine, upgrade
from fixtunnel.command import Failed
from fixtunnel.presence import FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS, LOOK_SECONDS, Presence
from fixtunnel.settings import Settings
from tests.unit.gateway.conftest import Machine

GOOD = "[GNUPG:] NEWSIG\n[GNUPG:] GOODSIG 2784DBF388D19D46 SSM Agent\n[GNUPG:] VALIDSIG 1C5B\n"
# As gpgv 2.2 and 2.4 say it: for a key that has ended their exit status is 0.
ENDED = "[GNUPG:] KEYEXPIRED 1739764226\n[GNUPG:] EXPKEYSIG BC1F495C97DD04ED SSM Agent\n[GNUPG:] VALIDSIG DE92\n"
START = "https://s3.ap-southeast-2.amazonaws.com/amazon-ssm-ap-southeast-2/latest/debian_arm64/amazon-ssm-agent.deb"


@pytest.fixture
def fetched(machine: Machine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """A machine without an agent; the addresses that it fetches from."""
    urls: list[str] = []
    machine.answers |= {"systemctl cat": (1, "", "No files found")}
    monkeypatch.setattr(agent, "FOLDER", tmp_path)
    monkeypatch.setattr(agent, "NOTE", tmp_path / "agent-failed")
    monkeypatch.setattr(agent, "_download", lambda url, _path, _end: urls.append(url))
    monkeypatch.setattr("platform.machine", lambda: "aarch64")
    keys = "\n".join(base64.b64encode(key).decode() for key in (b"one key,", b"and the next"))
    monkeypatch.setattr(aws, "parameter", lambda name: keys if name == "/fixtunnel/lse-proquote/agent-keys" else "")
    return urls


def test_a_package_with_a_good_signature_is_installed(
    machine: Machine, seed: Settings, fetched: list[str], tmp_path: Path
) -> None:
    machine.answers["gpgv"] = GOOD
    agent.bring(seed, seconds=100)
    assert fetched == [START, f"{START}.sig"]
    assert (tmp_path / "agent-keys.gpg").read_bytes() == b"one key,and the next"
    ring, package = tmp_path / "agent-keys.gpg", tmp_path / "amazon-ssm-agent.deb"
    assert machine.ran[-3:] == [
        f"gpgv --status-fd 1 --keyring {ring} {package}.sig {package}",
        f"dpkg --install {package}",
        "systemctl enable --now amazon-ssm-agent.service",
    ]


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ((0, ENDED, ""), "the key that signed the SSM agent has ended"),
        (
            (2, "[GNUPG:] ERRSIG 2784DBF388D19D46 1 8 00 1780581487 9\n", ""),
            "the SSM agent is signed with an unknown key",
        ),
        ((1, "[GNUPG:] BADSIG 2784DBF388D19D46 SSM Agent\n", ""), "the SSM agent is not what was signed"),
        ((0, "[GNUPG:] REVKEYSIG 2784DBF388D19D46 SSM Agent\n", ""), "the key that signed the SSM agent is revoked"),
        ((0, GOOD + ENDED, ""), "the key that signed the SSM agent has ended"),
        ((0, "", ""), "gpgv failed (0)"),
        ((2, GOOD, "gpgv: the ring has a fault"), "gpgv failed (2)"),
    ],
)
def test_no_other_package_is(
    machine: Machine, seed: Settings, fetched: list[str], answer: tuple[int, str, str], reason: str
) -> None:
    machine.answers["gpgv"] = answer
    with pytest.raises(Failed) as failed:
        agent.bring(seed, seconds=100)
    assert failed.value.reason == reason
    assert len(reason) <= 64
    assert fetched
    assert not machine.has_run("dpkg --install")


def test_keys_that_are_none(
    machine: Machine, seed: Settings, fetched: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(aws, "parameter", lambda _name: "-----BEGIN PGP PUBLIC KEY BLOCK-----")
    with pytest.raises(Failed, match="the SSM agent's keys cannot be read"):
        agent.bring(seed, seconds=100)
    assert not fetched


@pytest.mark.parametrize("known_to_dpkg", [(0, "install ok installed", ""), (1, "", "no packages found")])
def test_an_agent_of_the_image_is_taken(machine: Machine, seed: Settings, known_to_dpkg: tuple[int, str, str]) -> None:
    machine.answers["dpkg-query"] = known_to_dpkg
    agent.bring(seed, seconds=100)
    assert not machine.has_run("dpkg --install")
    assert machine.has_run("systemctl enable --now amazon-ssm-agent.service")


def test_one_that_a_power_cut_left_half_installed_is_not(machine: Machine, seed: Settings, fetched: list[str]) -> None:
    machine.answers |= {"systemctl cat": "", "dpkg-query": "install ok unpacked", "gpgv": GOOD}
    agent.bring(seed, seconds=100)
    assert machine.has_run("dpkg --install")


@pytest.mark.parametrize(
    ("region", "start"),
    [
        ("eu-west-2", "https://s3.eu-west-2.amazonaws.com/amazon-ssm-eu-west-2/latest/debian_amd64"),
        ("cn-north-1", "https://s3.cn-north-1.amazonaws.com.cn/amazon-ssm-cn-north-1/latest/debian_amd64"),
        ("us-gov-west-1", "https://s3.us-gov-west-1.amazonaws.com/amazon-ssm-us-gov-west-1/latest/debian_amd64"),
        ("eusc-de-east-1", "https://s3.eusc-de-east-1.amazonaws.eu/amazon-ssm-eusc-de-east-1/latest/debian_amd64"),
    ],
)
def test_each_region_has_its_bucket(region: str, start: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    assert agent.source(region) == start


def test_its_domain_is_that_of_the_regions_partition(monkeypatch: pytest.MonkeyPatch) -> None:
    """Held against botocore's own table."""
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    for one in json.loads((Path(botocore.__file__).parent / "data/partitions.json").read_text())["partitions"]:
        for region in (name for name in one["regions"] if not name.endswith("-global")):
            assert agent.source(region).startswith(f"https://s3.{region}.{one['outputs']['dnsSuffix']}/"), region


def test_an_attempt_by_itself_leaves_a_note(
    machine: Machine, seed: Settings, fetched: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fixtunnel.settings.load", lambda: seed)
    machine.answers["gpgv"] = (0, ENDED, "gpgv: Good signature\ngpgv: expired")
    assert agent.main() == 1
    assert agent.noted().startswith("the key that signed the SSM agent has ended: ")
    assert "\n" not in agent.noted()
    machine.answers["gpgv"] = GOOD
    assert agent.main() == 0
    assert agent.noted() == ""


class Watched:
    """The agent as the watch looks at it, over hours."""

    def __init__(self, machine: Machine, clock: list[float]) -> None:
        self.machine, self.clock = machine, clock
        self.said: list[str] = []
        self.presence = Presence(self.said.append)
        self.stands(False)

    def stands(self, up: bool) -> None:
        self.machine.answers["systemctl is-active"] = "" if up else (3, "", "")

    def pass_by(self, seconds: float) -> int:
        """How often the agent was tried in this time."""
        before = len(self.machine.ran)
        for _ in range(int(seconds)):
            self.clock[0] += 1
            self.presence.look(self.clock[0])
        return self.machine.ran[before:].count("systemctl start --no-block fixtunnel-agent.service")


@pytest.fixture
def watched(machine: Machine, no_waiting: list[float], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Watched:
    monkeypatch.setattr(agent, "NOTE", tmp_path / "agent-failed")
    return Watched(machine, no_waiting)


def test_what_is_not_there_is_tried_again_with_a_pause_that_doubles(watched: Watched) -> None:
    assert watched.pass_by(FIRST_PAUSE_SECONDS) == 0, "the boot has just tried"
    assert [watched.pass_by(LONGEST_PAUSE_SECONDS) for _ in range(4)] == [6, 1, 1, 1]


def test_once_it_runs_nothing_is_tried(watched: Watched) -> None:
    watched.pass_by(10)
    agent.note(Failed("no network"))
    assert watched.presence.facts is not None
    assert watched.presence.facts["why"] == "no network"
    watched.stands(True)
    watched.pass_by(LOOK_SECONDS)
    assert (watched.presence.runs, watched.presence.facts["why"]) == (True, "")
    assert watched.pass_by(LONGEST_PAUSE_SECONDS) == 0
    assert watched.said == ["no sessions by SSM: its agent does not run", "sessions by SSM are possible"]


def test_one_that_runs_from_the_start_is_no_news(watched: Watched) -> None:
    watched.stands(True)
    watched.pass_by(200)
    assert watched.said == []


def test_a_systemd_that_hangs_changes_nothing_that_is_known_and_ends_no_look(watched: Watched) -> None:
    def hangs() -> tuple[int, str, str]:
        raise Failed("systemctl took longer than 5 s")

    watched.stands(True)
    watched.pass_by(10)
    watched.machine.answers["systemctl is-active"] = hangs
    watched.pass_by(LOOK_SECONDS)
    assert (watched.presence.runs, watched.said) == (True, [])


def test_the_watch_waits_for_systemd_for_seconds_only(
    seed: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """It waited for a minute, and looked at no tunnel meanwhile."""
    waits: list[float] = []

    def run(*_argv: str, seconds: float = 60, **_options: object) -> CompletedProcess[str]:
        waits.append(seconds)
        return CompletedProcess((), 0, "", "")

    monkeypatch.setattr(upgrade, "DONE", tmp_path / "upgraded")
    for module in (agent, engine, upgrade):
        monkeypatch.setattr(module, "run", run)
    agent.runs()
    agent.begin()
    upgrade.begin()
    engine.begin_start(seed)
    engine.begin_start(replace(seed, engine="openswan"))
    assert len(waits) == 6
    assert max(waits) <= 5


class Slow:
    """Never silent for a minute."""

    def __init__(self, clock: list[float]) -> None:
        self._clock = clock

    def __enter__(self) -> Slow:
        return self

    def __exit__(self, *_: object) -> None: ...

    def read1(self, _most: int) -> bytes:
        self._clock[0] += 59
        return b"x"


def test_an_attempt_takes_no_longer_than_it_may(
    machine: Machine,
    seed: Settings,
    fetched: list[str],
    monkeypatch: pytest.MonkeyPatch,
    no_waiting: list[float],
) -> None:
    """Two files and dpkg, each slow within a limit of its own, took ten minutes of the boot's fifteen."""

    def slowly(_url: str, _path: Path, end: float) -> None:
        no_waiting[0] += min(119, max(0, end - no_waiting[0]))

    monkeypatch.setattr(agent, "_download", slowly)
    machine.answers["gpgv"] = GOOD
    begun = no_waiting[0]
    with pytest.raises(Failed, match="no time is left"):
        agent.bring(seed, seconds=150)
    assert no_waiting[0] - begun <= 150
    assert not machine.has_run("dpkg --install")


@pytest.mark.parametrize(("seconds", "why"), [(100, "takes too long"), (1e6, "is too large")])
def test_a_download_has_limits(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, no_waiting: list[float], seconds: float, why: str
) -> None:
    opened: Callable[..., Any] = lambda _url, timeout: Slow(no_waiting)  # noqa: E731
    monkeypatch.setattr("urllib.request.urlopen", opened)
    monkeypatch.setattr(agent, "_MOST_BYTES", 10)
    with pytest.raises(Failed, match=why):
        agent._download("https://example.com", tmp_path / "package", no_waiting[0] + seconds)


@pytest.mark.parametrize("answer", [b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n", b"HTTP/1.1 200 OK\r\nX: "])
def test_a_server_that_trickles_is_not_waited_for(tmp_path: Path, answer: bytes) -> None:
    """An octet now and then, of its headers or its body, passes every limit of silence: it took days for a first MiB."""
    over = threading.Event()

    def serve(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection, suppress(OSError):
            connection.sendall(answer)
            while not over.wait(0.1):
                connection.sendall(b"x")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = threading.Thread(target=serve, args=(listener,))
        server.start()
        begin = time.monotonic()
        try:
            url = f"http://127.0.0.1:{listener.getsockname()[1]}/package"
            with pytest.raises(Failed, match=r"cannot be fetched|takes too long"):
                agent._download(url, tmp_path / "package", begin + 1.5)
        finally:
            over.set()
            server.join()
    assert time.monotonic() - begin < 8
