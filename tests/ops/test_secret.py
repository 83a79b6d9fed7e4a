"""`fixtunnel secret`: stored, compared and changed, and never shown."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path

import pytest

from localaws.aws import EmbeddedAws
from ops.gateway.psk_change import follow, generate, weaknesses
from ops.gateway.session import Session
from ops.gateway.state import Seen, look
from tests.emulator.standing import Standing
from tests.ops.conftest import CANARY, Fixtunnel, piped, reachable
from tests.ops.embedded import StandInGateway, up


def test_a_psk_from_a_pipe_is_stored_and_never_shown(
    acme: Fixtunnel, aws: EmbeddedAws, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    piped(monkeypatch, f"{CANARY}\n", tmp_path)
    ran = acme("secret", "set", "acme")
    assert ran.status == 0
    arn = aws.outputs("acme")["SecretLSEProquote"]
    assert aws.clients.secrets.get_secret_value(SecretId=arn)["SecretString"] == CANARY
    assert "signs beside letters and digits" in ran.err


SEEN = "Zq7w3Xk9Lm2Vb5Nt8Rp1"


@pytest.mark.parametrize(
    "value",
    ["", "two\nlines\n", " padded ", "x" * 300, f"\ufeff{SEEN}", f"{SEEN}\u200b", f"{SEEN}\t1", f"{SEEN}\u00a0"],
)
def test_a_psk_that_cannot_be_one_is_refused(
    acme: Fixtunnel, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, value: str
) -> None:
    piped(monkeypatch, value, tmp_path)
    ran = acme("secret", "set", "acme")
    assert ran.status == 2
    assert value.strip() not in ran.err or not value.strip()
    assert "had a value" not in ran.err


def test_a_generated_psk_is_never_shown(acme: Fixtunnel, aws: EmbeddedAws, tmp_path: Path) -> None:
    arn, path = aws.outputs("acme")["SecretLSEProquote"], tmp_path / "acme.psk"
    ran = acme("secret", "set", "acme", "--generate", "--into", str(path))
    value = aws.clients.secrets.get_secret_value(SecretId=arn)["SecretString"]
    assert re.fullmatch(r"[A-Za-z][A-Za-z0-9]{39}", value)
    assert value not in ran.out + ran.err
    assert (path.read_text(), oct(path.stat().st_mode & 0o777)) == (f"{value}\n", "0o600")
    assert acme("secret", "set", "acme", "--generate", "--into", str(path)).status == 2
    assert aws.clients.secrets.get_secret_value(SecretId=arn)["SecretString"] == value


def test_gateway_and_secret_are_compared_without_being_shown(
    acme: Fixtunnel, gateway: StandInGateway, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    piped(monkeypatch, CANARY, tmp_path)
    acme("secret", "set", "acme")
    reachable(gateway, monkeypatch)
    ran = acme("secret", "verify", "acme")
    assert (ran.status, "the gateway has no PSK yet" in ran.out) == (1, True)
    gateway.holds_psk("LSE_Proquote", CANARY)
    ran = acme("secret", "verify", "acme")
    assert (ran.status, "the same on both" in ran.out) == (0, True)
    gateway.holds_psk("LSE_Proquote", CANARY + "x")
    ran = acme("secret", "verify", "acme")
    assert (ran.status, "DIFFERENT" in ran.out) == (1, True)


@pytest.fixture
def rotating(
    aws: EmbeddedAws, standing: Standing, gateway: StandInGateway, monkeypatch: pytest.MonkeyPatch
) -> StandInGateway:
    """A gateway that works with a PSK, asked without pauses."""
    aws.set_secret(aws.outputs("acme")["SecretLSEProquote"], CANARY)
    gateway.holds_psk("LSE_Proquote", CANARY)
    gateway.is_well(standing.address["PublicIp"], now=int(time.time()))
    monkeypatch.setattr("ops.gateway.psk_change._PERIOD_SECONDS", 0.01)
    monkeypatch.setattr("ops.gateway.psk_change._ASKED_SECONDS", 0.0)
    return gateway


def give_up_after(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """Where nothing happens, and only then: what happens ends the waiting by itself, on a busy machine too."""
    monkeypatch.setattr("ops.verbs.secret.follow", lambda *a, **k: follow(*a, **{**k, "limit": seconds}))


NEW = "a-new-psk-Zq7w3Xk9Lm2Vb5Nt8Rp1"


@pytest.mark.parametrize(
    "case",
    [
        ("psk-refused", 1, "the venue does not answer to the new PSK"),
        ("waiting-for-window", 0, "in the restart window"),
        ("untried", 0, "when this tunnel is needed"),
        ("current", 1, "did not come up with it within"),
    ],
)
def test_a_rotation_tells_how_it_ended(
    acme: Fixtunnel,
    rotating: StandInGateway,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    case: tuple[str, int, str],
) -> None:
    psk, status, words = case
    rotating.is_in_state("holding", {"LSE_Proquote": up(int(time.time()), psk=psk)})
    reachable(rotating, monkeypatch)
    piped(monkeypatch, NEW, tmp_path)
    if psk == "current":
        give_up_after(monkeypatch, 2.0)
    ran = acme("secret", "rotate", "acme", "--json")
    assert (ran.status, words in ran.err) == (status, True)
    assert words in json.loads(ran.out)["words"]
    assert NEW not in ran.out + ran.err + rotating.asked


def test_a_rotation_that_the_venue_accepts_and_the_way_back(
    acme: Fixtunnel, aws: EmbeddedAws, rotating: StandInGateway, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    arn, now = aws.outputs("acme")["SecretLSEProquote"], int(time.time())
    rotating.says["date"] = f"{now}\n"
    rotating.holds_psk("LSE_Proquote", NEW)
    rotating.is_in_state("holding", {"LSE_Proquote": up(now, child_sa_since=now - 1)})
    reachable(rotating, monkeypatch)
    piped(monkeypatch, NEW, tmp_path)
    with monkeypatch.context() as impatient:
        give_up_after(impatient, 2.0)
        ran = acme("secret", "rotate", "acme")
    assert ran.status == 1, "the tunnel that is up is the one of the PSK before"
    rotating.is_in_state("holding", {"LSE_Proquote": up(now, child_sa_since=now)})
    reachable(rotating, monkeypatch)
    piped(monkeypatch, NEW, tmp_path)
    ran = acme("secret", "rotate", "acme")
    assert (ran.status, "the venue accepts the PSK" in ran.err) == (0, True)
    aws.set_secret(arn, CANARY)
    piped(monkeypatch, NEW, tmp_path)
    acme("secret", "set", "acme")
    rotating.holds_psk("LSE_Proquote", CANARY)
    assert acme("secret", "rotate", "acme", "--back").status == 0
    assert aws.clients.secrets.get_secret_value(SecretId=arn)["SecretString"] == CANARY


def test_back_from_a_psk_that_the_venue_refused(
    acme: Fixtunnel, aws: EmbeddedAws, rotating: StandInGateway, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The gateway works with the one before: its word of the refused one is old, and no younger child SA will come."""
    now = int(time.time())
    piped(monkeypatch, NEW, tmp_path)
    acme("secret", "set", "acme")
    reachable(rotating, monkeypatch)
    monkeypatch.setattr("ops.gateway.psk_change._ASKED_SECONDS", 60.0)
    looks = iter(("psk-refused", "psk-refused", "current"))

    def look_again(session: Session) -> Seen:
        rotating.is_in_state("holding", {"LSE_Proquote": up(now, child_sa_since=now - 900, psk=next(looks))})
        reachable(rotating, monkeypatch)
        return look(session)

    monkeypatch.setattr("ops.gateway.psk_change.look", look_again)
    ran = acme("secret", "rotate", "acme", "--back")
    assert (ran.status, "waiting for the gateway to fetch it" in ran.err) == (0, True), ran.err
    assert "does not answer to the new PSK" not in ran.err


