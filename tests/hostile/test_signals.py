"""Ctrl-C and SIGTERM at any moment: a sentence, the right status, and nothing left running or lying about."""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from ops.ending import ended
from ops.interrupts import Interrupted, heard, held, released
from tests.hostile.command import FIXTUNNEL, environment
from tests.paths import ROOT

WORDS = {signal.SIGINT: ("ended by Ctrl-C", 130), signal.SIGTERM: ("ended by SIGTERM", 143)}
FILES = (
    "check",
    "render lse-proquote --explain",
    "form lse-proquote --offline --to {tmp}/forms",
    "new desk --venue lse-proquote --clients-dir {tmp}/clients",
    "choose lse-proquote",
    "cost lse-proquote",
    "explain one-way",
    "fmt --check",
    "--help",
)
ASKING_AWS = (
    "status",
    "status --watch",
    "plan lse-proquote",
    "doctor lse-proquote",
    "logs lse-proquote",
    "logs lse-proquote --follow",
)
"""Here AWS takes the question, and never answers."""
REHEARSING = ("rehearse lse-proquote -c region=nowhere", "rehearse lse-proquote -c region=nowhere --open")
"""A file that has a fault: all is loaded, and no machine is booted."""
VERBS = [verb.split() for verb in (*FILES, *ASKING_AWS, *REHEARSING)]
MANY = int(os.environ.get("FIXTUNNEL_HOSTILE_SIGNALS", "5"))
"""Of each signal; fifty in `make fuzz`."""


@pytest.fixture(scope="module")
def silent() -> Iterator[str]:
    """An AWS that says nothing: the connection stands, and that is all."""
    with socket.create_server(("127.0.0.1", 0), backlog=400) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


@contextmanager
def started(*arguments: str, tmp: Path, aws: str) -> Iterator[subprocess.Popen[str]]:
    """In a session of its own: whatever it starts can be found by that."""
    before = {f"--{kind}-dir": str(ROOT / kind) for kind in ("clients", "venues")}
    given = [one.format(tmp=tmp) for one in arguments]
    if "--clients-dir" in given:
        at = given.index("--clients-dir")
        before["--clients-dir"] = given[at + 1]
        del given[at : at + 2]
    argv = [FIXTUNNEL, *(one for pair in before.items() for one in pair), *given]
    streams: Any = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE}
    (tmp / "tmp").mkdir()
    own = environment(TMPDIR=str(tmp / "tmp"), AWS_ENDPOINT_URL=aws)
    process = subprocess.Popen(argv, env=own, text=True, start_new_session=True, **streams)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("number", WORDS, ids=lambda number: number.name)
@pytest.mark.parametrize("seed", range(MANY))
def test_at_any_moment(tmp_path: Path, silent: str, number: signal.Signals, seed: int) -> None:
    chosen = random.Random(f"{number} {seed}")
    with started(*chosen.choice(VERBS), tmp=tmp_path, aws=silent) as process:
        time.sleep(0.02 + chosen.random() * chosen.choice([0.1, 0.5, 1.0]))
        process.send_signal(number)
        said = process.communicate(timeout=30)[1]
    words, status = WORDS[number]
    assert "Traceback" not in said and "Exception ignored" not in said, said
    # Before a shell has read its first line, and while one program becomes another, nothing that has words runs. A shell
    # calls that 130 or 143 too.
    before_all = process.returncode == -number and not said
    is_over = process.returncode in (0, 1, 2)
    assert before_all or is_over or (process.returncode, said.splitlines()[-1]) == (status, words), said
    assert not _in_session(process.pid)
    assert not list((tmp_path / "tmp").iterdir())
    for path in [*tmp_path.glob("clients/*"), *tmp_path.glob("forms/*")]:
        assert path.suffix in (".yaml", ".md", ".html", ".pdf") and _is_whole(path), path


@pytest.fixture
def near() -> Iterator[Path]:
    """A folder with a path that is short enough for a socket's."""
    with tempfile.TemporaryDirectory(prefix="ft-", dir="/tmp") as folder:
        yield Path(folder)


