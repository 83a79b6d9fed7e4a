"""Who may ask over TCP: the owner of this run, who can read its key, and the roles that they assumed with it.

A port of loopback is open to every user of the machine, and to every page in a browser on it. So a request is answered if
it is signed as for AWS, with a key that is made for each run. Policies are not evaluated here: `localaws.front` does.
"""

from __future__ import annotations

import hmac
import io
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC
from typing import Any

from moto.sts.models import sts_backends
from moto.utilities.utils import get_partition
from werkzeug.exceptions import HTTPException
from werkzeug.wsgi import get_input_stream

from localaws.iam.access_key import AccessKey
from localaws.iam.call import Place, protocol_of
from localaws.iam.refusal import Answer, Refused
from localaws.iam.role import UnknownToken
from localaws.iam.signature import Arrived, Scope, verify

Application = Callable[[dict[str, Any], Any], Iterable[bytes]]
BODY_LIMIT = 64 * 1024 * 1024
"""In bytes. Our largest body is an asset: the gateway's program, or OpenSwan's package."""
_BODY_OF_STRANGER = 64 * 1024
"""In bytes: who has no key of this run could fill the memory with as many connections as they like."""
_SERVICE = re.compile(r"Credential=[^/\s]+/\d{8}/[^/]+/([a-z0-9-]+)/aws4_request")


@dataclass(frozen=True, kw_only=True)
class Owner:
    """The owner's key, and those that STS gave out for it in this account and region."""

    key: AccessKey
    account: str
    region: str

    def holder(self, access_key_id: str, token: str) -> AccessKey:
        """The key of this id. Raises UnknownToken."""
        if access_key_id == self.key.access_key_id and not token:
            return self.key
        backend = sts_backends[self.account][get_partition(self.region)]
        role = backend.get_assumed_role_from_access_key(access_key_id)
        if role is None or not hmac.compare_digest(role.session_token.encode(), token.encode()):
            raise UnknownToken("no key of this run")
        return AccessKey(
            access_key_id=role.access_key_id,
            secret_access_key=role.secret_access_key,
            token=role.session_token,
            expires=role.expiration.replace(tzinfo=UTC),
        )


def signed_only(application: Application, owner: Owner) -> Application:
    """The application for who signs with a key of the owner's; AWS's own refusal for everybody else."""

    def answer(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        try:
            request = _arrived(environ, _BODY_OF_STRANGER if _is_stranger(environ, owner) else BODY_LIMIT)
        except HTTPException as unread:
            return unread(environ, start_response)
        try:
            verify(request, scope=None, key=owner)
        except Refused as refused:
            return _send(refused.answer(protocol_of(_place(request), request.headers)), start_response)
        again = {"wsgi.input": io.BytesIO(request.body), "CONTENT_LENGTH": str(len(request.body))}
        return application({**environ, **again}, start_response)

    return answer


def _is_stranger(environ: dict[str, Any], owner: Owner) -> bool:
    """Whether it cannot be signed with a key of the owner's: the key's id is not one, and no other user knows one."""
    told = f"{environ.get('HTTP_AUTHORIZATION', '')} {environ.get('QUERY_STRING', '')}"
    ids = re.findall(r"(?:Credential=|AWSAccessKeyId=)([A-Za-z0-9]+)", told)
    backend = sts_backends[owner.account][get_partition(owner.region)]
    return not any(one == owner.key.access_key_id or backend.get_assumed_role_from_access_key(one) for one in ids)


def _arrived(environ: dict[str, Any], most: int) -> Arrived:
    headers = {key[5:].replace("_", "-").lower(): value for key, value in environ.items() if key.startswith("HTTP_")}
    for name in ("CONTENT_TYPE", "CONTENT_LENGTH"):
        if environ.get(name):
            headers[name.replace("_", "-").lower()] = environ[name]
    return Arrived(
        method=environ["REQUEST_METHOD"],
        host=headers.get("host", ""),
        target=environ["REQUEST_URI"],  # as it was sent: PATH_INFO is decoded already
        headers=headers,
        body=_body(environ, most),
    )


def _body(environ: dict[str, Any], most: int) -> bytes:
    """All of it: by its length, or to the end of its chunks. Who asks is not known yet: neither is trusted.

    Raises:
        HTTPException: it is longer than the limit, or ends early.
    """
    return get_input_stream(environ, max_content_length=most).read()


def _place(request: Arrived) -> Place:
    """The service that the request is signed for: over TCP every service has the same host."""
    named = _SERVICE.search(request.headers.get("authorization", ""))
    return Place(label=named[1] if named else "", service=None, scope=Scope(service="", regions=()))


def _send(answer: Answer, start_response: Any) -> list[bytes]:
    length = ("Content-Length", str(len(answer.body)))
    start_response(f"{answer.status} Refused", [("Content-Type", answer.content_type), length, *answer.headers])
    return [answer.body]
