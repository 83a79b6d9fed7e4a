"""Where the command stands may be as broken as what it reads: each ends in a sentence and an exit status."""

from __future__ import annotations

import http.server
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ops.aws.access import open_access
from ops.command import main
from ops.console import console
from ops.failure import BadInput
from ops.stand_in import enter_local, enter_rehearsal
from tests.hostile.bounds import bounded
from tests.hostile.command import FIXTUNNEL, environment, ran
from tests.hostile.mutation import CANARY
from tests.paths import ROOT


@pytest.mark.parametrize("verb", [("check",), ("check", "--json"), ("cost", "lse-proquote"), ("--help",)])
def test_full_output(verb: tuple[str, ...]) -> None:
    with Path("/dev/full").open("w") as full:
        done = ran(*verb, stdout=full)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == "fixtunnel: standard output: No space left on device"


@pytest.mark.parametrize("verb", ["check", "cost lse-proquote", "form lse-proquote --sheet", "--help"])
def test_closed_output(verb: str) -> None:
    done = subprocess.run(
        ["sh", "-c", f"{FIXTUNNEL} {verb} >&-"], capture_output=True, text=True, check=False, env=environment()
    )
    assert (done.returncode, done.stderr) == (1, "fixtunnel: standard output is closed\n")


@pytest.mark.parametrize("closed", ["2>&-", "<&-", "<&- 2>&-"])
def test_other_closed_streams(closed: str) -> None:
    line = f"{FIXTUNNEL} new a --venue lse-proquote --clients-dir /nonexistent {closed}; {FIXTUNNEL} check {closed}"
    done = subprocess.run(["sh", "-c", line], capture_output=True, text=True, check=False, env=environment())
    assert done.returncode == 0
    assert "Traceback" not in done.stderr + done.stdout
    assert "no errors" in done.stdout.splitlines()[-1]


