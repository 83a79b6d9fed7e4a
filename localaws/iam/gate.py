"""One request's way through the front: identified, understood, permitted as AWS would, passed on, and written down."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

from botocore.exceptions import BotoCoreError, ClientError

from localaws.iam.call import Call, Place, locate, protocol_of, read_call
from localaws.iam.grants import Grants, GrantsReader, NoSuchRole
from localaws.iam.need import Need, Needs
from localaws.iam.policy import Context, Undecidable, decide
from localaws.iam.refusal import Answer, Refused
from localaws.iam.role import RoleKey, Session
from localaws.iam.signature import Arrived, Scope, verify
from localaws.serving.backend import Backend, BackendSilent

_EVERYBODY = "http://acs.amazonaws.com/groups/global/AllUsers"


class PublicObjects:
    """Knows by their ACLs which objects of the embedded AWS are public."""

    def __init__(self, backend: Backend) -> None:
        self._s3 = backend.client("s3")

    def permit(self, call: Call) -> None:
        """Return if anybody may read the object.

        Raises:
            Refused: it is private or not there; S3 does not tell a stranger which.
        """
        if call.action != "GetObject" or not self._is_public(call.parameters["Bucket"], call.parameters["Key"]):
            raise Refused("denied", "Access Denied")

    def _is_public(self, bucket: str, key: str) -> bool:
        try:
            grants = self._s3.get_object_acl(Bucket=bucket, Key=key)["Grants"]
        except ClientError:
            return False
        return any(each["Grantee"].get("URI") == _EVERYBODY and each["Permission"] != "WRITE" for each in grants)


@dataclass(frozen=True, kw_only=True)
class Caller:
    """Who asks: the role, as the instance took it on."""

    session: Session
    grants: Grants

    @property
    def arn(self) -> str:
        """The assumed role's ARN. It names no path, unlike the role's own."""
        partition = self.grants.role_arn.split(":")[1]
        return f"arn:{partition}:sts::{self.grants.account}:assumed-role/{self.session.role}/{self.session.instance_id}"


class Gatekeeper:
    """Lets a request through, or refuses it.

    Args:
        key: what the metadata service's credentials derive from.
    """

    def __init__(self, *, backend: Backend, region: str, key: RoleKey) -> None:
        self._region = region
        self._key = key
        self._grants = GrantsReader(backend)
        self._needs = Needs(backend=backend, region=region)

    def identify(self, place: Place, request: Arrived) -> Caller:
        """Who signed the request.

        Raises:
            Refused: an identity that AWS does not know, or the signature is not good here and now.
        """
        session = verify(request, scope=place.scope, key=self._key).session
        try:
            return Caller(session=session, grants=self._grants.of(session.role))
        except NoSuchRole as error:
            raise Refused("unknown-key", "The security token included in the request is invalid.") from error
        except Undecidable as error:
            raise Refused("undecidable", str(error)) from error

    def call(self, place: Place, request: Arrived) -> Call:
        """What the request asks for."""
        try:
            return read_call(place, request)
        except Undecidable as error:
            raise Refused("undecidable", str(error)) from error

    def needs(self, call: Call, caller: Caller) -> tuple[Need, ...]:
        """The permissions that the call needs."""
        try:
            return self._needs.of(call, account=caller.grants.account)
        except Undecidable as error:
            raise Refused("undecidable", str(error)) from error

    def permit(self, need: Need, caller: Caller) -> None:
        """Return if the role's policies allow it.

        Raises:
            Refused: they do not, or that is unknown.
        """
        action = f"{need.service}:{need.action}"
        context = Context(need.service, {**self._about(caller), **need.context})
        try:
            decision = self._decision(caller.grants, action, need.resource, context)
        except Undecidable as error:
            raise Refused("undecidable", f"{action}: {error}") from error
        if decision == "allowed":
            return
        because = {
            "not allowed": f"because no identity-based policy allows the {action} action",
            "explicitly denied": "with an explicit deny in an identity-based policy",
            "not bounded": f"because no permissions boundary allows the {action} action",
        }[decision]
        whole = f"User: {caller.arn} is not authorized to perform: {action} on resource: {need.resource} {because}"
        raise Refused("denied", need.refusal or whole)

    @staticmethod
    def _decision(grants: Grants, action: str, resource: str, context: Context) -> str:
        """What its policies allow within its boundary: IAM User Guide, "Permissions boundaries for IAM entities"."""
        decision = decide(grants.statements, action=action, resource=resource, context=context)
        if decision != "allowed" or grants.boundary is None:
            return decision
        within = decide(grants.boundary, action=action, resource=resource, context=context)
        return "not bounded" if within == "not allowed" else within

    def _about(self, caller: Caller) -> Mapping[str, tuple[str, ...]]:
        """The global condition keys that are the same for every request of an instance's role."""
        account = caller.grants.account
        instance = f"arn:aws:ec2:{self._region}:{account}:instance/{caller.session.instance_id}"
        return {
            "aws:PrincipalArn": (caller.grants.role_arn,),
            "aws:PrincipalAccount": (account,),
            "aws:PrincipalType": ("AssumedRole",),
            "aws:ResourceAccount": (account,),
            "aws:RequestedRegion": (self._region,),
            "aws:SecureTransport": ("true",),
            "aws:ViaAWSService": ("false",),
            "aws:MultiFactorAuthPresent": (),
            "ec2:SourceInstanceARN": (instance,),
        }


