"""Which permissions a call needs, on which resources, and what the request says about itself to a policy's conditions.

Source: Service Authorization Reference, the page of each service.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from localaws.iam.call import Call
from localaws.iam.policy import Undecidable
from localaws.serving.backend import Backend


@dataclass(frozen=True, kw_only=True)
class Need:
    """One permission. `refusal` is AWS's own message where it does not name what is missing."""

    service: str
    action: str
    resource: str
    context: Mapping[str, tuple[str, ...]]
    refusal: str | None = None


_WITHOUT_RESOURCE = {"DescribeAddresses", "DescribeInstances", "DescribeRouteTables"}
_ON_A_TABLE = {"CreateRoute", "ReplaceRoute", "DeleteRoute"}
_NAMED = (("AllocationId", "elastic-ip"), ("InstanceId", "instance"), ("NetworkInterfaceId", "network-interface"))


class Ec2Needs:
    """Tells what a call to EC2 needs; looks interfaces up in the embedded AWS."""

    def __init__(self, *, backend: Backend, region: str) -> None:
        self._region = region
        self._ec2 = backend.client("ec2")

    def needs(self, call: Call, account: str) -> tuple[Need, ...]:
        """The permissions. Raises Undecidable."""
        if call.action in _WITHOUT_RESOURCE:
            return (_need(call, "*", {}),)
        where = f"arn:aws:ec2:{self._region}:{account}"
        if call.action in _ON_A_TABLE:
            return (_need(call, f"{where}:route-table/{call.parameters.get('RouteTableId', '')}", {}),)
        if call.action == "DisassociateAddress":
            return tuple(
                _need(call, f"{where}:{kind}/{one}", self._about(kind, one, where))
                for kind, one in self._associated(str(call.parameters.get("AssociationId", "")))
            )
        if call.action == "AssociateAddress":
            named = [(kind, str(call.parameters[name])) for name, kind in _NAMED if name in call.parameters]
            return tuple(_need(call, f"{where}:{kind}/{one}", self._about(kind, one, where)) for kind, one in named)
        raise Undecidable(f"the rehearsal does not know what ec2:{call.action} needs; teach it to localaws/iam/need.py")

    def _associated(self, association: str) -> list[tuple[str, str]]:
        """The address and the interface of an association; of one that has ended any address, which a policy must allow."""
        found: Any = self._ec2.describe_addresses()["Addresses"]
        one = next((each for each in found if each.get("AssociationId") == association), None)
        if one is None:
            return []
        return [("elastic-ip", one["AllocationId"]), ("network-interface", one["NetworkInterfaceId"])]

    def _about(self, kind: str, name: str, where: str) -> dict[str, tuple[str, ...]]:
        if kind != "network-interface":
            return {}
        try:
            found: Any = self._ec2.describe_network_interfaces(NetworkInterfaceIds=[name])["NetworkInterfaces"][0]
        except ClientError:
            return {"ec2:Subnet": (), "ec2:Vpc": ()}
        return {"ec2:Subnet": (f"{where}:subnet/{found['SubnetId']}",), "ec2:Vpc": (f"{where}:vpc/{found['VpcId']}",)}


def _need(call: Call, resource: str, about: dict[str, tuple[str, ...]]) -> Need:
    return Need(service=call.service, action=call.action, resource=resource, context=about)