@pytest.mark.parametrize("verb", ["rotate", "set"])
def test_a_psk_that_is_in_use_waits_for_the_end_of_the_session(
    acme: Fixtunnel, aws: EmbeddedAws, rotating: StandInGateway, monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    monkeypatch.setattr("ops.verbs.secret.trading", lambda venues, _now: tuple(venues))
    reachable(rotating, monkeypatch)
    ran = acme("secret", verb, "acme", "--generate")
    assert (ran.status, "--now" in ran.err) == (1, True)
    arn = aws.outputs("acme")["SecretLSEProquote"]
    assert aws.clients.secrets.get_secret_value(SecretId=arn)["SecretString"] == CANARY
    assert acme("secret", "set", "acme", "--generate", "--now").status == 0


def test_a_psk_in_session_hours_where_nothing_works_with_one_yet(
    acme: Fixtunnel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ops.verbs.secret.trading", lambda venues, _now: tuple(venues))
    monkeypatch.setattr("ops.aws.secret.Secret.version", lambda *_: "")
    assert acme("secret", "set", "acme", "--generate").status == 0


def test_a_psk_that_is_taken_in_the_window_needs_no_other_guard(
    acme: Fixtunnel, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("ops.verbs.secret.trading", lambda venues, _now: tuple(venues))
    path = tmp_path / "clients" / "acme.yaml"
    path.write_text(path.read_text() + "psk_rotation: in-window\n")
    assert acme("secret", "set", "acme", "--generate").status == 0


@pytest.mark.parametrize("value", ["abc12", "nineteen-characters", "abab" * 8])
def test_a_weak_psk_is_not_stored_unless_it_is_meant_and_then_it_is_remembered(
    acme: Fixtunnel, aws: EmbeddedAws, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, value: str
) -> None:
    arn, file = aws.outputs("acme")["SecretLSEProquote"], tmp_path / "clients" / "acme.yaml"
    aws.set_secret(arn, CANARY)
    before = file.read_text()
    piped(monkeypatch, value, tmp_path)
    ran = acme("secret", "set", "acme")
    assert (ran.status, "nothing was stored" in ran.err, value in ran.err) == (2, True, False)
    assert aws.clients.secrets.get_secret_value(SecretId=arn)["SecretString"] == CANARY
    assert file.read_text() == before
    piped(monkeypatch, value, tmp_path)
    assert acme("secret", "set", "acme", "--weak-psk").status == 0
    assert aws.clients.secrets.get_secret_value(SecretId=arn)["SecretString"] == value
    assert "tunnels.0.weak_psk: means a PSK that can be guessed" in acme("check", "acme").out
    assert "weak: the client asks for 32 characters or more" in acme("form", "acme", "--offline").out
    assert "# the article's" in file.read_text()
    # A strong one ends it.
    assert acme("secret", "set", "acme", "--generate").status == 0
    assert "tunnels.0.weak_psk" not in acme("check", "acme").out
    assert "weak: the client" not in acme("form", "acme", "--offline").out


def test_a_weak_psk_is_not_taken_by_rotate_either(
    acme: Fixtunnel, rotating: StandInGateway, aws: EmbeddedAws, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    reachable(rotating, monkeypatch)
    piped(monkeypatch, "abc12", tmp_path)
    ran = acme("secret", "rotate", "acme")
    assert (ran.status, "--weak-psk" in ran.err) == (2, True)


def test_a_weak_psk_that_came_by_another_way_is_named(
    acme: Fixtunnel, gateway: StandInGateway, aws: EmbeddedAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    reachable(gateway, monkeypatch)
    aws.set_secret(aws.outputs("acme")["SecretLSEProquote"], "abc12")
    gateway.holds_psk("LSE_Proquote", "abc12")
    ran = acme("secret", "verify", "acme")
    assert (ran.status, "it has 5 characters" in ran.err, "abc12" in ran.out + ran.err) == (0, True, False)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("short", "it has 5 characters"),
        ("ababababababababababab", "it repeats few characters"),
        ("12345678901234567890", "its characters follow one another in order"),
        ("zyxwvutsrqponmlkjihgfedcba", "its characters follow one another in order"),
    ],
)
def test_of_a_weak_psk_one_reason_is_named(value: str, reason: str) -> None:
    (found,) = weaknesses(value)
    assert found.startswith(reason)


def test_no_generated_psk_is_weak() -> None:
    assert not [psk for psk in (generate() for _ in range(2000)) if [*weaknesses(psk)]]


def test_a_pipe_without_an_end_is_refused(acme: Fixtunnel, monkeypatch: pytest.MonkeyPatch) -> None:
    """It was read whole before it was measured: /dev/zero filled the machine's memory."""
    with Path("/dev/zero").open(encoding="ascii") as endless:
        monkeypatch.setattr("sys.stdin", endless)
        assert acme("secret", "set", "acme").status == 2
