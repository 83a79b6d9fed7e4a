"""The way into AWS: as the usual profile, region and role conventions say, with errors in a person's words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    CredentialRetrievalError,
    EndpointConnectionError,
    LoginError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
    ReadTimeoutError,
    SSOError,
    TokenRetrievalError,
)
from botocore.exceptions import ConnectionError as AwsConnectionError
from botocore.parsers import ResponseParserError

from ops import debug
from ops.failure import BadInput, Failure

# Six attempts. When AWS says that the rate is exceeded, the five waits are a random part of 1, 2, 4, 8 and 16 s (botocore,
# retries/standard.py); the three waits of four attempts were now and then over within a second.
_CONFIG = Config(connect_timeout=5, read_timeout=30, retries={"mode": "standard", "total_max_attempts": 6})
_EXPIRED = (
    "ExpiredToken",
    "ExpiredTokenException",
    "RequestExpired",
    "InvalidClientTokenId",
    "UnrecognizedClientException",
)
_NOT_LOGGED_IN = (
    NoCredentialsError,
    PartialCredentialsError,
    CredentialRetrievalError,
    TokenRetrievalError,
    SSOError,
    LoginError,
)
_DENIED = ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthFailure", "AuthorizationError")
_MISCONFIGURED = (ValueError, TypeError, OSError, KeyError, AttributeError)
# What botocore's parsers raise at what is no answer of AWS's, and what our readers raise at one that lacks what AWS always says.
_UNPARSED = (ResponseParserError, RecursionError, ArithmeticError)
_LACKING = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError)
_PAGE = re.compile(rb"\s*<(!doctype|!--|html|head|body)", re.IGNORECASE)
_AS_A_PROFILE = "aws sso login, or set AWS_PROFILE (or --profile) to a profile that works"
_LOG_IN, _LOG_IN_AGAIN = f"log in: {_AS_A_PROFILE}", f"log in again: {_AS_A_PROFILE}"


class AwsFailure(Failure):
    """AWS refused, or did not answer. `code` is its own word for it; empty where it said nothing."""

    def __init__(self, what: str, *, code: str = "", evidence: str = "", advice: str = "") -> None:
        super().__init__(what, evidence=evidence, advice=advice)
        self.code = code


class NotThere(AwsFailure):
    """What was asked for does not exist."""


class Access:
    """Calls to AWS's services in one account and region. Raises AwsFailure where there are no credentials."""

    def __init__(self, *, profile: str | None, region: str) -> None:
        self._session = _session(profile, region)
        self._clients: dict[str, Any] = {}
        # A profile may ask for a second factor: now, not later under a spinner.
        self._credentials()

    @property
    def region(self) -> str:
        """The region that is asked."""
        return str(self._session.region_name)

    def environment(self) -> dict[str, str]:
        """These credentials as they are now, and the region, for a program that must ask with the same identity."""
        now = self._credentials()
        keys = {"AWS_ACCESS_KEY_ID": now.access_key, "AWS_SECRET_ACCESS_KEY": now.secret_key}
        token = {"AWS_SESSION_TOKEN": now.token} if now.token else {}
        return {**keys, **token, "AWS_REGION": self.region, "AWS_DEFAULT_REGION": self.region}

    def _credentials(self) -> Any:
        with translated("finding credentials"):
            found = self._session.get_credentials()
            if found is None:
                raise NoCredentialsError
            now = found.get_frozen_credentials()
        _refuse_spoilt(
            AWS_ACCESS_KEY_ID=now.access_key, AWS_SECRET_ACCESS_KEY=now.secret_key, AWS_SESSION_TOKEN=now.token
        )
        return now

    def client(self, service: str) -> Any:
        """boto3's own client of a service."""
        if service not in self._clients:
            with translated(service):
                self._clients[service] = self._session.client(service, config=_CONFIG)
        return self._clients[service]

    def call(self, service: str, operation: str, *, secretly: bool = False, **arguments: Any) -> Any:
        """One call. `secretly`: an argument is secret, so an error tells no more than its code.

        Raises:
            NotThere: what it is about does not exist.
            AwsFailure: AWS refused or did not answer.
        """
        with translated(f"{service} {operation}", secretly=secretly):
            return getattr(self.client(service), operation)(**arguments)

    def pages(self, service: str, operation: str, key: str, **arguments: Any) -> list[Any]:
        """All items of a call that answers in pages."""
        with translated(f"{service} {operation}"):
            paginator = self.client(service).get_paginator(operation)
            return [item for page in paginator.paginate(**arguments) for item in page.get(key, [])]


