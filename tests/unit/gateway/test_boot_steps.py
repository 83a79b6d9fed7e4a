"""The first boot, and each one after it: what is done, in which order, and what CloudFormation is told."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from fixtunnel import agent, aws, boot, card, contract, engine, launch, openswan, operations, psk, state
from fixtunnel import claim as claim_limits
from fixtunnel.address import Address
from fixtunnel.claim import Claim
from fixtunnel.command import Failed
from fixtunnel.metadata import Metadata
from fixtunnel.settings import Package, Settings
from tests.literal import example
from tests.unit.gateway.conftest import Machine
from tests.unit.gateway.test_card import OURS, SAID
from userdata.operations import render_operations

LOADED = '000 "LSE_Proquote": 203.0.113.107/32===10.64.0.9...198.51.100.10; unrouted\n'


class Boot:
    """A gateway to boot: what CloudFormation hears, and what the state file says."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.signals: list[tuple[bool, str]] = []
        self.states: list[dict[str, Any]] = []
        self.secrets: dict[str, bytes] = {}
        self.kept: list[dict[str, Any]] = []
        self.refused = ""
        self.in_force: list[str] = []

    def claim(self, claim: Claim, until: float) -> None:
        """In place of EC2."""
        if time.monotonic() >= until:
            raise Failed("too late to claim the address")
        self.in_force = list(self.machine.read)
        self.machine.ran.append(f"claim {claim.card.secondary} {list(claim.tables)}")
        if self.refused:
            raise Failed(self.refused)

    def read_secret(self, arn: str) -> tuple[str, bytes]:
        """In place of Secrets Manager: empty unless the test puts a value in."""
        if arn not in self.secrets:
            raise aws.NoValueYet(arn)
        return "v1", self.secrets[arn]


@pytest.fixture
def gateway(
    machine: Machine, seed: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, no_waiting: list[float]
) -> Boot:
    made = Boot(machine)
    no_waiting[0] = 60.0  # since the kernel began
    monkeypatch.setattr(launch, "BEGAN", tmp_path / "began")
    monkeypatch.setattr(launch, "CLAIMED", tmp_path / "claimed")
    machine.answers |= {"ipsec --version": "Libreswan 5.2", "whack --status": LOADED}
    monkeypatch.setattr("fixtunnel.settings.load", lambda: seed)
    monkeypatch.setattr(boot, "SIGNALLED", tmp_path / "signalled")
    monkeypatch.setattr(boot, "GIVEN_UP", tmp_path / "given-up")
    monkeypatch.setattr(psk, "has_value", lambda tunnel: (tmp_path / f"{tunnel.name}.secrets").exists())
    monkeypatch.setattr(psk, "fetch", lambda tunnel, read, former: _real_fetch(tunnel, read, former, tmp_path))
    monkeypatch.setattr(aws, "secret", made.read_secret)
    monkeypatch.setattr(aws, "former_secret", lambda _arn: None)
    monkeypatch.setattr(aws, "signal", lambda succeeded, unique_id: made.signals.append((succeeded, unique_id)))
    monkeypatch.setattr(Metadata, "get", lambda _self, path: "i-0a1b2c3d" if path == "instance-id" else SAID.get(path))
    monkeypatch.setattr(card.load, "__defaults__", (tmp_path / "card.json",))
    monkeypatch.setattr(card.write_left, "__defaults__", (tmp_path / "left.conf",))
    monkeypatch.setattr(Address.__init__, "__defaults__", (tmp_path / "address.json",))
    for reading in (operations.remember, operations.remembered):
        monkeypatch.setattr(reading, "__defaults__", (tmp_path / "operations.json",))
    monkeypatch.setattr(aws, "parameter", lambda _name: render_operations(example("lse-proquote")))
    monkeypatch.setattr(Claim, "take", lambda claim, until: made.claim(claim, until))  # noqa: PLW0108 - a bound method would not get it
    monkeypatch.setattr(state, "write", made.states.append)
    monkeypatch.setattr(agent, "bring", lambda _here, *, seconds: machine.ran.append("the agent"))
    monkeypatch.setattr(agent, "NOTE", tmp_path / "agent-failed")
    monkeypatch.setattr(aws, "put_events", lambda _group, _stream, events: made.kept.extend(events))
    return made


_real_fetch = psk.fetch


