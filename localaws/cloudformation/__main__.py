"""`python -m localaws.cloudformation`: the server's process. `localaws.aws` starts and ends it."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from pathlib import Path

from localaws.cloudformation import install, server

ENDED = threading.Event()


def main() -> None:
    """Serve until SIGTERM, or until the other end of standard input is closed where --lifeline says so."""
    options = _options()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ENDED.set())
    if options.lifeline:
        threading.Thread(target=_end_with_parent, daemon=True).start()
    _serve(options)
    os._exit(0)  # all there is lies in memory: taking it apart object by object would cost seconds


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--state", type=Path, required=True, help="file to write port and pid to")
    parser.add_argument("--socket", type=Path, required=True, help="unix socket to listen on too")
    parser.add_argument("--port", type=int, default=0, help="TCP port on 127.0.0.1; any free one by default")
    parser.add_argument("--account", default="123456789012")
    parser.add_argument("--region", default="eu-west-2")
    parser.add_argument("--signals", choices=("wait", "stand-in"), default="wait", help="who signals for instances")
    parser.add_argument("--signal-cap", type=float, help="wait no longer than this many seconds for a signal")
    parser.add_argument("--lifeline", action="store_true", help="end when standard input does")
    return parser.parse_args()


def _end_with_parent() -> None:
    """A parent that was killed cannot end us, but the pipe to it closes."""
    while os.read(sys.stdin.fileno(), 1):  # not sys.stdin.read: its lock would be in the way of our own end
        pass
    ENDED.set()


def _serve(options: argparse.Namespace) -> None:
    clients = install.clients(account=options.account, region=options.region)
    application = install.application(clients, signals=options.signals, signal_cap=options.signal_cap)
    servers = server.bind(application, install.Handler, port=options.port, socket=options.socket)
    clients.endpoint = f"http://127.0.0.1:{servers[0].port}"
    known = {name: getattr(options, name) for name in ("account", "region", "signals")}
    where = server.Listening(pid=os.getpid(), port=servers[0].port, socket=str(options.socket), **known)
    where.write(options.state)
    try:
        server.serve(servers, until=ENDED)
    finally:
        options.socket.unlink(missing_ok=True)
        options.state.unlink(missing_ok=True)


if __name__ == "__main__":
    main()
