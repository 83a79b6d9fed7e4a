"""AWS under its own names, as the gateway sees it: a TLS server before the embedded AWS that is as strict as AWS is.

It ends TLS for `*.amazonaws.com`, checks each signature and its age, evaluates the deployed role's policies, and only
then passes the request on. A missing permission thus fails in the rehearsal as it would on AWS. What it does not know
it refuses with `RehearsalUndecided`, never lets pass.
"""

from __future__ import annotations

import argparse
import socket
import ssl
import struct
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from localaws.authority import Authority, aws_names
from localaws.iam.call import SERVICES
from localaws.iam.gate import Gate, Passage
from localaws.iam.refusal import Answer
from localaws.iam.signature import Arrived
from localaws.serving.backend import Backend
from localaws.serving.daemon import Daemon
from localaws.serving.server import Outage, Outages, RequestLog, endpoint, serve

_IDLE_S = 75.0
_BLACKHOLE_S = 600.0
_LATE_S = 20.0
_BODY_LIMIT = 16 * 1024 * 1024
SUBJECTS = frozenset({*SERVICES.values(), "everything"})


class Front(Daemon):
    """The TLS front in a namespace.

    `pause(service, how)` takes a service by its name in policies (`SUBJECTS`), or `everything`; `how` is
    `unavailable` (503), `reset`, `blackhole`, or `late`: it does as it is asked, 20 s later.

    Args:
        namespace: the edge's network namespace; None for the host's own (tests).
        address: `host:port` to listen on; AWS's is 443.
        emulator_socket: the unix socket of the embedded AWS.
        region: the client's region.
        authority: signs the front's certificate; the gateway's image trusts it.
        run_dir: shared with `Metadata`, whose credentials the front must know.
    """

    def __init__(
        self,
        *,
        namespace: str | None,
        address: str,
        emulator_socket: Path,
        region: str,
        authority: Authority,
        run_dir: Path,
    ) -> None:
        leaf = authority.leaf(names=aws_names(region), folder=run_dir)
        files = ["--certificate", str(leaf.certificate), "--key", str(leaf.key)]
        given = ["--emulator", str(emulator_socket), "--region", region, *files]
        super().__init__(
            name="front",
            module="localaws.front",
            namespace=namespace,
            address=address,
            run_dir=run_dir,
            arguments=given,
        )

    def pause(self, subject: str, how: Outage = "unavailable") -> None:
        """Make a service fail from the next request on.

        Raises:
            ValueError: there is no such service, or it cannot fail in this way.
        """
        if subject not in SUBJECTS or how == "missing":
            raise ValueError(f"{subject} cannot be paused as {how}; services are {', '.join(sorted(SUBJECTS))}")
        super().pause(subject, how)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, address: tuple[str, int], *, tls: ssl.SSLContext, gate: Gate, run_dir: Path) -> None:
        super().__init__(address, _Handler)
        self.gate = gate
        self.outages = Outages(run_dir / "front.faults")
        self.requests = RequestLog(run_dir / "front.jsonl")
        self._tls = tls

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Shake hands in the connection's own thread: a client that says nothing must not hold up the others."""
        request.settimeout(_IDLE_S)
        try:
            with self._tls.wrap_socket(request, server_side=True) as secured:
                _Handler(secured, client_address, self)
        except (ssl.SSLError, ConnectionError, TimeoutError) as error:
            # A gateway that does not trust our authority shows here; the report must be able to say so.
            self.requests.add(service=None, action=None, allowed=None, status=None, reason=f"connection: {error}")


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Head and body in one write: in two, the peer's delayed acknowledgement costs 40 ms a request.
    wbufsize = -1
    disable_nagle_algorithm = True
    server_version = "fixtunnel-rehearsal"
    sys_version = ""
    server: _Server

    def _serve(self) -> None:
        started = time.monotonic()
        if int(self.headers.get("Content-Length") or 0) > _BODY_LIMIT or "Transfer-Encoding" in self.headers:
            self.send_error(413, "Nothing that a gateway asks of AWS is that large, or of unknown length")
            return
        passage = self.server.gate.open(self._arrived())
        if self._suffers(passage):
            return
        answer = passage.answer()
        self._send(answer)
        took = round((time.monotonic() - started) * 1000)
        self.server.requests.add(**passage.record(), status=answer.status, milliseconds=took)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = _serve

    def _arrived(self) -> Arrived:
        length = int(self.headers.get("Content-Length") or 0)
        return Arrived(
            method=self.command,
            host=self.headers.get("Host", ""),
            target=self.path,
            headers={name.lower(): value for name, value in self.headers.items()},
            body=self.rfile.read(length),
        )

    def _suffers(self, passage: Passage) -> bool:
        """Whether an outage of the rehearsal has ended this request, with the connection."""
        for subject in (passage.service, "everything"):
            outage = self.server.outages.of(subject)
            held = outage == "blackhole" and not self.server.outages.outlast(subject, limit_s=_BLACKHOLE_S)
            if outage == "late":
                time.sleep(_LATE_S)
            if outage == "unavailable":
                passage.fail("the service is paused by the rehearsal")
            if outage == "reset" or held:
                self._reset()
                self.server.requests.add(**passage.record(), status=None, reason=f"{outage} by the rehearsal")
                return True
        return False

    def _reset(self) -> None:
        """Close so that the peer sees RST (socket(7): SO_LINGER on, zero seconds)."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True

    def _send(self, answer: Answer) -> None:
        self.send_response(answer.status)
        for name, value in answer.headers:
            self.send_header(name, value)
        self.send_header("Content-Type", answer.content_type)
        if self.command != "HEAD":
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)

    def log_message(self, format: str, *args: object) -> None:
        """Requests go to the list of requests, not to stderr."""


def _main() -> None:
    parser = argparse.ArgumentParser(prog="localaws.front", description=__doc__)
    parser.add_argument("--listen", type=endpoint, required=True)
    parser.add_argument("--region", required=True)
    for name in ("run-dir", "emulator", "certificate", "key"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    given = parser.parse_args()
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(given.certificate, given.key)
    tls.set_alpn_protocols(["http/1.1"])
    backend = Backend(path=given.emulator, region=given.region)
    gate = Gate(backend=backend, region=given.region, key_file=given.run_dir / "role.key")
    serve(_Server(given.listen, tls=tls, gate=gate, run_dir=given.run_dir), ready=given.run_dir / "front.ready")


if __name__ == "__main__":
    _main()