def test_order(gateway: Boot) -> None:
    """The guard first; IKE last of all, by the watch, which alone knows whether the address is here."""
    assert boot.main() == 0
    ran = gateway.machine.ran
    marks = [
        "systemctl restart fixtunnel-guard.service",
        "ipsec --version",
        "ip address replace 203.0.113.107/32 dev lo",
        "ipsec addconn --config /etc/ipsec.conf --checkconfig",
        "systemctl start ipsec.service",
        "systemctl enable --no-reload fixtunnel-guard.service fixtunnel-boot.service",
        "the agent",
        "claim 10.64.0.9 []",
        "systemctl start --no-block fixtunnel-watch.service",
    ]
    assert [ran.index(mark) for mark in marks] == sorted(ran.index(mark) for mark in marks)
    assert not any("--initiate" in line for line in ran)


def test_success_is_told_once(gateway: Boot) -> None:
    assert [boot.main(), boot.main()] == [0, 0]
    assert gateway.signals == [(True, "i-0a1b2c3d")]


def test_a_claim_that_fails_is_told_and_nobody_watches(gateway: Boot) -> None:
    gateway.refused = "address held by i-legacy"
    assert boot.main() == 1
    assert gateway.signals == [(False, "address held by i-legacy")]
    assert not gateway.machine.has_run("systemctl start --no-block fixtunnel-watch")


def test_a_boot_that_was_given_up_claims_nothing_when_systemd_tries_again(gateway: Boot) -> None:
    """CloudFormation ends it by then: it would take the address from a gateway that works, and go with it."""
    gateway.machine.answers["systemctl start ipsec"] = (1, "", "see journalctl")
    assert boot.main() == 1
    del gateway.machine.answers["systemctl start ipsec"]
    assert boot.main() == 1
    assert not gateway.machine.has_run("claim")
    assert not any(succeeded for succeeded, _reason in gateway.signals)


def test_a_failure_that_cloudformation_never_heard_of_is_none(gateway: Boot, monkeypatch: pytest.MonkeyPatch) -> None:
    """AWS was away for a minute: the next attempt is the gateway's first word."""

    def unheard(_succeeded: bool, _unique_id: str) -> None:
        raise Failed("AWS: signal resource failed")

    with monkeypatch.context() as away:
        away.setattr(aws, "signal", unheard)
        gateway.refused = "AWS: describe addresses failed"
        assert boot.main() == 1
    gateway.refused = ""
    assert boot.main() == 0
    assert gateway.signals == [(True, "i-0a1b2c3d")]


def test_the_address_is_claimed_by_the_first_boot_only(gateway: Boot) -> None:
    """Later another gateway may have it, and rightly."""
    boot.main()
    gateway.machine.ran.clear()
    gateway.refused = "never asked"
    assert boot.main() == 0
    assert gateway.machine.has_run("systemctl start --no-block fixtunnel-watch")


def test_hosts_are_answered_before_their_routes_lead_here(gateway: Boot, seed: Settings) -> None:
    """Nobody waits for the watch's first look: what is not answered at all is tried again ever later."""
    boot.main()
    *_, rules, unreached = gateway.in_force
    assert "add rule inet fixtunnel pass ip daddr @unreached reject" in rules
    networks = ", ".join(net for tunnel in seed.tunnels for net in tunnel.remote)
    assert unreached.endswith(f"add element inet fixtunnel unreached {{ {networks} }}\n")


def test_the_watch_begins_with_what_ec2_answered(gateway: Boot, seed: Settings) -> None:
    boot.main()
    assert Address(seed, OURS, Metadata()).held


def test_a_secret_without_a_value_is_no_failure(gateway: Boot, seed: Settings, tmp_path: Path) -> None:
    assert boot.main() == 0
    assert not list(tmp_path.glob("*.secrets"))
    gateway.secrets[seed.tunnels[0].secret] = b"psk"
    assert boot.main() == 0
    assert list(tmp_path.glob("*.secrets"))


@pytest.mark.parametrize(
    ("start", "answer", "reason"),
    [
        ("systemctl restart fixtunnel-guard", (1, "", "nft: syntax error"), "systemctl failed (1)"),
        ("ipsec --version", "Libreswan 4.1", "libreswan is older than 4.2"),
        ("ipsec addconn", (0, "", "obsolete keyword"), "ipsec.conf is refused by the engine"),
        ("systemctl start ipsec", (1, "", "see journalctl"), "systemctl failed (1)"),
        ("whack --status", "", "not loaded: LSE_Proquote"),
    ],
)
def test_failure_is_told_with_its_reason(gateway: Boot, start: str, answer: Any, reason: str) -> None:
    gateway.machine.answers[start] = answer
    assert boot.main() == 1
    assert gateway.signals == [(False, reason)]
    assert gateway.states[-1]["state"] == "boot-failed"
    assert gateway.states[-1]["reason"] == reason
    assert not gateway.machine.has_run("systemctl start --no-block fixtunnel-watch")


