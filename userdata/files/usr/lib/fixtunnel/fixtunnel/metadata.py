"""The instance metadata service, version 2 (AWS: "Use IMDSv2"), over a bare socket: urllib alone takes 8 MB."""

import socket
import time

ADDRESS = ("169.254.169.254", 80)
TOKEN_SECONDS = 21600
LIMIT_SECONDS = 3


class NoAnswer(Exception):
    """The service did not answer, or not with an answer to the question."""


class Metadata:
    """Asks the service, with a token that is renewed before it ends."""

    def __init__(self, address: tuple[str, int] = ADDRESS) -> None:
        self._address = address
        self._token = ""
        self._renew_at = 0.0

    def get(self, path: str) -> str | None:
        """The value at `path`; None if the service says that there is none (404).

        Raises:
            NoAnswer: no answer within the limit, or another error.
        """
        status, value = self._ask("GET", f"meta-data/{path}", f"X-aws-ec2-metadata-token: {self._current_token()}")
        if status == 200:
            return value
        if status == 404:
            return None
        self._renew_at = 0.0  # 401: the token is not known any more
        raise NoAnswer(f"metadata service: HTTP {status} for {path}")

    def _current_token(self) -> str:
        if time.monotonic() >= self._renew_at:
            header = f"X-aws-ec2-metadata-token-ttl-seconds: {TOKEN_SECONDS}"
            status, token = self._ask("PUT", "api/token", header)
            if status != 200:
                # A 404 for the token says nothing of what was asked for.
                raise NoAnswer(f"metadata service: no token: HTTP {status}")
            self._token = token
            self._renew_at = time.monotonic() + TOKEN_SECONDS / 2
        return self._token

    def _ask(self, method: str, path: str, header: str) -> tuple[int, str]:
        """The status and the body of an answer. Raises NoAnswer."""
        lines = (f"{method} /latest/{path} HTTP/1.1", f"Host: {self._address[0]}", "Connection: close", header)
        request = "\r\n".join((*lines, "Content-Length: 0", "", ""))
        try:
            with socket.create_connection(self._address, timeout=LIMIT_SECONDS) as line:
                line.sendall(request.encode("ascii"))
                return _answer(line)
        except (OSError, UnicodeError) as error:  # a token that is no token, too
            raise NoAnswer(f"metadata service: {error}") from None


def _answer(line: socket.socket) -> tuple[int, str]:
    end = time.monotonic() + LIMIT_SECONDS
    told = b""
    while (more := line.recv(65536)) and len(told) < 65536:
        told += more
        if time.monotonic() > end:
            raise NoAnswer("metadata service: the answer does not end")
    head, found, body = told.partition(b"\r\n\r\n")
    words = head.split(b" ", 2)
    if not found or len(words) < 2 or not words[1].isdigit():
        raise NoAnswer("metadata service: not an answer in HTTP")
    return int(words[1]), body.decode("ascii", "replace").strip()