@pytest.mark.parametrize("number", WORDS, ids=lambda number: number.name)
@pytest.mark.parametrize("seed", range(max(1, MANY // 5)))
def test_a_deploy_to_the_local_aws_at_any_moment(near: Path, number: signal.Signals, seed: int) -> None:
    """The CDK and its app end with it. The local AWS outlives it, as it does where the deploy came to its end."""
    (near / "fixtunnel.toml").write_text(f"clients = '{ROOT}/clients'\nvenues = '{ROOT}/venues'\n")
    hold = ["env", *(f"--block-signal={name}" for name in ("INT", "TERM"))]
    argv = [*hold, sys.executable, "-P", "-m", "localaws", "deploy", "lse-proquote"]
    own = environment(PYTHONPATH=str(ROOT))
    pipes: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE}
    process = subprocess.Popen(argv, cwd=near, env=own, text=True, start_new_session=True, **pipes)
    state = near / "out" / "local" / "123456789012-eu-west-2" / "aws.json"
    try:
        time.sleep(random.Random(f"{number} {seed} local").random() * 20)
        process.send_signal(number)
        said = process.communicate(timeout=60)[1]
        words, status = WORDS[number]
        assert "Traceback" not in said and "Exception ignored" not in said, said
        assert process.returncode == 0 or (process.returncode, said.splitlines()[-1]) == (status, words), said
        left = _telling_of(near)
        assert len(left) <= state.exists(), left
        assert not left or "the embedded AWS goes on" in said or process.returncode == 0, said
    finally:
        process.kill()
        process.communicate()
        for pid in _telling_of(near):
            os.kill(pid, signal.SIGKILL)


def _telling_of(folder: Path) -> dict[int, str]:
    """The processes that have the folder in an argument or in their environment; a killed one takes a moment to go."""
    time.sleep(0.2)
    found = {}
    for path in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            told = (path / "cmdline").read_bytes()
            if str(folder).encode() in told + (path / "environ").read_bytes() and int(path.name) != os.getpid():
                found[int(path.name)] = told.decode(errors="replace")
    return found


def _in_session(leader: int) -> list[str]:
    """The processes of a session that run on after its first is gone."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            name, _, rest = path.read_text().rpartition(")")
            state, _parent, _group, session = rest.split()[:4]
            found += [name] if session == str(leader) and state != "Z" else []
    return found


def _is_whole(path: Path) -> bool:
    """Whether the end of what the command writes is there."""
    end = {".yaml": b"timezone: UTC}\n", ".html": b"</html>", ".pdf": b"%%EOF\n", ".md": b"|\n"}[path.suffix]
    return path.read_bytes().endswith(end)


@pytest.mark.parametrize("number", WORDS, ids=lambda number: number.name)
def test_a_plan_takes_the_cdk_and_its_app_with_it(
    tmp_path: Path, number: signal.Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stand-in for the CDK that hears nothing, with an app below it that hears nothing either."""
    from ops.deploying import cdk as module
    from ops.options import Settings

    stand_in = tmp_path / "cdk"
    stand_in.write_text(
        "#!/bin/sh\ntrap '' INT TERM\nsh -c 'trap \"\" INT TERM; while :; do sleep 1; done' &\n"
        f"echo $$ $! >{tmp_path}/pids\nwhile :; do sleep 1; done\n"
    )
    stand_in.chmod(0o755)
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    monkeypatch.setattr(module, "_cli", lambda: stand_in)
    monkeypatch.setattr(module, "_STOP_SECONDS", 0.5)
    monkeypatch.setattr(module, "_environment", lambda _: dict(os.environ))
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    with (
        heard(),
        pytest.raises(Interrupted) as interrupted,
        module.cdk("deploy", "acme", settings=Settings(), access=None) as run,  # type: ignore[arg-type]
    ):
        while not (tmp_path / "pids").exists() or not (tmp_path / "pids").read_text():
            time.sleep(0.01)
        os.kill(os.getpid(), number)
        run.ended(within=20)
    assert interrupted.value.status == 128 + number
    for pid in (tmp_path / "pids").read_text().split():
        assert not _runs(int(pid))
    assert not list(temporary.iterdir())


def _runs(pid: int) -> bool:
    """Whether it does more than wait to be buried."""
    for _ in range(100):
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
        except OSError:
            return False
        if state == "Z":
            return False
        time.sleep(0.02)
    return True


def test_what_is_held_is_finished_first() -> None:
    done = []
    with heard(), pytest.raises(Interrupted), held():
        os.kill(os.getpid(), signal.SIGTERM)
        done.append("finished")
    assert done == ["finished"]


def test_what_came_while_held_is_heard_where_it_is_released() -> None:
    done = []
    with heard(), pytest.raises(Interrupted), held():
        os.kill(os.getpid(), signal.SIGINT)
        try:
            with released():
                done.append("never")
        finally:
            done.append("tidied up")
    assert done == ["tidied up"]


def test_a_destructor_cannot_swallow_it() -> None:
    class Swallows:
        def __del__(self) -> None:
            os.kill(os.getpid(), signal.SIGINT)

    with heard(), pytest.raises(Interrupted):
        Swallows()
        time.sleep(5)


def test_one_that_comes_just_before_a_read_blocks_is_heard_all_the_same() -> None:
    """Python hears a signal between two of its steps: here its flag is set, and the read that waits knows nothing of it."""
    come, go = os.pipe()
    beside = threading.Timer(0.1, lambda: signal.pthread_kill(threading.get_ident(), signal.SIGINT))
    at_last = threading.Timer(10, os.write, (go, b"!"))
    beside.start()
    at_last.start()
    try:
        with pytest.raises(Interrupted), heard():
            os.read(come, 1)
        assert at_last.is_alive(), "it was heard only when there was something to read"
    finally:
        at_last.cancel()
        os.close(come)
        os.close(go)


@pytest.mark.parametrize("number", WORDS, ids=lambda number: number.name)
def test_one_that_comes_as_the_command_ends_has_its_words(
    number: signal.Signals, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    @contextmanager
    def insisting() -> Iterator[None]:
        yield
        os.kill(os.getpid(), number)

    monkeypatch.setattr("ops.interrupts._insisting", insisting)
    words, status = WORDS[number]
    assert ended(lambda: None) == status
    assert capsys.readouterr().err == f"{words}\n"
