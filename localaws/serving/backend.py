"""The embedded AWS as a server in a network namespace reaches it: over the unix socket that it listens on."""

from __future__ import annotations

import http.client
import io
import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders
from botocore.config import Config

_PATIENCE_S = 20.0


class BackendSilent(Exception):
    """The embedded AWS did not answer: it is not there, or it took longer than the limit."""


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What the embedded AWS answered."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


class Backend:
    """The embedded AWS behind its unix socket.

    Args:
        path: the socket.
        region: the region that `client` asks in.
        patience_s: seconds to wait for an answer.
    """

    def __init__(self, *, path: Path, region: str, patience_s: float = _PATIENCE_S) -> None:
        self._path = path
        self._region = region
        self._patience_s = patience_s

    def send(self, *, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """Pass one request on, as it is.

        Raises:
            BackendSilent: there was no answer within the limit.
        """
        connection = _UnixConnection(self._path, timeout=self._patience_s)
        try:
            connection.request(method, target, body=body or None, headers=dict(headers))
            response = connection.getresponse()
            return Reply(status=response.status, headers=tuple(response.getheaders()), body=response.read())
        except (OSError, http.client.HTTPException) as error:
            raise BackendSilent(
                f"the embedded AWS at {self._path} did not answer {method} within {self._patience_s:g} s"
                f" ({type(error).__name__}: {error}); look whether its process runs"
            ) from error
        finally:
            connection.close()

    def client(self, service: Any) -> Any:
        """A boto3 client that asks the embedded AWS as its owner; its calls raise BackendSilent."""
        client = boto3.client(
            service,
            region_name=self._region,
            aws_access_key_id="rehearsal",
            aws_secret_access_key="rehearsal",  # noqa: S106 - who may open the socket needs no key
            config=Config(retries={"total_max_attempts": 1}),
        )
        client.meta.events.register("before-send", self._answer)
        return client

    def _answer(self, request: AWSPreparedRequest, **_: object) -> AWSResponse:
        """Botocore takes what a `before-send` handler returns instead of opening a connection of its own."""
        url = urlsplit(request.url)
        target = f"{url.path}?{url.query}" if url.query else url.path
        headers = {name: _text(value) for name, value in request.headers.items()} | {"Host": url.netloc}
        body = request.body or b""
        reply = self.send(
            method=request.method,
            target=target,
            headers=headers,
            body=body.encode() if isinstance(body, str) else bytes(body),  # type: ignore[arg-type]
        )
        pairs = HTTPHeaders.from_pairs(list(reply.headers))
        return AWSResponse(request.url, reply.status, pairs, _Raw(reply.body))


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: Path, *, timeout: float) -> None:
        super().__init__("embedded-aws", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


class _Raw(io.BytesIO):
    """A body in the shape that botocore reads (urllib3's)."""

    def stream(self, **_: object) -> Iterator[bytes]:
        yield self.read()


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value
