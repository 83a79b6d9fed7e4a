"""A bare echo beside the FIX session: what the path itself costs, without an engine at either end."""

from __future__ import annotations

import contextlib
import json
import socket
import sys
import threading
import time

_PAYLOAD = b"fixtunnel-tcp-echo-of-64-bytes".ljust(64, b".")


class EchoServer:
    """Sends back what it is sent, on every address of this network namespace."""

    def __init__(self, *, port: int) -> None:
        self._listener = socket.create_server(("", port))
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            connection, _ = self._listener.accept()
            threading.Thread(target=_echo, args=[connection], daemon=True).start()


def _echo(connection: socket.socket) -> None:
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    # A client that is reset in the middle is no fault of the echo's.
    with connection, contextlib.suppress(OSError):
        while chunk := connection.recv(4096):
            connection.sendall(chunk)


def round_trips(*, host: str, port: int, n: int, rate: float, limit: float = 10) -> list[int]:
    """Send n payloads of 64 bytes, `rate` a second, each after the last one's return; their round trips in ns.

    Raises:
        OSError: the echo cannot be reached, or did not answer within `limit` seconds.
    """
    with socket.create_connection((host, port), timeout=limit) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        begin = time.monotonic_ns()
        return [_round_trip(connection, due_ns=begin + int(number * 1e9 / rate)) for number in range(n)]


def _round_trip(connection: socket.socket, *, due_ns: int) -> int:
    time.sleep(max(0, due_ns - time.monotonic_ns()) / 1e9)
    begin, missing = time.monotonic_ns(), len(_PAYLOAD)
    connection.sendall(_PAYLOAD)
    while missing:
        chunk = connection.recv(missing)
        if not chunk:
            raise ConnectionError("the echo closed the connection")
        missing -= len(chunk)
    return time.monotonic_ns() - begin


def serve_udp(*, host: str, port: int) -> None:
    """Send each datagram back, from the address that it was sent to, for as long as the process lives."""
    here = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    here.bind((host, port))

    def echo() -> None:
        while True:
            here.sendto(*here.recvfrom(4096))

    threading.Thread(target=echo, daemon=True).start()


def udp_round_trips(*, host: str, port: int, n: int, rate: float, limit: float = 10) -> list[int]:
    """As `round_trips`, in datagrams: one that is lost raises TimeoutError."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as here:
        here.settimeout(limit)
        here.connect((host, port))
        begin = time.monotonic_ns()
        return [_datagram(here, due_ns=begin + int(number * 1e9 / rate)) for number in range(n)]


def _datagram(here: socket.socket, *, due_ns: int) -> int:
    time.sleep(max(0, due_ns - time.monotonic_ns()) / 1e9)
    begin = time.monotonic_ns()
    here.send(_PAYLOAD)
    here.recv(4096)
    return time.monotonic_ns() - begin


def _main(protocol: str, host: str, port: str, count: str) -> None:
    """`python -m rehearsal.fix.echo tcp|udp HOST PORT COUNT`: the round trips of so many payloads in ns, 50 a second; `serve` for
    a count: until it is ended."""
    is_udp = protocol == "udp"
    if count == "serve":
        if is_udp:
            serve_udp(host=host, port=int(port))
        else:
            EchoServer(port=int(port))
        print("ready", flush=True)
        threading.Event().wait()
    else:
        ask = udp_round_trips if is_udp else round_trips
        print(json.dumps(ask(host=host, port=int(port), n=int(count), rate=50)))


if __name__ == "__main__":
    _main(*sys.argv[1:])
