"""The exchange's FIX engine, as a process: `python -m rehearsal.fix.acceptor`, which takes commands from control.py.

The first line of standard input is `{"session": …, "echo_port": …}`; the session's fields are session.py's.
"""

from __future__ import annotations

import sys
import threading
from pathlib import Path
from typing import Any

import quickfix as fix

from rehearsal.fix import message as fixmsg
from rehearsal.fix import sockets
from rehearsal.fix.control import Control
from rehearsal.fix.echo import EchoServer
from rehearsal.fix.ledger import Executions
from rehearsal.fix.session import Session


class Exchange(fix.Application):  # type: ignore[misc,unused-ignore]
    """Executes each order once and reports it; can withhold its reports until the session is lost."""

    def __init__(self, *, session: Session, control: Control, executions: Executions) -> None:
        super().__init__()
        self.id: fix.SessionID | None = None
        self.logons = 0
        self.withhold = False
        self._session = session
        self._control = control
        self._executions = executions
        self._withheld: list[fix.Message] = []
        self._bursts = 0
        self._lock = threading.Lock()

    def onCreate(self, session: fix.SessionID) -> None:
        self.id = session

    def onLogon(self, _session: fix.SessionID) -> None:
        self.logons += 1
        self._control.tell("logon", sources=self.sources(), logons=self.logons)

    def onLogout(self, _session: fix.SessionID) -> None:
        self._control.tell("logout")
        self.release()

    def toAdmin(self, _message: fix.Message, _session: fix.SessionID) -> None:
        """Nothing to add to what the engine says by itself."""

    def fromAdmin(self, _message: fix.Message, _session: fix.SessionID) -> None:
        """The engine has answered it already."""

    def toApp(self, _message: fix.Message, _session: fix.SessionID) -> None:
        """Reports go as they are."""

    def fromApp(self, message: fix.Message, _session: fix.SessionID) -> None:
        if fixmsg.type_of(message) != "D":
            return
        order = fixmsg.text_of(message, fixmsg.CL_ORD_ID)
        with self._lock:
            execution = self._executions.execute(order)
        if execution:
            self._report(order, execution, size=len(fixmsg.text_of(message, fixmsg.TEXT)))

    def burst(self, *, n: int, size: int) -> None:
        """Send n reports that were not asked for, as large as `size` bytes of text each."""
        for _ in range(n):
            self._bursts += 1
            self._report("NONE", f"B{self._bursts}", size=size)

    def release(self) -> int:
        """Send what was withheld: into the void if the session is down, to be asked for again after the next logon."""
        with self._lock:
            self.withhold, withheld, self._withheld = False, self._withheld, []
        for report in withheld:
            fix.Session.sendToTarget(report, self.id)
        return len(withheld)

    def _report(self, order: str, execution: str, *, size: int) -> None:
        report = fixmsg.execution_report(order, execution=execution, begin_string=self._session.begin_string, size=size)
        with self._lock:
            if self.withhold:
                self._withheld.append(report)
                return
        fix.Session.sendToTarget(report, self.id)

    def sources(self) -> list[str]:
        """The addresses that are connected to the port just now, as the exchange sees them."""
        connections = (c for c in sockets.established() if c.local[1] == self._session.port)
        return sorted({connection.remote[0] for connection in connections})


class Verbs:
    """The commands of the acceptor."""

    def __init__(self, exchange: Exchange, executions: Executions) -> None:
        self._exchange = exchange
        self._executions = executions

    def burst(self, *, n: int, size: int) -> dict[str, Any]:
        self._exchange.burst(n=n, size=size)
        return {}

    def withhold(self) -> dict[str, Any]:
        self._exchange.withhold = True
        return {}

    def release(self) -> dict[str, Any]:
        return {"released": self._exchange.release()}

    def account(self) -> dict[str, Any]:
        return {**self._executions.account(), "logons": self._exchange.logons, "sources": self._exchange.sources()}


def main() -> None:
    """Run until `stop`."""
    control = Control(commands=sys.stdin, events=sys.stdout)
    first = control.first()
    session = Session(**first["session"])
    folder = Path(session.folder)
    folder.mkdir(parents=True, exist_ok=True)
    executions = Executions(folder / "executions.jsonl")
    exchange = Exchange(session=session, control=control, executions=executions)
    settings = fix.SessionSettings()
    settings.setFromString(session.settings())
    stores, logs = fix.FileStoreFactory(settings), fix.FileLogFactory(settings)
    engine = fix.ThreadedSocketAcceptor(exchange, stores, settings, logs)
    echo = EchoServer(port=first["echo_port"]) if first.get("echo_port") else None
    engine.start()
    control.tell("ready", echo=echo is not None)
    verbs = Verbs(exchange, executions)
    control.obey({name: getattr(verbs, name) for name in ("burst", "withhold", "release", "account")})
    engine.stop()


if __name__ == "__main__":
    main()
