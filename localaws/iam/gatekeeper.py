"""Decides each request as AWS would: who signed it, what it needs, and whether the deployed role may."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from localaws.iam.call import Call, read_call
from localaws.iam.condition import Context, Undecidable
from localaws.iam.grants import Grants, GrantsReader, NoSuchRole
from localaws.iam.need import Needs
from localaws.iam.needed import Need
from localaws.iam.place import Place
from localaws.iam.policy import decide
from localaws.iam.refusal import Refused
from localaws.iam.role import RoleKey, Session
from localaws.iam.signature import Arrived, verify
from localaws.serving.backend import Backend


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
            Refused: nobody that AWS would know, or the signature is not good here and now.
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
            Refused: they do not, or it cannot be told.
        """
        action = f"{need.service}:{need.action}"
        context = Context(need.service, {**self._about(caller), **need.context})
        try:
            decision = decide(caller.grants.statements, action=action, resource=need.resource, context=context)
        except Undecidable as error:
            raise Refused("undecidable", f"{action}: {error}") from error
        if decision == "allowed":
            return
        because = {
            "not allowed": f"because no identity-based policy allows the {action} action",
            "explicitly denied": "with an explicit deny in an identity-based policy",
        }[decision]
        whole = f"User: {caller.arn} is not authorized to perform: {action} on resource: {need.resource} {because}"
        raise Refused("denied", need.refusal or whole)

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