class Needs:
    """Tells what a call needs; looks secrets, stacks and keys up in the embedded AWS.

    Args:
        account: the account whose resources are meant.
    """

    def __init__(self, *, backend: Backend, region: str) -> None:
        self._region = region
        self._secrets = backend.client("secretsmanager")
        self._stacks = backend.client("cloudformation")
        self._ec2 = Ec2Needs(backend=backend, region=region)

    def of(self, call: Call, *, account: str) -> tuple[Need, ...]:
        """The permissions that the call needs, in the order in which AWS asks for them.

        Raises:
            Undecidable: the rehearsal does not know the service's permissions.
        """
        if call.action == "GetCallerIdentity":
            return ()
        find = {
            "secretsmanager": self._secret,
            "cloudformation": self._stack,
            "cloudwatch": self._metric,
            "ec2": self._ec2.needs,
            "logs": self._log,
            "s3": self._object,
            "ssm": self._parameter,
        }.get(call.service)
        if find is None:
            raise Undecidable(f"the rehearsal does not know what {call.service}:{call.action} needs")
        return find(call, account)

    def _secret(self, call: Call, account: str) -> tuple[Need, ...]:
        given = str(call.parameters.get("SecretId", ""))
        secret = self._find_secret(given)
        unknown = given if given.startswith("arn:") else self._arn("secretsmanager", account, f"secret:{given}-??????")
        arn = str(secret.get("ARN", unknown))
        about = {
            "secretsmanager:SecretId": (arn,),
            "secretsmanager:VersionStage": (str(call.parameters.get("VersionStage", "AWSCURRENT")),),
            "secretsmanager:VersionId": _optional(call.parameters.get("VersionId")),
        }
        need = Need(service=call.service, action=call.action, resource=arn, context=about)
        key = str(secret.get("KmsKeyId") or "")
        # AWS's own key for Secrets Manager asks nothing of the role; a key of the customer's does.
        if call.action != "GetSecretValue" or not key or key.endswith("alias/aws/secretsmanager"):
            return (need,)
        return (need, self._decrypt(key, arn, account))

    def _find_secret(self, given: str) -> dict[str, Any]:
        try:
            found: dict[str, Any] = self._secrets.describe_secret(SecretId=given)
        except ClientError:
            return {}
        return found

    def _decrypt(self, key: str, secret_arn: str, account: str) -> Need:
        if "alias/" in key:
            raise Undecidable(f"the rehearsal wants the key's own ARN at the secret, not {key}")
        about = {
            "kms:ViaService": (f"secretsmanager.{self._region}.amazonaws.com",),
            "kms:CallerAccount": (account,),
            "kms:EncryptionContext:SecretARN": (secret_arn,),
        }
        arn = key if key.startswith("arn:") else self._arn("kms", account, f"key/{key}")
        return Need(
            service="kms", action="Decrypt", resource=arn, context=about, refusal="Access to KMS is not allowed"
        )

    def _stack(self, call: Call, account: str) -> tuple[Need, ...]:
        name = str(call.parameters.get("StackName", ""))
        arn = name if name.startswith("arn:") else self._find_stack(name)
        resource = arn or self._arn("cloudformation", account, f"stack/{name}/*")
        return (Need(service=call.service, action=call.action, resource=resource, context={}),)

    def _find_stack(self, name: str) -> str | None:
        try:
            return str(self._stacks.describe_stacks(StackName=name)["Stacks"][0]["StackId"])
        except ClientError:
            return None

    def _metric(self, call: Call, _account: str) -> tuple[Need, ...]:
        about = {"cloudwatch:namespace": _optional(call.parameters.get("Namespace"))}
        return (Need(service=call.service, action=call.action, resource="*", context=about),)

    def _log(self, call: Call, account: str) -> tuple[Need, ...]:
        group, stream = (str(call.parameters.get(name, "")) for name in ("logGroupName", "logStreamName"))
        # CloudWatch Logs asks about the stream even where only the group is named.
        resource = self._arn("logs", account, f"log-group:{group}:log-stream:{stream}")
        return (Need(service=call.service, action=call.action, resource=resource, context={}),)

    def _parameter(self, call: Call, account: str) -> tuple[Need, ...]:
        name = str(call.parameters.get("Name", ""))
        resource = self._arn("ssm", account, f"parameter/{name.removeprefix('/')}")
        return (Need(service=call.service, action=call.action, resource=resource, context={}),)

    def _object(self, call: Call, _account: str) -> tuple[Need, ...]:
        bucket, key = call.parameters["Bucket"], call.parameters["Key"]
        resource = f"arn:aws:s3:::{bucket}/{key}" if key else f"arn:aws:s3:::{bucket}"
        return (Need(service=call.service, action=call.action, resource=resource, context={}),)

    def _arn(self, service: str, account: str, resource: str) -> str:
        return f"arn:aws:{service}:{self._region}:{account}:{resource}"


def _optional(value: object) -> tuple[str, ...]:
    return () if value is None else (str(value),)
