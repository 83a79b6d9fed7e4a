"""What runs other programs, brings the agent, starts it all and says how it is."""

from __future__ import annotations

import hashlib
import io
import json
import runpy
import tarfile
from pathlib import Path
from subprocess import CompletedProcess
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from fixtunnel import command, contract, launch, state
from fixtunnel.command import Failed
from tests.paths import ROOT

USERDATA = ROOT / "userdata"


def test_run_has_no_shell() -> None:
    assert command.run("echo", "$HOME; `id`").stdout == "$HOME; `id`\n"


@pytest.mark.parametrize(
    ("argv", "seconds", "message"),
    [
        (("sh", "-c", "echo no >&2; exit 7"), 5.0, "sh failed (7): sh -c echo no >&2; exit 7\nno"),
        (("sleep", "5"), 0.1, "sleep took longer than 0 s: sleep 5"),
        (("/nowhere/program",), 5.0, "/nowhere/program cannot be run: "),
    ],
)
def test_run_fails(argv: tuple[str, ...], seconds: float, message: str) -> None:
    with pytest.raises(Failed) as failed:
        command.run(*argv, seconds=seconds)
    assert str(failed.value).startswith(message)


def test_retry_until_the_limit(no_waiting: list[float]) -> None:
    begun = no_waiting[0]

    def attempt() -> None:
        raise Failed("not yet")

    with pytest.raises(Failed, match="not yet"):
        command.retry(attempt, limit=100)
    assert 60 < no_waiting[0] - begun <= 100


def test_retry_until_it_succeeds() -> None:
    left = [Failed("one"), Failed("two")]

    def attempt() -> None:
        if left:
            raise left.pop()

    command.retry(attempt, limit=100)
    assert not left


def test_state_is_replaced_in_one_step(tmp_path: Path) -> None:
    path = tmp_path / "run/state.json"
    assert state.read(path) == {}
    state.write({"state": "holding"}, path)
    assert state.read(path)["state"] == "holding"
    path.write_text("{half")
    assert state.read(path) == {}


UP = {"state": "up", "since": 0, "bytes_in": 1, "bytes_out": 2, "psk": "current"}
TUNNELS: dict[str, dict[str, Any]] = {
    "A": {**UP, "venue": "a"},
    "A_B": {"state": "standby", "since": 0, "venue": "a"},
    "C": {**UP, "venue": "c"},
}


@pytest.mark.parametrize(
    ("tunnels", "status"),
    [
        (TUNNELS, 0),
        ({**TUNNELS, "A": TUNNELS["A_B"], "A_B": TUNNELS["A"]}, 0),
        ({**TUNNELS, "C": {"state": "trying", "since": 0, "venue": "c"}}, 1),
        ({**TUNNELS, "C": {"state": "waiting-for-psk", "since": 0, "venue": "c"}}, 1),
        ({}, 1),
    ],
)
def test_status(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tunnels: dict[str, Any], status: int
) -> None:
    """0 only if a tunnel to each venue is up: one that is down beside one that is up is a session that does not trade."""
    monkeypatch.setattr(state, "read", lambda: {"state": "holding", "tunnels": tunnels})
    monkeypatch.setattr("sys.argv", ["fixtunnel-status"])
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(USERDATA / "files/usr/sbin/fixtunnel-status"), run_name="__main__")
    assert ended.value.code == status
    assert capsys.readouterr().out.startswith("gateway: holding: this instance holds the Elastic IP\n")


