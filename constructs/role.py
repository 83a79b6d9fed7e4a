"""What the gateway may do in AWS."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

from aws_cdk import Aws, Stack, Token
from aws_cdk import aws_iam as iam
from constructs import Construct

from constructs.agent import DOCUMENT
from constructs.operations import group_arn
from constructs.secret import PskSecret
from model.account import Role as RoleValues
from model.account import Sessions as SessionPreferences
from model.partitions import CHINA, partition_of

_EC2, _TRUSTED = "ec2.amazonaws.com", "AssumeRolePolicyDocument.Statement.0.Principal.Service"
_UPDATE_DOCUMENT = f"arn:{Aws.PARTITION}:ssm:{Aws.REGION}::document/{DOCUMENT}"


class GatewayRole(Construct):
    """The instance's role: what is its client's own of secrets, program, signal, operations, metrics, log, address and
    routes; sessions."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        secrets: Sequence[PskSecret],
        object_arns: Sequence[str],
        parameter_arns: Sequence[str],
        log_stream_arns: Sequence[str],
        shared_log_group: str | None,
        metrics_namespace: str,
        allocation_id: str,
        vpc_id: str,
        route_table_ids: Sequence[str],
        values: RoleValues,
        preferences: SessionPreferences,
        pair_key: PskSecret | None = None,
    ) -> None:
        super().__init__(scope, id)
        statements: dict[str, list[iam.PolicyStatement]] = {
            "Secrets": _read_secrets([*secrets, *([pair_key] if pair_key else [])]),
            "Program": [_allow(["s3:GetObject"], object_arns)],
            "Signal": [_allow(["cloudformation:SignalResource"], [Aws.STACK_ID])],
            "Operations": [_allow(["ssm:GetParameter"], parameter_arns)],
            "Metrics": [_put_metrics(metrics_namespace)],
            "Log": _write_log(log_stream_arns, shared_log_group),
            "Address": _claim_address(allocation_id, vpc_id, frees=bool(pair_key)),
            "Sessions": [_sessions(), _allow(["ssm:GetDocument"], [_UPDATE_DOCUMENT])],
        }
        if sessions := _kept_sessions(preferences):
            statements["SessionPreferences"] = sessions
        if route_table_ids:
            statements["Routes"] = _lead_routes(route_table_ids)
        role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal(_EC2),
            inline_policies={name: iam.PolicyDocument(statements=parts) for name, parts in statements.items()},
            role_name=values.name,
            path=values.path,
            permissions_boundary=self._boundary(values.permissions_boundary),
        )
        self._trust_as_in_china(role)
        self.profile = iam.CfnInstanceProfile(self, "Profile", roles=[role.role_name], path=values.path).ref

    def _trust_as_in_china(self, role: iam.Role) -> None:
        """EC2 by both of its names. There AWS's console writes the second, and IAM takes either (aws-cdk#24709,
        terraform-provider-aws#47141, cdk-eks-blueprints#558). The CDK writes the first, whichever it is given."""
        region = Stack.of(self).region
        if not Token.is_unresolved(region) and partition_of(region) == CHINA:
            own = cast(iam.CfnRole, role.node.default_child)
            own.add_property_override(_TRUSTED, [_EC2, f"{_EC2}.cn"])

    def _boundary(self, arn: str | None) -> iam.IManagedPolicy | None:
        return iam.ManagedPolicy.from_managed_policy_arn(self, "Boundary", arn) if arn else None


def _read_secrets(secrets: Sequence[PskSecret]) -> list[iam.PolicyStatement]:
    """The key serves through Secrets Manager alone, whose name ends otherwise in other partitions: `amazonaws.com.cn`
    (AWS KMS Developer Guide, "kms:ViaService": the service's endpoint in the region). AWS sets that key, no caller does."""
    # Tunnels with one pair of ids share a secret.
    arns = list(dict.fromkeys(secret.arn for secret in secrets))
    reading = _allow(["secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"], arns)
    keys = sorted({secret.kms_key_arn for secret in secrets if secret.kms_key_arn})
    through = {"StringLike": {"kms:ViaService": f"secretsmanager.{Aws.REGION}.amazonaws.*"}}
    return [reading, *([_allow(["kms:Decrypt"], keys, through)] if keys else [])]


