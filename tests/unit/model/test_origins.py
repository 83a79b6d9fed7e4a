"""An error names who gave the value: an option, an argument, an environment variable; `-c` only where somebody wrote it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from localaws.selection import fields, selected
from model.faults import InvalidInput
from model.folders import CLIENTS_DIR, VENUES_DIR
from model.load import load
from tests.ops.conftest import Fixtunnel, fixtunnel
from tests.paths import CLIENTS, ROOT, VENUES
from tests.stacks.synthesis import CONTEXT

__all__ = ["fixtunnel"]
BAD = "/nowhere"


@pytest.mark.parametrize(
    ("environment", "words", "origin"),
    [
        ({}, ("plan", "nosuch"), "CLIENT: error: client: 'nosuch'"),
        ({CLIENTS_DIR: BAD}, ("plan", "acme"), f"{CLIENTS_DIR}: error: clients_dir: '{BAD}'"),
        ({}, ("--clients-dir", BAD, "plan", "acme"), f"--clients-dir: error: clients_dir: '{BAD}'"),
        ({CLIENTS_DIR: BAD}, ("status",), CLIENTS_DIR),
        ({VENUES_DIR: BAD}, ("check", "acme-capital"), f"{VENUES_DIR}: error: venues_dir: '{BAD}'"),
        ({}, ("--clients-dir", BAD, "check"), f"--clients-dir: error: clients_dir: '{BAD}'"),
        ({VENUES_DIR: BAD}, ("plan", "acme-capital"), f"{VENUES_DIR}: error: venues_dir: '{BAD}'"),
        (
            {VENUES_DIR: "/x"},
            ("--venues-dir", BAD, "plan", "acme-capital"),
            f"--venues-dir: error: venues_dir: '{BAD}'",
        ),
        ({"AWS_PROFILE": "nosuch"}, ("status", "lse-proquote"), "AWS_PROFILE"),
        ({}, ("--profile", "nosuch", "status", "lse-proquote"), "--profile"),
    ],
)
def test_the_command(
    fixtunnel: Fixtunnel,
    monkeypatch: pytest.MonkeyPatch,
    environment: Mapping[str, str],
    words: tuple[str, ...],
    origin: str,
) -> None:
    monkeypatch.setenv("AWS_REGION", "eu-west-2")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    ran = fixtunnel(*words)
    assert (ran.status, origin in ran.out + ran.err, "-c:" in ran.out + ran.err) == (2, True, False), ran.err


@pytest.mark.parametrize(
    ("environment", "context", "origin"),
    [
        ({}, {}, "CLIENT: error: client: 'nosuch'"),
        ({CLIENTS_DIR: BAD}, {}, f"{CLIENTS_DIR}: error: clients_dir: '{BAD}'"),
        ({CLIENTS_DIR: "/x"}, {"clients_dir": BAD}, f"-c: error: clients_dir: '{BAD}'"),
    ],
)
def test_the_make_targets(
    monkeypatch: pytest.MonkeyPatch, environment: Mapping[str, str], context: Mapping[str, str], origin: str
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(InvalidInput) as caught:
        selected("nosuch", fields([f"{key}={value}" for key, value in context.items()]))
    assert str(caught.value).startswith(origin)


def test_a_field_of_makes_context(monkeypatch: pytest.MonkeyPatch) -> None:
    """make writes `-c` for each word of CONTEXT; nobody else did."""
    monkeypatch.setenv("CONTEXT", "gateway.image=debian-11 trading_hosts=[10.0.0.0/24 nosuch=1")
    typed = fields(["gateway.image=debian-11", "trading_hosts=[10.0.0.0/24", "nosuch=1", "region=nowhere"])
    with pytest.raises(InvalidInput) as caught:
        selected("lse-proquote", typed)
    assert {line.split(": error: ")[0] for line in str(caught.value).splitlines()} == {"CONTEXT:1:13"}
    with pytest.raises(InvalidInput) as caught:
        selected("lse-proquote", {key: typed[key] for key in ("gateway.image", "region")})
    errors = [str(fault) for fault in caught.value.faults if fault.severity == "error"]
    assert {line.split(": error: ")[0] for line in errors} == {"CONTEXT", "-c"}


def test_a_folder_that_no_variable_names_stands_for_itself(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InvalidInput) as caught:
        load(clients=Path("clients"), venues=VENUES)
    assert str(caught.value) == "clients: error: does not exist; name the folder of the client files"
    Path("clients").touch()
    with pytest.raises(InvalidInput) as caught:
        load(clients=Path("clients"), venues=VENUES)
    assert str(caught.value) == "clients: error: is no folder; name the folder of the client files"


@pytest.mark.parametrize("words", [("status",), ("status", "acme"), ("check",), ("plan", "acme"), ("render", "acme")])
def test_a_folder_that_does_not_exist_is_not_called_empty(fixtunnel: Fixtunnel, words: tuple[str, ...]) -> None:
    ran = fixtunnel("--clients-dir", BAD, *words)
    assert (ran.status, "does not exist" in ran.err + ran.out, "available: none" in ran.err) == (2, True, False)


def test_a_package_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENSWAN_DEB", f"{BAD}/openswan.deb")
    with pytest.raises(InvalidInput, match=r"OPENSWAN_DEB: error: gateway.openswan.deb"):
        selected("lse-proquote-openswan", fields([]))


def test_the_targets_read_the_folders_of_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "ours.yaml").write_text(
        (CLIENTS / "lse-proquote.yaml").read_text().replace("lse-proquote\nt", "ours\nt", 1)
    )
    monkeypatch.setenv(CLIENTS_DIR, str(tmp_path))
    given = fields([])
    assert selected("ours", given).deployments[0].client.name == "ours"
    assert given["clients_dir"] == str(tmp_path), "and the CDK that they start is told"


def test_the_app_reads_them_too(tmp_path: Path) -> None:
    from stacks.parameters import read_context

    found = read_context(CONTEXT, ROOT, {CLIENTS_DIR: str(tmp_path)})
    assert (found.clients, found.venues) == (tmp_path, VENUES)
    assert (found.origins["clients_dir"], "venues_dir" in found.origins) == (CLIENTS_DIR, False)
    chosen = read_context({**CONTEXT, "clients_dir": BAD}, ROOT, {CLIENTS_DIR: str(tmp_path)})
    assert (str(chosen.clients), chosen.origins["clients_dir"]) == (BAD, "-c")

    of_make = {"CLIENT": "acme", "CONTEXT": "gateway.image=debian-12 region=eu-west-2", "OPENSWAN_DEB": "/x.deb"}
    fields = {"gateway.image": "debian-12", "region": "eu-west-1", "gateway.openswan.deb": "/x.deb"}
    origins = read_context({**CONTEXT, "client": "acme", **fields}, ROOT, of_make).origins
    assert [origins[key] for key in ("client", *fields)] == ["CLIENT", "CONTEXT", "-c", "OPENSWAN_DEB"]