def test_status_says_if_the_kernel_does_not_tell_of_connections(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(state, "read", lambda: {"state": "holding", "tunnels": TUNNELS, "connections": False})
    monkeypatch.setattr("sys.argv", ["fixtunnel-status"])
    with pytest.raises(SystemExit):
        runpy.run_path(str(USERDATA / "files/usr/sbin/fixtunnel-status"), run_name="__main__")
    assert "the kernel does not tell of connections: one-way traffic is seen after 75 s" in capsys.readouterr().out


def test_every_fix_endpoint_has_its_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    port = {"host": "192.0.2.20", "port": 5001, "up": True, "ms": 3.4, "at": 980}
    ports = {
        "orders": port,
        "dropcopy": port | {"port": 5002, "up": False},
        "prices": port | {"port": 5003, "up": None},
    }
    tunnel = {"venue": "lse", "state": "up", "since": 100, "bytes_in": 1, "bytes_out": 1, "fix_ports": ports}
    monkeypatch.setattr(state, "read", lambda: {"state": "holding", "tunnels": {"LSE": tunnel}})
    monkeypatch.setattr("sys.argv", ["fixtunnel-status"])
    monkeypatch.setattr("time.time", lambda: 1000.0)
    with pytest.raises(SystemExit):
        runpy.run_path(str(USERDATA / "files/usr/sbin/fixtunnel-status"), run_name="__main__")
    out = capsys.readouterr().out
    assert "FIX port orders (192.0.2.20:5001) answers in 3 ms, 20 s ago\n" in out
    assert "FIX port dropcopy (192.0.2.20:5002) does not answer, 20 s ago\n" in out
    assert "FIX port prices (192.0.2.20:5003) has not been tried since the tunnel came up\n" in out


def archive_of(content: bytes) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as tar:
        entry = tarfile.TarInfo("usr/lib/fixtunnel/mark")
        entry.size = len(content)
        tar.addfile(entry, io.BytesIO(content))
    return made.getvalue()


GOOD = archive_of(b"ours")


class Starting:
    """fixtunnel-start, loaded with settings of our own, and what it runs."""

    def __init__(self, program: ModuleType, ran: list[str]) -> None:
        self.program, self.ran = program, ran


@pytest.fixture(
    params=[{"engine": "libreswan"}, {"engine": "openswan"}, {"engine": "openswan", "package": {"key": "k"}}]
)
def starting(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Starting:
    told = {
        "region": "eu-west-2",
        "stack": "s",
        "resource": "r",
        "package": None,
        "program": {"bucket": "b", "key": "k", "sha256": hashlib.sha256(GOOD).hexdigest()},
        **request.param,
    }
    settings = tmp_path / "gateway.json"
    settings.write_text(json.dumps(told))
    source = (USERDATA / "start/usr/sbin/fixtunnel-start").read_text()
    source = source.replace("/etc/fixtunnel/gateway.json", str(settings)).replace("/var/lib/", f"{tmp_path}/lib/")
    (tmp_path / "lib/fixtunnel").mkdir(parents=True)
    program = ModuleType("start")
    exec(compile(source, "fixtunnel-start", "exec"), program.__dict__)
    ran: list[str] = []

    def run(argv: tuple[str, ...], **_how: Any) -> CompletedProcess[str]:
        ran.append(" ".join(argv))
        return CompletedProcess(argv, 0)

    monkeypatch.setattr("subprocess.run", run)
    return Starting(program, ran)


def _s3(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    client = SimpleNamespace(get_object=lambda **_of: {"Body": io.BytesIO(content)})
    monkeypatch.setattr("boto3.client", lambda *_args, **_how: client)


def test_start_installs_what_the_engine_needs(starting: Starting) -> None:
    starting.program.install()
    engine, package = starting.program.SETTINGS["engine"], starting.program.SETTINGS["package"]
    expected = ["nftables", "python3-boto3", "gpgv", *([] if package else [engine])]
    assert starting.ran[-1].endswith(f"=--force-confold {' '.join(expected)}")
    assert starting.ran[0] == "dpkg --configure --pending --force-confold"


def test_what_the_image_has_is_not_fetched(starting: Starting, monkeypatch: pytest.MonkeyPatch) -> None:
    """A firm's own image may have it all, and no way to an archive. OpenSwan's package still needs apt's lists."""
    ran: list[str] = []

    def run(argv: tuple[str, ...], **_how: Any) -> CompletedProcess[str]:
        ran.append(argv[0])
        asked = [one for one in argv[1:] if not one.startswith("-")]
        return CompletedProcess(argv, 0, stdout="installed," * len(asked))

    monkeypatch.setattr("subprocess.run", run)
    starting.program.install()
    is_debians = not starting.program.SETTINGS["package"]
    assert ("apt-get" in ran) is not is_debians


def test_one_package_that_is_missing_is_fetched_with_the_rest(
    starting: Starting, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[str] = []

    def run(argv: tuple[str, ...], **_how: Any) -> CompletedProcess[str]:
        ran.append(argv[0])
        return CompletedProcess(argv, 1, stdout="installed,config-files,")

    monkeypatch.setattr("subprocess.run", run)
    starting.program.install()
    assert "apt-get" in ran


def test_an_update_that_hangs_is_given_up_long_before_the_deploy_is(
    starting: Starting, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Debian 12's apt hung for good in the rehearsal, after an archive that broke off had come back."""
    limits: dict[str, float] = {}

    def run(argv: tuple[str, ...], *, timeout: float = 0, **_how: Any) -> CompletedProcess[str]:
        limits[argv[-1]] = timeout
        return CompletedProcess(argv, 0)

    monkeypatch.setattr("subprocess.run", run)
    starting.program.install()
    assert limits["update"] <= starting.program.LIMIT_SECONDS / 4


def test_start_takes_only_what_was_deployed(starting: Starting, monkeypatch: pytest.MonkeyPatch) -> None:
    _s3(monkeypatch, b"something else")
    with pytest.raises(OSError, match=r"checksum of s3://b/k is not"):
        starting.program.fetch()
    assert not starting.program.is_ours()
    _s3(monkeypatch, GOOD)
    starting.program.fetch()
    assert starting.program.is_ours()


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, str]]:
    """What fixtunnel-start tells CloudFormation."""
    said: list[dict[str, str]] = []
    client = SimpleNamespace(signal_resource=lambda **of: said.append(of))
    monkeypatch.setattr("boto3.client", lambda *_args, **_how: client)
    return said


def test_start_tries_again_gives_up_in_time_and_says_why(
    starting: Starting, no_waiting: list[float], told: list[dict[str, str]]
) -> None:
    """A bootstrap bucket whose key the role may not use: it was repeated for 800 s after the installation, without a word."""
    no_waiting[0] = 300.0

    def fetch() -> None:
        raise OSError("AccessDenied: User is not authorized to perform kms:Decrypt")

    with pytest.raises(SystemExit, match="fetch: gave up 640 s after the launch"):
        starting.program.keep_trying(fetch)
    assert 600 < no_waiting[0] <= contract.START_SECONDS == starting.program.LIMIT_SECONDS
    reason = "fetch: AccessDenied: User is not authorized to perform kms:Decrypt"[:64]
    assert told == [{"StackName": "s", "LogicalResourceId": "r", "UniqueId": reason, "Status": "FAILURE"}]


def test_a_power_cut_wins_no_time(
    starting: Starting, no_waiting: list[float], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The boot counts from where fixtunnel-start began first."""

    def installs() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(launch, "BEGAN", tmp_path / "lib/fixtunnel/began")
    starting.program.SETTINGS["tunnels"] = []
    monkeypatch.setattr(starting.program, "install", installs)
    installs.__name__ = "install"
    for up, since in ((20.0, 0), (10.0, 400)):
        no_waiting[0] = up
        monkeypatch.setattr("time.time", lambda since=since: 1e9 + since)
        with pytest.raises(KeyboardInterrupt):
            starting.program.main()
    assert launch.left() == contract.CLAIM_SECONDS - 420


def test_a_later_boot_tells_nobody(starting: Starting, told: list[dict[str, str]], tmp_path: Path) -> None:
    (starting.program.STATE / "signalled").touch()
    starting.program.tell("fetch: no route to host")
    assert told == []