@pytest.mark.parametrize("to", ["file", "file/below", "/proc/forms", "x" * 300])
def test_a_folder_that_cannot_be_written(tmp_path: Path, to: str) -> None:
    (tmp_path / "file").touch()
    done = ran("form", "lse-proquote", "--offline", "--to", to, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("fixtunnel: ")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("verb", ["check", "new", "form", "status", "plan"])
def test_a_name_of_300_characters(tmp_path: Path, verb: str) -> None:
    venue = ("--venue", "lse-proquote") if verb == "new" else ()
    done = ran("--clients-dir", str(tmp_path), verb, "x" * 300, *venue)
    assert done.returncode == 2
    assert done.stderr


def test_a_folder_that_is_gone(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    line = f"cd {gone}; rmdir {gone}; {FIXTUNNEL} check; echo $?; {FIXTUNNEL} check acme.yaml; echo $?"
    done = subprocess.run(["sh", "-c", line], capture_output=True, text=True, check=False, env=environment())
    assert "Traceback" not in done.stderr
    assert "did not expect" not in done.stderr
    assert [line for line in done.stdout.splitlines() if line.isdigit()] == ["0", "2"]


@pytest.mark.parametrize("traffic", ["inf", "nan", "-inf", "1e300", "-1"])
def test_no_number(traffic: str) -> None:
    done = ran("--region", "eu-west-2", "cost", "lse-proquote", f"--traffic={traffic}", "--json")
    assert done.returncode == 2
    assert "--traffic" in done.stderr
    assert not done.stdout


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252"])
@pytest.mark.parametrize(
    "verb", [("check",), ("cost", "lse-proquote"), ("render", "lse-proquote", "--explain"), ("-h",)]
)
def test_streams_that_lack_our_characters(encoding: str, verb: tuple[str, ...]) -> None:
    done = ran("--region", "eu-west-2", *verb, env=environment(PYTHONIOENCODING=encoding), encoding=encoding)
    assert done.returncode == 0
    assert done.stdout


@pytest.fixture
def portal() -> Iterator[str]:
    """A hotel's network: whatever is asked, it answers with its own page."""

    class Page(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            page = b"<html><body>Welcome! Please accept our terms.</body></html>"
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(page)))
            self.end_headers()
            self.wfile.write(page)

        do_GET = do_POST

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


Ends = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def ends(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Ends:
    """As `ran`, in this process: where only the environment is broken, a Python of its own adds a second and shows no more."""

    def run(*arguments: str, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
        for name in os.environ.keys() - env.keys():
            monkeypatch.delenv(name)
        for name, value in env.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(sys, "argv", ["fixtunnel", *arguments])
        console.cache_clear()
        status = main()
        console.cache_clear()
        out, err = capfd.readouterr()
        assert "Traceback" not in out + err and "did not expect" not in out + err, out + err
        return subprocess.CompletedProcess(arguments, status, out, err)

    return run


VERBS = [("status", "lse-proquote"), ("plan", "lse-proquote"), ("doctor", "lse-proquote"), ("logs", "lse-proquote")]


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb[0])
def test_an_answer_that_is_not_of_aws(ends: Ends, portal: str, verb: tuple[str, ...]) -> None:
    done = ends(*verb, env=environment(AWS_ENDPOINT_URL=portal))
    assert done.returncode == 1
    assert "what answered is not AWS" in done.stderr + done.stdout
    assert "Welcome" not in done.stderr + done.stdout


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb[0])
@pytest.mark.parametrize("url", ["nonsense", "http://", "http://[", "ftp://x", "http://a b", "http://127.0.0.1:99999"])
def test_an_endpoint_that_is_no_url(ends: Ends, url: str, verb: tuple[str, ...]) -> None:
    done = ends(*verb, env=environment(AWS_ENDPOINT_URL=url))
    assert done.returncode in (1, 2)
    assert "AWS" in done.stderr + done.stdout


BROKEN: dict[str, str | bytes] = {
    "no section": "region = eu-west-2\n",
    "no text": "\x00\x01[\n",
    "not UTF-8": b"[default]\nregion = \xff\xfe\n",
    "a role of itself": "[default]\nrole_arn = arn:aws:iam::123456789012:role/a\nsource_profile = default\n",
    "a role of nobody": "[default]\nrole_arn = x\nsource_profile = nobody\n",
    "bad retries": "[default]\nmax_attempts = many\nretry_mode = never\n",
    "a program that is none": "[default]\ncredential_process = /nonexistent/x\n",
}


@pytest.mark.parametrize("verb", VERBS[:2], ids=lambda verb: verb[0])
@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_configuration_of_aws(ends: Ends, tmp_path: Path, name: str, verb: tuple[str, ...]) -> None:
    content = BROKEN[name]
    (tmp_path / "config").write_bytes(content if isinstance(content, bytes) else content.encode())
    plain = environment(AWS_CONFIG_FILE=str(tmp_path / "config"), AWS_SHARED_CREDENTIALS_FILE=str(tmp_path / "none"))
    for key in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_MAX_ATTEMPTS"):
        del plain[key]
    done = ends(*verb, env=plain)
    assert done.returncode in (1, 2)
    assert "AWS" in done.stderr + done.stdout


@pytest.mark.parametrize(
    "wrong",
    [
        {"AWS_CA_BUNDLE": "/nonexistent", "AWS_ENDPOINT_URL": "https://127.0.0.1:9"},
        {"AWS_MAX_ATTEMPTS": "many"},
        {"AWS_MAX_ATTEMPTS": "-1"},
        {"AWS_RETRY_MODE": "never"},
        {"AWS_REGION": "no region!"},
        {"AWS_PROFILE": "neither side"},
        {"HTTPS_PROXY": "nonsense", "HTTP_PROXY": "::::"},
    ],
    ids=lambda wrong: ",".join(f"{key}={value}" for key, value in wrong.items()),
)
def test_a_broken_environment_of_aws(ends: Ends, wrong: dict[str, str]) -> None:
    done = ends("status", "lse-proquote", env=environment(**wrong))
    assert done.returncode in (1, 2)
    assert "AWS" in done.stderr + done.stdout


@pytest.mark.parametrize("name", ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"])
@pytest.mark.parametrize("spoilt", [f"{CANARY}\nx", f"{CANARY} ", f"{CANARY}\r", f"{CANARY}\udcff", f"é{CANARY}"])
def test_credentials_with_a_line_break_are_not_told(name: str, spoilt: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a pipeline's variable has them after a careless paste: http.client's error is the header with all that is in it."""
    for given, value in (environment(AWS_SESSION_TOKEN="token") | {name: spoilt}).items():
        if given.startswith("AWS_"):
            monkeypatch.setenv(given, value)
    with pytest.raises(BadInput) as refused:
        open_access(profile=None, region="eu-west-2").call("cloudformation", "describe_stacks")
    said = str(refused.value)
    assert CANARY not in said
    assert name in said and "no AWS credential has" in said


def test_a_venue_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "venues").touch()
    shutil.copytree(ROOT / "clients", tmp_path / "clients")
    done = ran("--clients-dir", str(tmp_path / "clients"), "--venues-dir", str(tmp_path / "venues"), "check")
    assert done.returncode == 2
    assert os.sep in done.stdout + done.stderr


def test_another_pythons_home_does_not_keep_it_from_starting() -> None:
    assert ran("check", env=environment(PYTHONHOME="/nonexistent")).returncode == 0


LEFT = {
    "no text": b"\xff\xfe",
    "no object": b"[1]",
    "no process": b'{"pid": "x", "port": 1}',
    "no number": b'{"pid": 1e400, "port": 1}',
    "beyond": b'{"pid": 1' + b"0" * 30 + b', "port": 1}',
    "nested": b"[" * 60000,
    "empty": b"",
}


@pytest.mark.parametrize("name", LEFT)
def test_what_another_run_left_behind_is_no_aws(tmp_path: Path, name: str) -> None:
    for path in ("out/local/x/aws.json", "out/rehearsal/up"):
        (tmp_path / path).parent.mkdir(parents=True)
        (tmp_path / path).write_bytes(LEFT[name])
    with pytest.raises(BadInput, match="up"):
        enter_local(tmp_path, region=None)
    with pytest.raises(BadInput, match="no rehearsal is up"):
        enter_rehearsal(tmp_path)


def test_a_pipe_that_another_run_left_is_not_waited_for(tmp_path: Path) -> None:
    for path in ("out/local/x/aws.json", "out/rehearsal/up"):
        (tmp_path / path).parent.mkdir(parents=True)
        os.mkfifo(tmp_path / path)
    with bounded(), pytest.raises(BadInput):
        enter_local(tmp_path, region=None)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PYTHONIOENCODING", "nonsense"),
        ("PYTHONHASHSEED", "abc"),
        ("PYTHONMALLOC", "bad"),
        ("PYTHONUTF8", "7"),
        ("PYTHONTRACEMALLOC", "x"),
        ("PYTHONINTMAXSTRDIGITS", "x"),
        ("PYTHONINSPECT", "1"),
    ],
)
def test_what_python_cannot_take_in_a_variable_keeps_nobody_from_working(name: str, value: str) -> None:
    done = ran("explain", "one-way", env=environment(**{name: value}))
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("verb", ["check", "explain", "cost"])
def test_a_long_name_is_not_repeated_whole(verb: str) -> None:
    done = ran(verb, "x" * 100_000)
    assert done.returncode == 2
    assert len(done.stderr) < 10_000 and "characters more" in done.stderr


@pytest.mark.parametrize("word", ["", "x", "9.5"])
def test_a_shell_that_completes_oddly_gets_nothing(word: str) -> None:
    told = {
        "_FIXTUNNEL_COMPLETE": "complete_bash",
        "COMP_WORDS": "fixtunnel ch",
        **({"COMP_CWORD": word} if word else {}),
    }
    done = ran(env=environment(**told))
    assert (done.stdout, done.stderr) == ("", "")
