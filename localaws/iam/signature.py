"""AWS Signature Version 4: who signed a request, when, and whether what arrived is what was signed.

The signature is computed again by botocore's own signer. Source: IAM User Guide, "Create a signed AWS API request".
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol, TypeVar

from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.compat import HTTPHeaders
from botocore.credentials import Credentials as SigningCredentials

from localaws.iam.refusal import Refused
from localaws.iam.role import UnknownToken

_AGE_LIMIT = timedelta(minutes=5)
_STAMP = "%Y%m%dT%H%M%SZ"
_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<key>[^/\s]+)/(?P<day>\d{8})/(?P<region>[^/]+)/(?P<service>[^/]+)/aws4_request,"
    r" ?SignedHeaders=(?P<headers>[^,\s]+), ?Signature=(?P<signature>[0-9a-f]{64})"
)
_UNKNOWN = "The security token included in the request is invalid."
_MISMATCH = (
    "The request signature we calculated does not match the signature you provided."
    " Check your AWS Secret Access Key and signing method. Consult the service documentation for details."
)


@dataclass(frozen=True, kw_only=True)
class Arrived:
    """A request as it came in. Header names are in lower case."""

    method: str
    host: str
    target: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, kw_only=True)
class Scope:
    """Where the signature must be good for."""

    service: str
    regions: tuple[str, ...]


class Holder(Protocol):
    """Credentials that may have signed a request. Only temporary ones have a token and expire."""

    @property
    def access_key_id(self) -> str: ...
    @property
    def secret_access_key(self) -> str: ...
    @property
    def token(self) -> str: ...
    @property
    def expires(self) -> datetime | None: ...


Held = TypeVar("Held", bound=Holder)
Known_co = TypeVar("Known_co", bound=Holder, covariant=True)


class Key(Protocol[Known_co]):
    """What knows credentials."""

    def holder(self, access_key_id: str, token: str) -> Known_co:
        """Those of this id and this session token (none: an empty one). Raises UnknownToken."""
        ...


def verify(request: Arrived, *, scope: Scope | None, key: Key[Held], now: datetime | None = None) -> Held:
    """The credentials that signed the request, for this scope; without one the signature is good for any.

    Raises:
        Refused: unsigned, by unknown or expired credentials, too old or too new, for another place, or altered.
    """
    moment = now or datetime.now(UTC)
    signed = _AUTHORIZATION.fullmatch(request.headers.get("authorization", ""))
    if signed is None:
        raise Refused("unsigned", "Request is missing Authentication Token")
    credentials = _holder(request, signed["key"], key)
    if credentials.expires is not None and credentials.expires <= moment:
        raise Refused("expired-token", "The security token included in the request is expired")
    stamp = request.headers.get("x-amz-date", "")
    _check_age(stamp, moment)
    if scope is not None:
        _check_scope(signed, scope, stamp)
    _check_signature(request, signed, credentials, stamp)
    return credentials


def _holder(request: Arrived, access_key_id: str, key: Key[Held]) -> Held:
    try:
        return key.holder(access_key_id, request.headers.get("x-amz-security-token", ""))
    except UnknownToken as error:
        raise Refused("unknown-key", _UNKNOWN) from error


def _check_age(stamp: str, now: datetime) -> None:
    try:
        signed_at = datetime.strptime(stamp, _STAMP).replace(tzinfo=UTC)
    except ValueError as error:
        raise Refused("mismatch", "Date must be in ISO-8601 'basic format'.") from error
    limit = f"({now:{_STAMP}} {{}} 5 min.)"
    if signed_at < now - _AGE_LIMIT:
        bound = f"{now - _AGE_LIMIT:{_STAMP}} {limit.format('-')}"
        raise Refused("skewed", f"Signature expired: {stamp} is now earlier than {bound}")
    if signed_at > now + _AGE_LIMIT:
        bound = f"{now + _AGE_LIMIT:{_STAMP}} {limit.format('+')}"
        raise Refused("skewed", f"Signature not yet current: {stamp} is still later than {bound}")


def _check_scope(signed: re.Match[str], scope: Scope, stamp: str) -> None:
    if signed["service"] != scope.service:
        raise Refused("mismatch", f"Credential should be scoped to correct service: '{scope.service}'.")
    if signed["region"] not in scope.regions:
        raise Refused("mismatch", f"Credential should be scoped to a valid region, not '{signed['region']}'.")
    if signed["day"] != stamp[:8]:
        raise Refused("mismatch", "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date.")


def _check_signature(request: Arrived, signed: re.Match[str], credentials: Holder, stamp: str) -> None:
    names = signed["headers"].split(";")
    if missing := {"host", "x-amz-date", *(["x-amz-security-token"] if credentials.token else [])} - set(names):
        raise Refused("mismatch", f"Authorization header does not cover {', '.join(sorted(missing))}")
    declared = request.headers.get("x-amz-content-sha256")
    may_be_unsigned = signed["service"] == "s3" and declared and not re.fullmatch("[0-9a-f]{64}", declared)
    if declared and not may_be_unsigned and declared != hashlib.sha256(request.body).hexdigest():
        raise Refused("mismatch", "The provided 'x-amz-content-sha256' header does not match what was computed.")
    if not hmac.compare_digest(_recompute(request, names, signed, credentials, stamp), signed["signature"]):
        raise Refused("mismatch", _MISMATCH)


def _recompute(request: Arrived, names: list[str], signed: re.Match[str], credentials: Holder, stamp: str) -> str:
    headers = {name: request.headers.get(name, "") for name in names}
    signing = SigningCredentials(credentials.access_key_id, credentials.secret_access_key, credentials.token or None)
    signer = (_S3Signer if signed["service"] == "s3" else _Signer)(signing, signed["service"], signed["region"])
    url = f"https://{request.host}{request.target}"
    again = AWSRequest(method=request.method, url=url, headers=headers, data=request.body)
    again.context["timestamp"] = stamp
    return signer.signature(signer.string_to_sign(again, signer.canonical_request(again)), again)


class _ExactHeaders:
    """Takes the headers that the client says it signed, where botocore would choose by itself."""

    def headers_to_sign(self, request: AWSRequest) -> HTTPHeaders:
        chosen: HTTPHeaders = request.headers
        return chosen


class _Signer(_ExactHeaders, SigV4Auth):
    pass


class _S3Signer(_ExactHeaders, S3SigV4Auth):
    pass