def test_a_later_boot_that_fails_tells_nobody(gateway: Boot) -> None:
    boot.main()
    gateway.machine.answers["ipsec addconn"] = (1, "", "broken")
    assert boot.main() == 1
    assert gateway.signals == [(True, "i-0a1b2c3d")]


def test_a_reason_fits_the_signal(gateway: Boot, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_here: Settings) -> str:
        raise Failed("x" * 100)

    monkeypatch.setattr(engine, "check_version", fail)
    boot.main()
    assert gateway.signals == [(False, "x" * 64)]


def test_what_nobody_thought_of_is_told_too(gateway: Boot, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else CloudFormation would wait for fifteen minutes, and nobody would know why."""

    def fail(_here: Settings) -> str:
        raise KeyError("surprise")

    monkeypatch.setattr(engine, "check_version", fail)
    assert boot.main() == 1
    assert gateway.signals == [(False, "KeyError in check engine")]
    assert "surprise" in gateway.states[-1]["detail"]


def test_working_without_being_heard(gateway: Boot, monkeypatch: pytest.MonkeyPatch) -> None:
    def unheard(_succeeded: bool, _unique_id: str) -> None:
        raise Failed("AWS: signal resource failed")

    monkeypatch.setattr(aws, "signal", unheard)
    assert boot.main() == 0
    assert gateway.machine.has_run("systemctl start --no-block fixtunnel-watch")
    assert not boot.SIGNALLED.exists()


def test_a_boot_that_takes_too_long_takes_nothing(
    gateway: Boot, monkeypatch: pytest.MonkeyPatch, no_waiting: list[float]
) -> None:
    """A slow mirror: CloudFormation gave up while the packages came, and the old gateway trades."""
    no_waiting[0] = contract.CLAIM_SECONDS + 1.0
    assert boot.main() == 1
    assert not gateway.machine.has_run("claim")
    assert gateway.signals == [(False, "too late to claim the address")]


def test_nor_does_one_that_nobody_heard_of_an_hour_later(
    gateway: Boot, monkeypatch: pytest.MonkeyPatch, no_waiting: list[float]
) -> None:
    """A roll-back that failed leaves the new instance there, and systemd tries its boot again every 30 s: reboots included."""
    began = time.time()
    launch.BEGAN.write_text(str(began))
    monkeypatch.setattr("time.time", lambda: began + 3600)
    assert boot.main() == 1
    assert not gateway.machine.has_run("claim")


def test_the_steps_wait_no_longer_than_the_claim_can(
    gateway: Boot, monkeypatch: pytest.MonkeyPatch, no_waiting: list[float]
) -> None:
    """Secrets Manager is away for good: CloudFormation hears of it in time."""

    def away(_arn: str) -> tuple[str, bytes]:
        raise Failed("AWS: get secret value failed")

    monkeypatch.setattr(aws, "secret", away)
    no_waiting[0] = 500.0
    assert boot.main() == 1
    assert gateway.signals == [(False, "AWS: get secret value failed")]
    assert no_waiting[0] < contract.CLAIM_SECONDS


def test_the_agent_leaves_time_for_the_claim(
    gateway: Boot, monkeypatch: pytest.MonkeyPatch, no_waiting: list[float]
) -> None:
    def slow(_here: Settings, *, seconds: float) -> None:
        no_waiting[0] += max(seconds, 0)
        raise Failed("the SSM agent takes too long to fetch")

    monkeypatch.setattr(agent, "bring", slow)
    for begun in (60.0, 600.0, 680.0):
        no_waiting[0] = begun
        assert boot.main() == 0
        assert gateway.machine.has_run("claim")
        assert no_waiting[0] <= begun + boot.AGENT_LIMIT_SECONDS
        launch.CLAIMED.unlink()
        boot.SIGNALLED.unlink()


def test_the_limits_add_up() -> None:
    """After the last moment of a claim: EC2's two calls of two attempts each of 6 s, and the routes; then all of it back."""
    attempt = 2 * (2 + 4)
    claiming = claim_limits.ADDRESS_LIMIT_SECONDS + 2 * attempt
    leading = claim_limits.ROUTES_LIMIT_SECONDS + claim_limits.LEAD_SECONDS + attempt
    giving_back = claim_limits.GIVE_BACK_LIMIT_SECONDS + 2 * attempt
    launching = 25
    ended = launching + contract.CLAIM_SECONDS + claiming + leading + giving_back
    assert ended < contract.SIGNAL_SECONDS
    assert contract.START_SECONDS < contract.CLAIM_SECONDS


def test_a_later_boot_needs_no_aws_though_no_signal_was_answered(
    gateway: Boot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The signal's answer was lost; a week later the power fails while AWS's APIs are away."""

    def away(*_args: object) -> None:
        raise Failed("AWS: connect timeout")

    with monkeypatch.context() as lost:
        lost.setattr(aws, "signal", away)
        assert boot.main() == 0
        gateway.machine.ran.clear()
        lost.setattr(aws, "parameter", away)
        gateway.refused = "AWS: describe addresses failed"
        assert boot.main() == 0
    assert gateway.machine.has_run("systemctl start --no-block fixtunnel-watch")
    assert not gateway.machine.has_run("claim"), "its successor may have the address"
    assert not gateway.machine.has_run("the agent")


def test_that_nobody_waits_for_a_signal_is_an_answer(monkeypatch: pytest.MonkeyPatch, seed: Settings) -> None:
    """The first attempt was heard and its answer lost: CloudFormation refuses the next one."""

    def refused(_service: str, _verb: str, **_arguments: object) -> dict[str, Any]:
        detail = "ValidationError: Stack arn:… is in CREATE_COMPLETE state and cannot be signaled"
        raise Failed("AWS: signal resource failed", detail)

    monkeypatch.setattr("fixtunnel.settings.load", lambda: seed)
    monkeypatch.setattr(aws, "_call", refused)
    aws.signal(True, "i-0a1b2c3d")


def test_working_without_sessions(
    gateway: Boot, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The boot says why, for the watch to tell, and the deploy completes."""
    tried: list[int] = []

    def fail(_here: Settings, *, seconds: float) -> None:
        tried.append(1)
        raise Failed("the SSM agent is signed with an unknown key", "gpgv: no public key\nand more")

    monkeypatch.setattr(agent, "bring", fail)
    assert boot.main() == 0
    assert len(tried) > 1, "its download may meet a network that is not there yet"
    assert gateway.signals == [(True, "i-0a1b2c3d")]
    assert agent.noted() == "the SSM agent is signed with an unknown key: gpgv: no public key; and more"
    assert "fixtunnel: no sessions by SSM: the SSM agent is signed" in capsys.readouterr().out


def test_what_nobody_thought_of_about_the_agent_fails_no_boot(gateway: Boot, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_here: Settings, *, seconds: float) -> None:
        raise KeyError("riscv64")

    monkeypatch.setattr(agent, "bring", fail)
    assert boot.main() == 0
    assert agent.noted().startswith("KeyError: ")


def test_a_later_boot_does_not_wait_for_an_agent(gateway: Boot) -> None:
    boot.main()
    boot.main()
    assert gateway.machine.ran.count("the agent") == 1


def test_a_boot_that_failed_is_known_without_getting_onto_it(gateway: Boot) -> None:
    gateway.machine.answers["ipsec --version"] = "Libreswan 4.1"
    boot.main()
    kept = json.loads(gateway.kept[-1]["message"])
    assert (kept["instance"], kept["state"]["state"]) == ("i-0a1b2c3d", "boot-failed")
    assert kept["state"]["reason"] == "libreswan is older than 4.2"


def test_networkd_is_restarted_only_at_first(gateway: Boot) -> None:
    """Later a restart would be a trading event."""
    boot.main()
    boot.main()
    assert gateway.machine.ran.count("systemctl try-restart systemd-networkd.service systemd-resolved.service") == 1


PACKAGE = Package(bucket="b", key="k", sha256="ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")


def test_openswan_is_installed_once(machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openswan, "_FILE", tmp_path / "openswan.deb")
    monkeypatch.setattr(aws, "download", lambda _bucket, _key: b"abc")
    openswan.install(PACKAGE)
    assert machine.ran[-1].startswith("apt-get -q -o DPkg::Lock::Timeout=120 install -y")
    assert machine.ran[-1].endswith(f" {tmp_path}/openswan.deb")
    machine.answers["dpkg-query"] = "install ok installed"
    installed = len(machine.ran)
    openswan.install(PACKAGE)
    assert len(machine.ran) == installed + 1


def test_openswan_that_is_not_ours(machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openswan, "_FILE", tmp_path / "openswan.deb")
    monkeypatch.setattr(aws, "download", lambda _bucket, _key: b"other")
    with pytest.raises(Failed, match="checksum of the openswan package differs"):
        openswan.install(PACKAGE)
    assert not machine.has_run("apt-get")