def open_access(*, profile: str | None, region: str) -> Access:
    """The way into the account that the environment, or the profile, says."""
    return Access(profile=profile, region=region)


def profile_region(profile: str | None) -> str | None:
    """The region that a profile names. Raises BadInput where there is no such profile."""
    found: str | None = _session(profile, None).region_name
    return found


def _session(profile: str | None, region: str | None) -> Any:
    try:
        session = boto3.Session(profile_name=profile, region_name=region)
    except ProfileNotFound as error:
        named_by = "--profile" if profile else "AWS_PROFILE"
        raise BadInput(f"{named_by}: {error}", advice="aws configure list-profiles shows what there is") from None
    except (BotoCoreError, *_MISCONFIGURED) as error:
        raise _misconfigured(error) from None
    session.events.register("before-parse", _refuse_a_page)
    debug.watch(session)
    return session


class _NotAws(BotoCoreError):
    """A network that wants a log-in first, or a proxy, answers with a page of its own."""


def _refuse_spoilt(**credentials: str | None) -> None:
    """What goes into a header and cannot: http.client's own error would have the whole of it, a session token too."""
    for name, value in credentials.items():
        if value and not re.fullmatch(r"[!-~]+", value):
            raise BadInput(
                f"{name}, or its like in a profile, holds a space, a line break or another character that no AWS credential has",
                advice="copy it again; a pipeline's variable often ends with a line break",
            )


def _refuse_a_page(response_dict: Any, **_: Any) -> None:
    body = response_dict["body"]
    if isinstance(body, bytes) and _PAGE.match(body):
        raise _NotAws


@contextmanager
def translated(what: str, *, secretly: bool = False) -> Iterator[None]:
    """Turn what boto3 raises into words, with what to do."""
    try:
        yield
    except ClientError as error:
        raise _refusal(what, error, secretly) from None
    except _NOT_LOGGED_IN as error:
        raise AwsFailure(f"AWS: {error}", code="NoCredentials", advice=_LOG_IN) from None
    except (_NotAws, *_UNPARSED):
        raise _not_aws(what) from None
    except (EndpointConnectionError, AwsConnectionError, ReadTimeoutError) as error:
        evidence = "" if secretly else str(error)
        raise AwsFailure(
            f"AWS did not answer ({what})", evidence=evidence, advice="look at network and proxy"
        ) from None
    except BotoCoreError as error:
        raise AwsFailure(
            f"AWS: {what} failed: {type(error).__name__}", evidence="" if secretly else str(error)
        ) from None
    except _MISCONFIGURED as error:
        raise _misconfigured(None if secretly else error) from None


@contextmanager
def understood(what: str) -> Iterator[None]:
    """Read an answer: an answer that AWS never gives is not from AWS. For a reader of answers, and nothing around it."""
    try:
        yield
    except _LACKING:
        raise _not_aws(what) from None


def _not_aws(what: str) -> AwsFailure:
    advice = "log in to this network, or look at proxy and AWS_ENDPOINT_URL"
    return AwsFailure(f"what answered is not AWS ({what})", advice=advice)


def _misconfigured(error: Exception | None) -> BadInput:
    """What boto3 was given is not what it takes: a file, a variable, an endpoint. It raises what Python raises then."""
    advice = "look at the AWS_… variables and ~/.aws/config: endpoint, region, CA bundle, retries"
    return BadInput("AWS cannot be asked as it is configured here", evidence=str(error or ""), advice=advice)


def _refusal(what: str, error: ClientError, secretly: bool) -> AwsFailure:
    said = error.response.get("Error") or {}
    code, message = str(said.get("Code") or ""), str(said.get("Message") or "")
    evidence = "" if secretly else message
    if code in _EXPIRED:
        return AwsFailure("AWS does not accept the credentials", code=code, evidence=evidence, advice=_LOG_IN_AGAIN)
    if code in _DENIED:
        advice = "let your role do that, or take a profile that may"
        return AwsFailure(f"AWS refuses {what} to your role", code=code, evidence=evidence, advice=advice)
    if "NotFound" in code or "does not exist" in message or code.startswith("NoSuch"):
        return NotThere(f"AWS: {what}: {code}", code=code, evidence=evidence)
    return AwsFailure(f"AWS: {what} failed: {code}", code=code, evidence=evidence)
