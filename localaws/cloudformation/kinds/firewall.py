"""Security groups. https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-ec2-securitygroup.html"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from localaws.cloudformation.kinds.base import Kind, Made, Properties, Request
from localaws.cloudformation.kinds.network import Ec2Kind

Rule = Mapping[str, Any]
Permission = dict[str, Any]
EVERYTHING: Rule = {"IpProtocol": "-1", "CidrIp": "0.0.0.0/0"}
"""What AWS lets out of a group that states no egress of its own."""
PEER = ("CidrIp", "CidrIpv6", "FromPort", "GroupId", "IpProtocol", "ToPort")


class SecurityGroup(Ec2Kind):
    """A group with the rules that are written in it."""

    made_with = ("GroupDescription", "GroupName", "VpcId")
    changes = ("SecurityGroupEgress", "SecurityGroupIngress", "Tags")

    def create(self, request: Request) -> Made:
        """Make it with its rules."""
        wanted = request.given("VpcId")
        name = request.properties.get("GroupName") or request.generated_name(255)
        group_id = self.clients.ec2.create_security_group(
            GroupName=name,
            Description=request.properties["GroupDescription"],
            **wanted,
            **self.tagged("security-group", request),
        )["GroupId"]
        self._set_rules(group_id, {}, request.properties)
        return Made(physical_id=group_id, attributes={"GroupId": group_id, "Id": group_id, **wanted})

    def update(self, made: Made, request: Request, old: Properties) -> Made:
        """Change rules and tags."""
        self._set_rules(made.physical_id, old, request.properties)
        return super().update(made, request, old)

    def _set_rules(self, group_id: str, old: Properties, new: Properties) -> None:
        ec2 = self.clients.ec2
        opened, closed = _difference(old.get("SecurityGroupIngress", []), new.get("SecurityGroupIngress", []))
        if closed:
            ec2.revoke_security_group_ingress(GroupId=group_id, IpPermissions=closed)  # type: ignore[arg-type]
        if opened:
            ec2.authorize_security_group_ingress(GroupId=group_id, IpPermissions=opened)  # type: ignore[arg-type]
        opened, closed = _difference(
            old.get("SecurityGroupEgress", [EVERYTHING]), new.get("SecurityGroupEgress", [EVERYTHING])
        )
        if closed:
            ec2.revoke_security_group_egress(GroupId=group_id, IpPermissions=closed)  # type: ignore[arg-type]
        if opened:
            ec2.authorize_security_group_egress(GroupId=group_id, IpPermissions=opened)  # type: ignore[arg-type]

    def delete(self, made: Made, properties: Properties) -> None:
        """Remove it."""
        self.clients.ec2.delete_security_group(GroupId=made.physical_id)


class GroupRule(Kind):
    """A rule beside its group."""

    notes = ("Description",)

    def delete(self, made: Made, properties: Properties) -> None:
        """Close it."""
        self._call("revoke", properties)

    def create(self, request: Request) -> Made:
        """Open it."""
        self._call("authorize", request.properties)
        return Made(physical_id=f"{request.properties['GroupId']}|{request.logical_id}")

    def update(self, made: Made, request: Request, old: Properties) -> Made:
        """Change its description, which nothing here reads."""
        return made

    def _call(self, verb: str, properties: Properties) -> None:
        method = getattr(self.clients.ec2, f"{verb}_security_group_{type(self).__name__.lower()}")
        method(GroupId=properties["GroupId"], IpPermissions=[_permission(properties)])


class Ingress(GroupRule):
    """What is let in."""

    made_with = (*PEER, "SourceSecurityGroupId")


class Egress(GroupRule):
    """What is let out."""

    made_with = (*PEER, "DestinationSecurityGroupId")


def _difference(old: Iterable[Rule], new: Iterable[Rule]) -> tuple[list[Permission], list[Permission]]:
    """What has to be opened and what closed."""
    before, after = [_permission(rule) for rule in old], [_permission(rule) for rule in new]
    return [rule for rule in after if rule not in before], [rule for rule in before if rule not in after]


def _permission(rule: Rule) -> Permission:
    """CloudFormation's flat rule as EC2's permission."""
    ports = {key: int(rule[key]) for key in ("FromPort", "ToPort") if key in rule}
    note = {"Description": rule["Description"]} if "Description" in rule else {}
    peer = rule.get("SourceSecurityGroupId") or rule.get("DestinationSecurityGroupId")
    found: Permission = {"IpProtocol": str(rule["IpProtocol"]), **ports}
    if "CidrIp" in rule:
        found["IpRanges"] = [{"CidrIp": rule["CidrIp"], **note}]
    if "CidrIpv6" in rule:
        found["Ipv6Ranges"] = [{"CidrIpv6": rule["CidrIpv6"], **note}]
    if peer:
        found["UserIdGroupPairs"] = [{"GroupId": peer, **note}]
    return found
