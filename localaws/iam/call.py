"""A request to AWS as an API call: which service its host name stands for, which action, which parameters, in which protocol.

Sources: AWS General Reference, "Service endpoints"; each service's API reference.
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from botocore.parsers import RpcV2CBORParser

from localaws.authority import DOMAIN
from localaws.iam.policy import Undecidable
from localaws.iam.refusal import Protocol
from localaws.iam.signature import Arrived, Scope

# First label of the host name, which is the name in signatures too: what policies call the service.
SERVICES = {
    "cloudformation": "cloudformation",
    "ec2": "ec2",
    "kms": "kms",
    "logs": "logs",
    "monitoring": "cloudwatch",
    "s3": "s3",
    "secretsmanager": "secretsmanager",
    "ssm": "ssm",
    "sts": "sts",
}
_GLOBAL_REGION = "us-east-1"


@dataclass(frozen=True, kw_only=True)
class Place:
    """What a host name stands for.

    `service` is None where the rehearsal has no such service; `label` is then what to call it in the log.
    """

    label: str
    service: str | None
    scope: Scope
    bucket: str | None = None


def locate(host: str, *, region: str) -> Place | None:
    """What the host name stands for; None where it is not one of AWS's."""
    name = host.lower().rstrip(".").partition(":")[0]
    if not name.endswith(f".{DOMAIN}"):
        return None
    front = name.removesuffix(f".{DOMAIN}")
    regional = front.endswith((f".{region}", f"-{region}"))
    label = front[: -len(region) - 1] if regional else front
    bucket = re.fullmatch(r"(.+)\.s3", label)
    label = "s3" if bucket else label
    # Names without a region: S3's find the bucket's own region, STS's are us-east-1's.
    regions = (region,) if regional else (_GLOBAL_REGION, region) if label == "s3" else (_GLOBAL_REGION,)
    is_served = regional or label in ("s3", "sts")
    return Place(
        label=label,
        service=SERVICES.get(label) if is_served else None,
        scope=Scope(service=label, regions=regions),
        bucket=bucket[1] if bucket else None,
    )


_CBOR_PATH = re.compile(r"/service/[^/]+/operation/(\w+)")
# S3 has no action in the request: method, whether a key is named, and the query's first word tell it.
_S3_ACTIONS = {
    ("GET", True, ""): "GetObject",
    ("HEAD", True, ""): "GetObject",
    ("PUT", True, ""): "PutObject",
    ("GET", True, "versionId"): "GetObjectVersion",
    ("GET", False, ""): "ListBucket",
    ("GET", False, "list-type"): "ListBucket",
    ("HEAD", False, ""): "ListBucket",
    ("GET", False, "location"): "GetBucketLocation",
}
# The SDK's own trace of what it calls; it chooses nothing.
_S3_IGNORED = frozenset({"x-id"})


@dataclass(frozen=True, kw_only=True)
class Call:
    """An API call. `action` is named as in policies."""

    service: str
    action: str
    parameters: Mapping[str, Any]


def protocol_of(place: Place, headers: Mapping[str, str]) -> Protocol:
    """The wire protocol, which decides how an error must look."""
    if place.label == "s3":
        return "rest-xml"
    if place.label == "ec2":
        return "ec2"
    if headers.get("smithy-protocol") == "rpc-v2-cbor":
        return "cbor"
    if "x-amz-target" not in headers:
        return "query"
    return "json-query-compatible" if headers.get("x-amzn-query-mode") == "true" else "json"


def read_call(place: Place, request: Arrived) -> Call:
    """The API call that the request makes.

    Raises:
        Undecidable: it is not one that the rehearsal can read.
    """
    service = place.service or place.label
    try:
        action, parameters = _READERS[protocol_of(place, request.headers)](place, request)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Undecidable(f"the rehearsal cannot read this request to {place.label}: {type(error).__name__}") from error
    return Call(service=service, action=action, parameters=parameters)


def _read_query(_place: Place, request: Arrived) -> tuple[str, dict[str, Any]]:
    text = _body(request).decode() or urlsplit(request.target).query
    parameters = dict(parse_qsl(text, keep_blank_values=True))
    return parameters["Action"], parameters


def _read_json(_place: Place, request: Arrived) -> tuple[str, dict[str, Any]]:
    parameters = json.loads(_body(request) or b"{}")
    return request.headers["x-amz-target"].rpartition(".")[2], parameters


def _read_cbor(_place: Place, request: Arrived) -> tuple[str, dict[str, Any]]:
    action = _CBOR_PATH.fullmatch(urlsplit(request.target).path)
    if action is None:
        raise ValueError("no operation in the path")
    parser = RpcV2CBORParser()
    return action[1], dict(parser.parse_data_item(parser.get_peekable_stream_from_bytes(_body(request) or b"\xa0")))


def _read_s3(place: Place, request: Arrived) -> tuple[str, dict[str, Any]]:
    url = urlsplit(request.target)
    path = unquote(url.path).removeprefix("/")
    bucket, _, key = (place.bucket, "/", path) if place.bucket else path.partition("/")
    words = [name for name, _ in parse_qsl(url.query, keep_blank_values=True) if name not in _S3_IGNORED]
    action = _S3_ACTIONS.get((request.method, bool(key), words[0] if words else ""))
    if action is None or not bucket:
        raise Undecidable(f"the rehearsal does not know what S3 makes of {request.method} with {words or 'no query'}")
    return action, {"Bucket": bucket, "Key": key}


def _body(request: Arrived) -> bytes:
    """The body as it was before compression: SDKs compress large metric data."""
    return gzip.decompress(request.body) if request.headers.get("content-encoding") == "gzip" else request.body


_READERS = {
    "query": _read_query,
    "ec2": _read_query,
    "json": _read_json,
    "json-query-compatible": _read_json,
    "cbor": _read_cbor,
    "rest-xml": _read_s3,
}