def _claim_address(allocation_id: str, vpc_id: str, *, frees: bool) -> list[iam.PolicyStatement]:
    """AssociateAddress asks for the allocation and for the interface; a replacement that fails gives the address back, so
    the interface is any of the VPC's. One of a pair frees the address before it takes it. What describes has no resource
    (Service Authorization Reference, Amazon EC2).

    A shared VPC bears its owner's account in its ARN, and its id is the only one: so the account is left open."""
    in_vpc = {"ArnLike": {"ec2:Vpc": f"arn:{Aws.PARTITION}:ec2:{Aws.REGION}:*:vpc/{vpc_id}"}}
    moves = ["ec2:AssociateAddress", *(["ec2:DisassociateAddress"] if frees else [])]
    return [
        _allow(moves, [_arn("elastic-ip", allocation_id)]),
        _allow(moves, [_arn("network-interface", "*")], in_vpc),
        _allow(["ec2:DescribeAddresses", "ec2:DescribeInstances"], ["*"]),
    ]


def _lead_routes(route_table_ids: Sequence[str]) -> list[iam.PolicyStatement]:
    """EC2 has no condition for a route's destination: the gateway's program holds itself to the venues' networks."""
    tables = [_arn("route-table", one) for one in route_table_ids]
    return [_allow(["ec2:ReplaceRoute"], tables), _allow(["ec2:DescribeRouteTables"], ["*"])]


def _arn(kind: str, id: str) -> str:
    return f"arn:{Aws.PARTITION}:ec2:{Aws.REGION}:{Aws.ACCOUNT_ID}:{kind}/{id}"


def _write_log(stream_arns: Sequence[str], shared_group: str | None) -> list[iam.PolicyStatement]:
    """A firm's own group is there before the stack: the gateway makes its streams in it, and writes into no other.
    CreateLogStream has no resource but the group (Service Authorization Reference, Amazon CloudWatch Logs)."""
    making = [_allow(["logs:CreateLogStream"], [f"{group_arn(shared_group)}:*"])] if shared_group else []
    return [_allow(["logs:PutLogEvents"], stream_arns), *making]


def _put_metrics(namespace: str) -> iam.PolicyStatement:
    # PutMetricData has no resource; the condition is the only way to hold it to a namespace.
    only_ours = {"StringEquals": {"cloudwatch:namespace": namespace}}
    return _allow(["cloudwatch:PutMetricData"], ["*"], only_ours)


def _sessions() -> iam.PolicyStatement:
    """What the SSM agent needs for sessions, commands and State Manager. AWS's managed policy would let it read every
    parameter."""
    actions = [
        "ssm:UpdateInstanceInformation",
        # State Manager: which associations there are, and what became of each.
        "ssm:DescribeAssociation",
        "ssm:ListAssociations",
        "ssm:ListInstanceAssociations",
        "ssm:UpdateAssociationStatus",
        "ssm:UpdateInstanceAssociationStatus",
        "ssmmessages:CreateControlChannel",
        "ssmmessages:CreateDataChannel",
        "ssmmessages:OpenControlChannel",
        "ssmmessages:OpenDataChannel",
        "ec2messages:AcknowledgeMessage",
        "ec2messages:DeleteMessage",
        "ec2messages:FailMessage",
        "ec2messages:GetEndpoint",
        "ec2messages:GetMessages",
        "ec2messages:SendReply",
    ]
    return _allow(actions, ["*"])


def _kept_sessions(preferences: SessionPreferences) -> list[iam.PolicyStatement]:
    """What the organisation's session preferences ask of the agent. Source: AWS Systems Manager User Guide, "Create a custom
    IAM role for Session Manager". A bucket of another account asks for the object's ACL too, so that its owner owns what is
    written; one under a key for `GenerateDataKey`, and for `Decrypt` if an upload has parts (Amazon S3 User Guide, "Uploading and
    copying objects using multipart upload")."""
    statements = []
    if preferences.key:
        statements.append(_allow(["kms:Decrypt", "kms:GenerateDataKey"], [preferences.key]))
    if preferences.bucket:
        bucket = f"arn:{Aws.PARTITION}:s3:::{preferences.bucket}"
        writing = ["s3:PutObject", *(["s3:PutObjectAcl"] if preferences.bucket_account else [])]
        statements += [_allow(["s3:GetEncryptionConfiguration"], [bucket]), _allow(writing, [f"{bucket}/*"])]
    if preferences.bucket_key:
        statements.append(_allow(["kms:Decrypt", "kms:GenerateDataKey"], [preferences.bucket_key]))
    if preferences.log_group:
        group = group_arn(preferences.log_group)
        actions = ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"]
        statements += [_allow(actions, [f"{group}:*"]), _allow(["logs:DescribeLogGroups"], ["*"])]
    return statements


def _allow(
    actions: Sequence[str], resources: Sequence[str], conditions: Mapping[str, object] | None = None
) -> iam.PolicyStatement:
    return iam.PolicyStatement(actions=list(actions), resources=list(resources), conditions=conditions)
