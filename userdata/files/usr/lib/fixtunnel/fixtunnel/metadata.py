"""The instance metadata service, version 2 (AWS: "Use IMDSv2"), by the standard library alone."""

import http.client
import time
import urllib.error
import urllib.request

BASE = "http://169.254.169.254/latest"
TOKEN_SECONDS = 21600
LIMIT_SECONDS = 3
_NO_ANSWER = (OSError, http.client.HTTPException)


class NoAnswer(Exception):
    """The service did not answer, or not with an answer to the question."""


class Metadata:
    """Asks the service, with a token that is renewed before it ends."""

    def __init__(self, base: str = BASE) -> None:
        self._base = base
        self._token = ""
        self._renew_at = 0.0

    def get(self, path: str) -> str | None:
        """The value at `path`; None if the service says that there is none (404).

        Raises:
            NoAnswer: no answer within the limit, or another error.
        """
        try:
            token = self._current_token()
        except _NO_ANSWER as error:
            # A 404 for the token says nothing of what was asked for.
            raise NoAnswer(f"metadata service: no token: {error}") from None
        try:
            return self._ask("GET", f"meta-data/{path}", {"X-aws-ec2-metadata-token": token})
        except urllib.error.HTTPError as error:
            if error.code == 404:
                return None
            self._renew_at = 0.0  # 401: the token is not known any more
            raise NoAnswer(f"metadata service: HTTP {error.code} for {path}") from None
        except _NO_ANSWER as error:
            raise NoAnswer(f"metadata service: {error}") from None

    def _current_token(self) -> str:
        if time.monotonic() >= self._renew_at:
            header = {"X-aws-ec2-metadata-token-ttl-seconds": str(TOKEN_SECONDS)}
            self._token = self._ask("PUT", "api/token", header)
            self._renew_at = time.monotonic() + TOKEN_SECONDS / 2
        return self._token

    def _ask(self, method: str, path: str, headers: dict[str, str]) -> str:
        request = urllib.request.Request(f"{self._base}/{path}", method=method, headers=headers)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=LIMIT_SECONDS) as answer:
            return str(answer.read().decode("ascii", "replace").strip())
