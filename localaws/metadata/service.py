"""The EC2 instance metadata service of the deployed instance, version 2 only (EC2 User Guide, "Use IMDS").

It tells what the embedded AWS says of the instance at that moment: the user data byte for byte, and the public address of
each private one, which takes its time (`localaws.lag`). How far its answers travel (the hop limit) is the
edge's matter.
"""

from __future__ import annotations

import argparse
import secrets
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from localaws.iam.role import RoleKey
from localaws.lag import ASSOCIATION_SECONDS
from localaws.metadata.deployed import Instances
from localaws.metadata.tree import VERSIONS, leaves, lookup, without
from localaws.serving.backend import Backend, BackendSilent
from localaws.serving.daemon import Daemon
from localaws.serving.server import Outages, RequestLog, endpoint, serve

_SESSIONS = "/latest/api/token"
_TTL_HEADER = "X-aws-ec2-metadata-token-ttl-seconds"
_SESSION_HEADER = "X-aws-ec2-metadata-token"
_LONGEST_TTL_S = 21600
_BLACKHOLE_S = 600.0
_ASSOCIATIONS = "associations"
_REASONS = {400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 503: "Service Unavailable"}


class Metadata(Daemon):
    """The metadata service in a namespace.

    `pause("metadata", how)` befalls every request: `unavailable` (503), `reset` (dropped) or `blackhole` (silence).
    `pause("associations", "late")`: an association shows 20 s after it was made. `pause("public-ipv4")`, or any other name of a
    leaf or folder, takes it out of the tree: 404 whatever `how` says.

    Args:
        namespace: the edge's network namespace; None for the host's own (tests).
        address: `host:port` to listen on; EC2's is 169.254.169.254:80.
        emulator_socket: the unix socket of the embedded AWS.
        instance_id: the first instance; another gets its own data, by the private address from which it asks.
        region: where it is deployed.
        run_dir: shared with `Front`, which must know the role's credentials.
        lag: seconds until it tells of an association, or of its end.
    """

    def __init__(
        self,
        *,
        namespace: str | None,
        address: str,
        emulator_socket: Path,
        instance_id: str,
        region: str,
        run_dir: Path,
        lag: float = ASSOCIATION_SECONDS,
    ) -> None:
        given = ["--emulator", str(emulator_socket), "--instance", instance_id, "--region", region, "--lag", str(lag)]
        super().__init__(
            name="metadata",
            module="localaws.metadata.service",
            namespace=namespace,
            address=address,
            run_dir=run_dir,
            arguments=given,
        )


class _Tokens:
    """The session tokens that were given out, each with the moment at which it lapses (monotonic seconds)."""

    def __init__(self) -> None:
        self._lapses: dict[str, float] = {}

    def issue(self, ttl_s: int) -> str:
        token = secrets.token_urlsafe(40) + "=="
        self._lapses[token] = time.monotonic() + ttl_s
        return token

    def is_good(self, token: str | None) -> bool:
        return self._lapses.get(token or "", 0.0) > time.monotonic()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, address: tuple[str, int], *, instances: Instances, run_dir: Path) -> None:
        super().__init__(address, _Handler)
        self.instances = instances
        self.key = RoleKey(run_dir / "role.key")
        self.tokens = _Tokens()
        self.faults = Outages(run_dir / "metadata.faults")
        self.requests = RequestLog(run_dir / "metadata.jsonl")

    def read(self, path: str, *, asker: str) -> bytes | None:
        """What lies at a path (without the version) for a request from that address; None where nothing does."""
        instance = self.instances.at(asker)
        instance.be_late(self.faults.of(_ASSOCIATIONS) == "late")
        hidden = self.faults.all().keys() - {"metadata", _ASSOCIATIONS}
        if path.rstrip("/") == "user-data":
            return None if "user-data" in hidden else instance.user_data()
        tree = without(leaves(instance.facts(), key=self.key), hidden)
        if path.strip("/") == "":
            tree["user-data"] = ""
        found = lookup(tree, path)
        return None if found is None else found.encode()


