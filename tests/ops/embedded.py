"""A client on the embedded AWS, and a stand-in for its gateway, for the verbs that ask either."""

from __future__ import annotations

import base64
import json
import shlex
import stat
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from localaws.aws import EmbeddedAws, Signalling
from userdata.contract import TunnelFacts

PEER, TUNNEL = "198.51.100.10", "LSE_Proquote"


@contextmanager
def bootstrapped(folder: Path, *, signals: Signalling) -> Iterator[EmbeddedAws]:
    """An AWS of its own that the CDK may deploy to."""
    with EmbeddedAws(folder, signals=signals) as aws:
        aws.clients.ssm.put_parameter(Name="/cdk-bootstrap/hnb659fds/version", Value="30", Type="String")
        yield aws


def up(now: int, **other: Any) -> dict[str, Any]:
    """What the gateway tells of a tunnel that is up and answered."""
    facts: TunnelFacts = {
        "state": "up",
        "since": now - 3700,
        "active": True,
        "venue": "lse-proquote",
        "ike_up": True,
        "child_sa_since": now - 90,
        "bytes_in": 84000,
        "bytes_out": 126,
        "fix_ports": {},
        "tried": [],
        "psk": "current",
        "changes": [],
        "incident": None,
    }
    return {**facts, **other}


@dataclass
class StandInGateway:
    """What stands in for SSM and a gateway: a program that runs what it is given, with programs of ours first.

    Its `/etc/ipsec.d` is a folder of ours. It runs no engine: `says` is what each program prints.
    """

    folder: Path
    says: dict[str, str] = field(default_factory=dict)
    fix_port: str = "3 ok"

    @property
    def session(self) -> str:
        """For FIXTUNNEL_SESSION."""
        self._write("session", self._session())
        said = self.folder / "fix_port.said"
        self._write("fix_port.said", f"{self.fix_port}\n")
        # A connection to the venue is answered here; everything else in Python runs as it is.
        probe = f'case "$2" in *socket*) exec cat {shlex.quote(str(said))};; esac'
        self._write("bin/python3", f'#!/bin/sh\n{probe}\nexec {sys.executable} "$@"\n')
        for name, text in self.says.items():
            said = self.folder / f"{name}.said"
            said.write_text(text)
            self._write(f"bin/{name}", f"#!/bin/sh\ncat {shlex.quote(str(said))}\n")
        return str(self.folder / "session")

    def _session(self) -> str:
        here = shlex.quote(str(self.folder))
        # The last argument is the command; paths of the gateway's become ours.
        return (
            "#!/bin/sh\nfor command do :; done\n"
            f"command=$(printf '%s' \"$command\" | sed 's#/etc/ipsec.d/#{self.folder}/ipsec.d/#g; s#/usr/sbin/##g')\n"
            f'echo "$command" >> {here}/asked\n'
            f'PATH={here}/bin:$PATH exec sh -c "$command"\n'
        )

    def _write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(path.stat().st_mode | stat.S_IXUSR)

    @property
    def asked(self) -> str:
        """Every command that was sent to it."""
        path = self.folder / "asked"
        return path.read_text() if path.exists() else ""

    def holds_psk(self, tunnel: str, value: str) -> None:
        """Give its engine a PSK, as the gateway's program writes it."""
        path = self.folder / "ipsec.d" / f"{tunnel}.secrets"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"203.0.113.7 {PEER} : PSK 0s{base64.b64encode(value.encode()).decode()}\n")

    def is_in_state(self, state: str, tunnels: Mapping[str, Any], **more: Any) -> None:
        """What `fixtunnel-status --json` prints."""
        self.says["fixtunnel-status"] = json.dumps(
            {"time": int(time.time()), "state": state, "tunnels": tunnels, **more}
        )

    def is_well(self, address: str, *, now: int) -> None:
        """A gateway of the article's client whose tunnel carries traffic both ways."""
        self.is_in_state("holding", {"LSE_Proquote": up(now)})
        self.says |= {
            "date": f"{now}\n",
            "systemctl": "",
            "ipsec": "",
            "journalctl": "",
            "df": "Use%\n 31%\n",
            "ip": f"src {address}/32 dst 192.0.2.0/24 \n\tdir out priority 1757393 ptype main\n",
            "nft": "tcp option maxseg size set 1382\n",
            "ss": "",
        }


@dataclass
class Case:
    """A gateway that is well, until a test spoils one thing."""

    gateway: StandInGateway
    aws: EmbeddedAws
    now: int = field(default_factory=lambda: int(time.time()))

    def tunnel_is(self, state: str, **more: Any) -> None:
        self.gateway.is_in_state("holding", {TUNNEL: up(self.now, state=state, **{"ike_up": state == "ike", **more})})

    def engine_said(self, *words: str) -> None:
        self.gateway.says["journalctl"] = "".join(f'"{TUNNEL}" #1: {one}\n' for one in words)
