"""Mutated answers of a gateway, through every verb that reads one: words, two seconds, and nothing for the terminal to obey."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from ops.aws.account import Identity
from ops.aws.ec2 import Instance
from ops.aws.stack import Stack
from ops.command import main
from ops.console import console
from ops.gateway.session import Ran
from tests.hostile.bounds import bounded
from tests.hostile.mutation import LINES, MARK, STEERING, fuzzed, mutated, spoilt
from tests.ops.embedded import TUNNEL, up

NOW = int(time.time())
HELD = "Held8Vt4Qm1Xc6Lz"
"""The PSK in the secret; what a gateway says holds other ones."""
STATUS = {
    "time": NOW,
    "state": "holding",
    "engine": "running",
    "tunnels": {
        TUNNEL: up(
            NOW,
            fix_ports={"primary": {"host": "192.0.2.20", "port": 5001, "up": True, "ms": 3.5, "at": NOW - 20}},
            changes=[{"at": NOW - 100, "state": "down"}, {"at": NOW - 90, "state": "up"}],
            tried=[{"at": NOW - 95, "what": "replaced the connection"}],
            incident={"at": NOW - 100, "state": "down", "until": NOW - 90},
        )
    },
    "groups": {"lse-proquote": {"up": TUNNEL, "why": "it answers"}},
    "aws": {"metrics": "AccessDenied"},
}
JOURNAL = "".join(
    f"{NOW - 100 + number}.5 gw {who}\n"
    for number, who in enumerate(
        [
            f'pluto[9]: "{TUNNEL}" #1: initiating IKEv1 Main Mode connection',
            f'pluto[9]: "{TUNNEL}" #1: STATE_MAIN_I3: retransmission; will wait 8 seconds for response',
            f'pluto[9]: "{TUNNEL}" #1: malformed payload in packet',
            f"python3[7]: fixtunnel: {TUNNEL}: down",
            f'pluto[9]: "{TUNNEL}" #2: deleting IPsec SA (QUICK_I2) aged 0.03s and NOT sending notification',
            f"python3[7]: fixtunnel: {TUNNEL}: up",
        ]
    )
)
SAYS = {
    "df": " 31%\n",
    "xfrm": "src 203.0.113.7/32 dst 192.0.2.0/24 \n\tdir out priority 1757393 ptype main\n",
    "nft": "tcp option maxseg size set 1382\n",
    "ss ": "ESTAB 0 0 10.0.0.1:4 192.0.2.20:5001 cubic mss:1340\n",
    "socket": "3 ok\n",
    "pbkdf2": "none\n",
    "journalctl": JOURNAL,
    "true": "",
    "systemctl": "fixtunnel-watch.service - active (running)\n",
    "checkconfig": "cannot load config\n",
}
STATES = ["holding", "holding", "holding", "booting", "boot-failed", "waiting-for-address"]
TUNNEL_STATES = [
    "up",
    "up",
    "up",
    "one-way",
    "ike",
    "trying",
    "down",
    "ended-at-once",
    "engine-down",
    "partly-up",
    "unknown",
]


@dataclass
class Gateway:
    """It says what it likes, whatever it is asked; `status` None: what it should."""

    clock: str = f"{NOW}"
    status: str = ""
    says: dict[str, str] = field(default_factory=lambda: dict(SAYS))

    def run(self, command: str, *, limit: float = 60) -> Ran:
        if "fixtunnel-status" in command:
            return Ran(status=0, out=f"==clock\n{self.clock}\n==status\n{self.status}\n", err="")
        key = next((key for key in self.says if key in command), "true")
        return Ran(status=0, out=self.says[key], err="")


class Secret:
    """One with a value, which no test may see."""

    def version(self) -> str:
        return "1"

    def use(self, function: Any) -> Any:
        return function(HELD.encode())


@dataclass
class Account:
    """All is well in AWS."""

    region: str = "eu-west-2"
    access: Any = None

    @property
    def identity(self) -> Identity:
        return Identity(account="123456789012", arn="arn:aws:sts::123456789012:assumed-role/desk/x")

    def find_stack(self, client: str) -> Stack:
        when, outputs = datetime.now(UTC), {"SecretLSEProquote": "arn:aws:secretsmanager:x"}
        known: Any = {"address": "203.0.113.7", "allocation_id": "eipalloc-0", "instance_id": "i-0", "outputs": outputs}
        return Stack(
            name=f"fixtunnel-{client}",
            id="x",
            status="CREATE_COMPLETE",
            reason="",
            protected=True,
            changed=when,
            **known,
        )

    stack = find_stack

    def instance(self, instance_id: str) -> Instance:
        when = datetime.now(UTC)
        kind: Any = {"type": "t3.small", "image_id": "ami-0", "zone": "eu-west-2a"}
        ours = frozenset({"203.0.113.7"})
        return Instance(
            id="i-0", state="running", launched=when, public_ips=ours, carrier="--instance-id i-0", checks="ok", **kind
        )

    def holder_of(self, address: str) -> str:
        return "i-0"

    def secret(self, arn: str, *, key: str = "") -> Secret:
        return Secret()


@pytest.fixture(scope="module")
def gateway() -> Any:
    """A gateway that every verb finds."""
    made = Gateway()
    with pytest.MonkeyPatch.context() as patch:
        for module in ("ops.verbs.status", "ops.verbs.logs", "ops.verbs.secret", "ops.doctor.cloud"):
            patch.setattr(f"{module}.open_account", lambda *_: Account())
        for module in ("ops.gateway.status", "ops.doctor.cloud"):
            patch.setattr(f"{module}.session_to", lambda *_: made)
        for module in ("ops.verbs.logs", "ops.verbs.secret"):
            patch.setattr(f"{module}.session_of", lambda *_: made)
        patch.setattr("ops.gateway.psk_change.ROUNDS", 1)
        yield made


@st.composite
def said(draw: st.DrawFn) -> Gateway:
    """Well formed, and spoilt in one place or in all."""
    status = json.loads(json.dumps(STATUS))
    status["state"] = draw(st.sampled_from(STATES))
    status["tunnels"][TUNNEL]["state"] = draw(st.sampled_from(TUNNEL_STATES))
    status["tunnels"][TUNNEL]["ike_up"] = draw(st.booleans())
    made = Gateway()
    where = draw(st.sampled_from(["status", "text", "clock", "said", "said", "said"]))
    made.status = json.dumps(draw(spoilt(status)) if where == "status" else status)
    if where == "text":
        made.status = draw(
            st.one_of(mutated(made.status), st.sampled_from(["[" * 9000, '{"tunnels":' * 9000, "9" * 9000]))
        )
    if where == "clock":
        made.clock = draw(mutated(made.clock))
    for key in [*SAYS] if where == "said" else []:
        made.says[key] = draw(st.one_of(st.just(SAYS[key]), mutated(SAYS[key]), HEAVY))
    return made


HEAVY = st.sampled_from(
    [
        "9" * 24000,
        f'"{TUNNEL}" #1: ' * 1500,
        "mss:1 " * 4000,
        "src 1 dst " * 2400,
        f'"{TUNNEL}" ' + "payload: containing type " * 900,
        f"packet from 1.2.3.4: {'#1: deleting IPsec SA aged ' * 900}",
        "\n" * 24000,
        "".join(STEERING) * 800,
        f"1.5 gw a: \n{MARK}: b\n" * 1500,
        f'"{TUNNEL}" #1: Peer ID \'' + "'" * 24000,
        "\n".join(LINES),
    ]
)
VERBS = [
    "status lse-proquote",
    "status lse-proquote --json",
    "doctor lse-proquote",
    "doctor lse-proquote --json",
    "logs lse-proquote",
]
VERBS += ["logs lse-proquote --all", "logs lse-proquote --all --json", "secret verify lse-proquote"]


@given(said(), st.sampled_from(VERBS))
@fuzzed(0.2)
def test_gateway(gateway: Gateway, capfd: pytest.CaptureFixture[str], spoken: Gateway, verb: str) -> None:
    gateway.clock, gateway.status, gateway.says = spoken.clock, spoken.status, spoken.says
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["fixtunnel", "--region", "eu-west-2", *verb.split()])
        console.cache_clear()
        with bounded():
            status = main()
        console.cache_clear()
    out, err = capfd.readouterr()
    event(f"{verb.split(maxsplit=1)[0]} {status}")
    assert status in (0, 1), (out, err)
    for text in (out, err):
        assert "Traceback" not in text and "did not expect" not in text, text
        assert HELD not in text
        assert all(one in "\t\n" or one.isprintable() for one in text), ascii(text)
    if "--json" in verb and out:
        json.loads(out, parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))