class _Handler(BaseHTTPRequestHandler):
    server_version = "EC2ws"
    # Head and body in one write: in two, the peer's delayed acknowledgement costs 40 ms a request.
    wbufsize = -1
    disable_nagle_algorithm = True
    sys_version = ""
    server: _Server

    def do_PUT(self) -> None:
        """Give out a session token."""
        if self._suffers():
            return
        ttl = self.headers.get(_TTL_HEADER, "")
        if "X-Forwarded-For" in self.headers:
            # A proxy that passes requests on shall not get a token on behalf of whoever asks it.
            self._refuse(403)
        elif self.path != _SESSIONS:
            self._refuse(404)
        elif not (ttl.isascii() and ttl.isdigit() and 1 <= int(ttl) <= _LONGEST_TTL_S):
            self._refuse(400)
        else:
            self._send(200, self.server.tokens.issue(int(ttl)).encode(), ttl=ttl)

    def do_GET(self) -> None:
        """Answer with a leaf or a listing."""
        if self._suffers():
            return
        if not self.server.tokens.is_good(self.headers.get(_SESSION_HEADER)):
            self._refuse(401)
            return
        try:
            found = self._find()
        except (BackendSilent, BotoCoreError, ClientError, LookupError) as error:
            self.server.requests.add(path=self.path, status=503, reason=f"{type(error).__name__}: {error}")
            self._refuse(503)
            return
        if found is None:
            self._refuse(404)
        else:
            raw = self.path.endswith("/user-data")
            self._send(200, found, kind="application/octet-stream" if raw else "text/plain")

    do_HEAD = do_GET

    def _find(self) -> bytes | None:
        version, _, path = self.path.partition("?")[0].lstrip("/").partition("/")
        if not version:
            return "\n".join(VERSIONS).encode()
        return self.server.read(path, asker=self.client_address[0]) if version in VERSIONS else None

    def _suffers(self) -> bool:
        """Whether a fault of the rehearsal has ended this request."""
        fault = self.server.faults.of("metadata")
        if fault == "unavailable":
            self._refuse(503)
            return True
        held = fault == "blackhole" and not self.server.faults.outlast("metadata", limit_s=_BLACKHOLE_S)
        if fault == "reset" or held:
            self.server.requests.add(
                method=self.command, path=self.path, status=None, reason=f"{fault} by the rehearsal"
            )
        return fault == "reset" or held

    def _refuse(self, status: int) -> None:
        reason = f"{status} - {_REASONS[status]}"
        page = f'<?xml version="1.0" encoding="iso-8859-1"?>\n<html><head><title>{reason}</title></head></html>\n'
        self._send(status, page.encode(), kind="text/html")

    def _send(self, status: int, body: bytes, *, kind: str = "text/plain", ttl: str | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        if ttl:
            self.send_header(_TTL_HEADER, ttl)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
        self.server.requests.add(method=self.command, path=self.path, status=status)

    def log_message(self, format: str, *args: object) -> None:
        """Requests go to the list of requests, not to stderr."""


def _main() -> None:
    parser = argparse.ArgumentParser(prog="localaws.metadata.service", description=__doc__)
    parser.add_argument("--listen", type=endpoint, required=True)
    parser.add_argument("--instance", required=True)
    parser.add_argument("--region", required=True)
    parser.add_argument("--lag", type=float, required=True)
    for name in ("run-dir", "emulator"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    given = parser.parse_args()
    backend = Backend(path=given.emulator, region=given.region)
    instances = Instances(backend=backend, first=given.instance, lag=given.lag)
    serve(_Server(given.listen, instances=instances, run_dir=given.run_dir), ready=given.run_dir / "metadata.ready")


if __name__ == "__main__":
    _main()
