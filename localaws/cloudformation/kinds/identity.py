"""Roles, their policies, and the profile that gives one to an instance.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/AWS_IAM.html
"""

from __future__ import annotations

import json
from typing import Any

from localaws.cloudformation.faults import CannotMake
from localaws.cloudformation.kinds.base import Kind, Made, Properties, Request


class Role(Kind):
    """A role with the policies that are written in it."""

    made_with = ("Path", "RoleName")
    changes = (
        "AssumeRolePolicyDocument",
        "Description",
        "ManagedPolicyArns",
        "MaxSessionDuration",
        "PermissionsBoundary",
        "Policies",
        "Tags",
    )

    def create(self, request: Request) -> Made:
        """Make it."""
        name = request.properties.get("RoleName") or request.generated_name()
        self._assert_bound(request.properties)
        role = self.clients.iam.create_role(
            RoleName=name,
            AssumeRolePolicyDocument=json.dumps(request.properties["AssumeRolePolicyDocument"]),
            Tags=request.tags,  # type: ignore[arg-type]
            **request.given("Path", "Description", "MaxSessionDuration", "PermissionsBoundary"),
        )["Role"]
        self._set_policies(name, request.properties)
        return Made(physical_id=name, attributes={"Arn": role["Arn"], "RoleId": role["RoleId"]})

    def update(self, made: Made, request: Request, old: Properties) -> Made:
        """Change who may take it and what it may do."""
        self._assert_bound(request.properties)
        document = json.dumps(request.properties["AssumeRolePolicyDocument"])
        self.clients.iam.update_assume_role_policy(RoleName=made.physical_id, PolicyDocument=document)
        self._drop_policies(made.physical_id, old)
        self._set_policies(made.physical_id, request.properties)
        self._set_about(made.physical_id, request)
        self.clients.iam.untag_role(RoleName=made.physical_id, TagKeys=request.dropped_tags(old))
        self.clients.iam.tag_role(RoleName=made.physical_id, Tags=request.tags)  # type: ignore[arg-type]
        return made

    def _assert_bound(self, properties: Properties) -> None:
        """CreateRole and PutRolePermissionsBoundary take a policy that is there: NoSuchEntity otherwise (IAM API Reference)."""
        iam, boundary = self.clients.iam, properties.get("PermissionsBoundary")
        try:
            if boundary:
                iam.get_policy(PolicyArn=boundary)
        except iam.exceptions.NoSuchEntityException as error:
            raise CannotMake(f"the boundary {boundary} is not there") from error

    def _set_about(self, name: str, request: Request) -> None:
        """What a role may do at most, and for how long it is taken at once (3600 s unless said)."""
        iam, new = self.clients.iam, request.properties
        session = {"MaxSessionDuration": int(new.get("MaxSessionDuration", 3600))}
        iam.update_role(RoleName=name, Description=new.get("Description", ""), **session)
        if boundary := new.get("PermissionsBoundary"):
            iam.put_role_permissions_boundary(RoleName=name, PermissionsBoundary=boundary)
        else:
            iam.delete_role_permissions_boundary(RoleName=name)

    def _set_policies(self, name: str, properties: Properties) -> None:
        for policy in properties.get("Policies", []):
            document = json.dumps(policy["PolicyDocument"])
            self.clients.iam.put_role_policy(RoleName=name, PolicyName=policy["PolicyName"], PolicyDocument=document)
        for arn in properties.get("ManagedPolicyArns", []):
            self.clients.iam.attach_role_policy(RoleName=name, PolicyArn=arn)

    def _drop_policies(self, name: str, properties: Properties) -> None:
        for policy in properties.get("Policies", []):
            self.clients.iam.delete_role_policy(RoleName=name, PolicyName=policy["PolicyName"])
        for arn in properties.get("ManagedPolicyArns", []):
            self.clients.iam.detach_role_policy(RoleName=name, PolicyArn=arn)

    def delete(self, made: Made, properties: Properties) -> None:
        """Remove it."""
        self._drop_policies(made.physical_id, properties)
        self.clients.iam.delete_role(RoleName=made.physical_id)


class RolePolicy(Kind):
    """A policy inside roles."""

    changes = ("PolicyDocument", "PolicyName", "Roles")

    def create(self, request: Request) -> Made:
        """Put it into each role."""
        self._put(request.properties)
        return Made(physical_id=request.properties["PolicyName"])

    def update(self, made: Made, request: Request, old: Properties) -> Made:
        """Put the new one in the old one's place."""
        self.delete(made, old)
        return self.create(request)

    def _put(self, properties: Properties) -> None:
        document = json.dumps(properties["PolicyDocument"])
        for role in properties.get("Roles", []):
            self.clients.iam.put_role_policy(
                RoleName=role, PolicyName=properties["PolicyName"], PolicyDocument=document
            )

    def delete(self, made: Made, properties: Properties) -> None:
        """Take it out of each role."""
        for role in properties.get("Roles", []):
            self.clients.iam.delete_role_policy(RoleName=role, PolicyName=properties["PolicyName"])


class InstanceProfile(Kind):
    """A role as an instance takes it."""

    made_with = ("InstanceProfileName", "Path")
    changes = ("Roles",)

    def create(self, request: Request) -> Made:
        """Make it, with its role in it."""
        name = request.properties.get("InstanceProfileName") or request.generated_name(128)
        profile: Any = self.clients.iam.create_instance_profile(InstanceProfileName=name, **request.given("Path"))
        self._add(name, request.properties)
        return Made(physical_id=name, attributes={"Arn": profile["InstanceProfile"]["Arn"]})

    def update(self, made: Made, request: Request, old: Properties) -> Made:
        """Put another role into it."""
        self._empty(made.physical_id, old)
        self._add(made.physical_id, request.properties)
        return made

    def _add(self, name: str, properties: Properties) -> None:
        for role in properties["Roles"]:
            self.clients.iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName=role)

    def _empty(self, name: str, properties: Properties) -> None:
        for role in properties["Roles"]:
            self.clients.iam.remove_role_from_instance_profile(InstanceProfileName=name, RoleName=role)

    def delete(self, made: Made, properties: Properties) -> None:
        """Empty it and remove it."""
        self._empty(made.physical_id, properties)
        self.clients.iam.delete_instance_profile(InstanceProfileName=made.physical_id)
