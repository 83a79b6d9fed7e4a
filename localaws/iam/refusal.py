"""AWS's errors in the shape of each protocol, so that an SDK raises what it would raise on AWS.

Sources: "Common errors" of each service's API reference, "Error responses" of S3, smithy.io for RPC v2 CBOR.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from typing import Literal
from xml.sax.saxutils import escape

# A query-compatible service has left the query protocol, and still names its errors as there.
Protocol = Literal["query", "ec2", "json", "json-query-compatible", "cbor", "rest-xml"]
Kind = Literal["unsigned", "unknown-key", "expired-token", "mismatch", "skewed", "denied", "undecidable", "unavailable"]


@dataclass(frozen=True)
class _Codes:
    query: str
    query_status: int
    json: str
    s3: str
    s3_status: int


# JSON services answer 400 to all of these; query services and S3 have a status for each.
_CODES: dict[Kind, _Codes] = {
    "unsigned": _Codes("MissingAuthenticationToken", 403, "MissingAuthenticationTokenException", "AccessDenied", 403),
    "unknown-key": _Codes("InvalidClientTokenId", 403, "UnrecognizedClientException", "InvalidAccessKeyId", 403),
    "expired-token": _Codes("ExpiredToken", 403, "ExpiredTokenException", "ExpiredToken", 400),
    "mismatch": _Codes("SignatureDoesNotMatch", 403, "InvalidSignatureException", "SignatureDoesNotMatch", 403),
    "skewed": _Codes("SignatureDoesNotMatch", 403, "InvalidSignatureException", "RequestTimeTooSkewed", 403),
    "denied": _Codes("AccessDenied", 403, "AccessDeniedException", "AccessDenied", 403),
    # AWS has no such error: it shows that the rehearsal, not the deployment, needs mending.
    "undecidable": _Codes("RehearsalUndecided", 400, "RehearsalUndecidedException", "RehearsalUndecided", 400),
    "unavailable": _Codes("ServiceUnavailable", 503, "ServiceUnavailableException", "ServiceUnavailable", 503),
}


class Refused(Exception):
    """A request that AWS would not carry out."""

    def __init__(self, kind: Kind, message: str) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message

    def answer(self, protocol: Protocol) -> Answer:
        """It as a response of this protocol."""
        codes = _CODES[self.kind]
        if protocol == "rest-xml":
            return _s3(codes, self.message)
        if protocol == "ec2":
            return _ec2(self.kind, self.message)
        if protocol == "query":
            return _query(codes, self.message)
        status = 503 if self.kind == "unavailable" else 400
        if protocol == "cbor":
            return _cbor(codes, status, self.message)
        return _json(codes, status, self.message, is_query_compatible=protocol == "json-query-compatible")


@dataclass(frozen=True, kw_only=True)
class Answer:
    """A response that the front gives by itself."""

    status: int
    content_type: str
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()


def _query(codes: _Codes, message: str) -> Answer:
    fault = "Receiver" if codes.query_status >= 500 else "Sender"
    error = f"<Error><Type>{fault}</Type><Code>{codes.query}</Code><Message>{escape(message)}</Message></Error>"
    text = f"<ErrorResponse>{error}<RequestId>{uuid.uuid4()}</RequestId></ErrorResponse>"
    return Answer(status=codes.query_status, content_type="text/xml", body=text.encode())


_EC2_CODES: dict[Kind, str] = {
    "unsigned": "MissingAuthenticationToken",
    "unknown-key": "AuthFailure",
    "expired-token": "RequestExpired",
    "mismatch": "AuthFailure",
    "skewed": "RequestExpired",
    "denied": "UnauthorizedOperation",
}


def _ec2(kind: Kind, message: str) -> Answer:
    """EC2 names its errors in its own way (API Reference, "Error codes"), and a list of them stands in each answer."""
    codes = _CODES[kind]
    said = f"You are not authorized to perform this operation. {message}" if kind == "denied" else message
    error = f"<Error><Code>{_EC2_CODES.get(kind, codes.query)}</Code><Message>{escape(said)}</Message></Error>"
    text = f"<Response><Errors>{error}</Errors><RequestID>{uuid.uuid4()}</RequestID></Response>"
    return Answer(status=codes.query_status, content_type="text/xml", body=text.encode())


def _query_error(codes: _Codes, status: int) -> tuple[str, str]:
    return ("x-amzn-query-error", f"{codes.query};{'Receiver' if status >= 500 else 'Sender'}")


def _json(codes: _Codes, status: int, message: str, *, is_query_compatible: bool) -> Answer:
    # AWS's own spelling differs by service: botocore reads `message`, then `Message`.
    body = {"__type": codes.json, "message": message, "Message": message}
    headers = (_query_error(codes, status),) if is_query_compatible else ()
    raw = json.dumps(body).encode()
    return Answer(status=status, content_type="application/x-amz-json-1.1", body=raw, headers=headers)


def _cbor(codes: _Codes, status: int, message: str) -> Answer:
    body = b"\xa2" + b"".join(map(_cbor_text, ("__type", codes.json, "message", message)))
    headers = (("smithy-protocol", "rpc-v2-cbor"), _query_error(codes, status))
    return Answer(status=status, content_type="application/cbor", body=body, headers=headers)


def _cbor_text(text: str) -> bytes:
    """A text string with a length of two bytes (RFC 8949, 3.1: major type 3, additional information 25)."""
    raw = text.encode()
    return b"\x79" + len(raw).to_bytes(2, "big") + raw


def _s3(codes: _Codes, message: str) -> Answer:
    text = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f"<Error><Code>{codes.s3}</Code><Message>{escape(message)}</Message><RequestId>{uuid.uuid4()}</RequestId></Error>"
    )
    return Answer(status=codes.s3_status, content_type="application/xml", body=text.encode())
