"""Listeners on the gateway, for as long as an attack lasts, and connections to them by plain sockets."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from ipaddress import IPv4Address

from rehearsal.world.machine import Machine
from rehearsal.world.network import run

_UNIT = "listeners"
_LISTEN = """
import selectors, socket, sys
look, open_ = selectors.DefaultSelector(), 0
for port in map(int, sys.argv[1:]):
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        s = socket.socket(socket.AF_INET, kind)
        try: s.bind(("0.0.0.0", port))
        except OSError: continue
        if kind == socket.SOCK_STREAM:
            s.listen(); open_ += 1
        look.register(s, selectors.EVENT_READ)
print(open_, flush=True)
open("/run/listeners", "w").write(str(open_))
while True:
    for key, _ in look.select():
        key.fileobj.accept()[0].close() if key.fileobj.type == socket.SOCK_STREAM else key.fileobj.recv(9999)
"""
_CONNECT = """
import selectors, socket, sys, time
source, target, *ports = sys.argv[1:]
look, up = selectors.DefaultSelector(), 0
for port in map(int, ports):
    s = socket.socket(); s.setblocking(False); s.bind((source, 0)); s.connect_ex((target, port))
    look.register(s, selectors.EVENT_WRITE)
end = time.monotonic() + 4
while look.get_map() and time.monotonic() < end:
    for key, _ in look.select(0.2):
        up += not key.fileobj.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        look.unregister(key.fileobj)
print(up)
"""


@contextmanager
def listening(gateway: Machine, ports: Sequence[int]) -> Iterator[int]:
    """Programs that listen on every address of the gateway; on how many TCP ports (the others are taken)."""
    asked = [str(port) for port in ports]
    gateway.run(["/usr/bin/rm", "-f", "/run/listeners"])
    gateway.run(["/usr/bin/systemd-run", "--collect", f"--unit={_UNIT}", "/usr/bin/python3", "-c", _LISTEN, *asked])
    try:
        yield gateway.wait_for(_open, limit=60, what="listeners on the gateway")
    finally:
        gateway.run(["/usr/bin/systemctl", "stop", _UNIT])


def _open(gateway: Machine) -> int | None:
    told = gateway.run(["/usr/bin/cat", "/run/listeners"])
    return int(told.stdout or 0) if not told.status else None


def connected(prefix: Sequence[str], *, source: IPv4Address, target: IPv4Address, ports: Sequence[int]) -> int:
    """To how many ports a connection comes about, from inside a namespace."""
    asked = [str(port) for port in ports]
    return int(run([*prefix, sys.executable, "-c", _CONNECT, str(source), str(target), *asked], limit=60))