# Connection by connection, or ours to set (RFC 9110, 7.6.1).
_NOT_PASSED_ON = {
    "connection", "content-length", "content-type", "date", "keep-alive", "server", "transfer-encoding",
}  # fmt: skip


class Gate:
    """The way to the embedded AWS.

    Args:
        key_file: what the role's credentials derive from.
    """

    def __init__(self, *, backend: Backend, region: str, key_file: Path) -> None:
        self.region = region
        self.backend = backend
        self.keeper = Gatekeeper(backend=backend, region=region, key=RoleKey(key_file))
        self.public = PublicObjects(backend)

    def open(self, request: Arrived) -> Passage:
        """Begin a request's way."""
        place = locate(request.host, region=self.region)
        return Passage(self, place or Place(label=request.host, service=None, scope=_NOWHERE), request)


_NOWHERE = Scope(service="", regions=())


class Passage:
    """One request on its way. What is learnt about it is kept for the list of requests."""

    def __init__(self, gate: Gate, place: Place, request: Arrived) -> None:
        self.service = place.service or place.label
        self._gate = gate
        self._place = place
        self._request = request
        self._failure: str | None = None
        self._action: str | None = None
        self._resource: str | None = None
        self._allowed: bool | None = None
        self._reason: str | None = None

    def fail(self, reason: str) -> None:
        """Have it answered with 503."""
        self._failure = reason

    def record(self) -> dict[str, str | float | bool | None]:
        """What is known of it: `allowed` is None where it did not come to a decision."""
        return {
            "host": self._request.host,
            "service": self.service,
            "action": self._action,
            "resource": self._resource,
            "allowed": self._allowed,
            "reason": self._reason,
        }

    def answer(self) -> Answer:
        """The embedded AWS's answer, or the refusal that AWS would give."""
        try:
            return self._answer()
        except Refused as refused:
            self._reason = f"{refused.kind}: {refused.message}"
            return refused.answer(protocol_of(self._place, self._request.headers))

    def _answer(self) -> Answer:
        if self._failure:
            raise Refused("unavailable", self._failure)
        if self._place.service is None:
            raise Refused("unavailable", f"{self._request.host} is unreachable in the rehearsal")
        try:
            caller = self._permit()
            return _identity(caller) if caller and self._action == "GetCallerIdentity" else self._forward()
        except BackendSilent as error:
            raise Refused("unavailable", str(error)) from error
        except (ClientError, BotoCoreError) as error:
            raise Refused("undecidable", f"the embedded AWS could not be asked: {error}") from error

    def _permit(self) -> Caller | None:
        """Return who asks (None: anybody) if the request may pass."""
        keeper = self._gate.keeper
        if self._place.service == "s3" and "authorization" not in self._request.headers:
            call = self._call()
            self._allowed = False
            self._gate.public.permit(call)
            self._allowed = True
            return None
        caller = keeper.identify(self._place, self._request)
        call = self._call()
        for need in keeper.needs(call, caller):
            self._resource = need.resource
            self._allowed = False
            keeper.permit(need, caller)
        self._allowed = True
        return caller

    def _call(self) -> Call:
        call = self._gate.keeper.call(self._place, self._request)
        self._action = call.action
        return call

    def _forward(self) -> Answer:
        if protocol_of(self._place, self._request.headers) == "cbor":
            raise Refused("undecidable", "it is permitted, but the embedded AWS does not speak CBOR")
        headers = {name: value for name, value in self._request.headers.items() if name != "connection"}
        reply = self._gate.backend.send(
            method=self._request.method, target=self._request.target, headers=headers, body=self._request.body
        )
        kind = next((value for name, value in reply.headers if name.lower() == "content-type"), "text/xml")
        if reply.status >= 500 and kind.startswith("text/html"):
            # Not an answer of AWS's at all but a page of the web server: the emulator does not know the action.
            raise Refused("undecidable", f"the embedded AWS failed at {self.service}:{self._action}; see its log")
        # A HEAD's length is that of the body which it leaves out.
        dropped = _NOT_PASSED_ON - ({"content-length"} if self._request.method == "HEAD" else set())
        kept = tuple((name, value) for name, value in reply.headers if name.lower() not in dropped)
        return Answer(status=self._status(reply.status), content_type=kind, body=reply.body, headers=kept)

    def _status(self, status: int) -> int:
        """AWS's JSON services answer 400 to every fault of the caller's; moto has statuses of its own, such as 404."""
        is_json = protocol_of(self._place, self._request.headers).startswith("json")
        return 400 if is_json and 400 < status < 500 else status


def _identity(caller: Caller) -> Answer:
    """STS's answer to GetCallerIdentity, which the embedded AWS cannot give: it knows neither role nor instance."""
    user = f"<UserId>{escape(caller.grants.role_id)}:{escape(caller.session.instance_id)}</UserId>"
    result = f"<Arn>{escape(caller.arn)}</Arn>{user}<Account>{caller.grants.account}</Account>"
    text = (
        '<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">'
        f"<GetCallerIdentityResult>{result}</GetCallerIdentityResult>"
        f"<ResponseMetadata><RequestId>{uuid.uuid4()}</RequestId></ResponseMetadata></GetCallerIdentityResponse>"
    )
    return Answer(status=200, content_type="text/xml", body=text.encode())
