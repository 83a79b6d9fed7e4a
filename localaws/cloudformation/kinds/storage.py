"""What stores a value: secrets and the parameters of Systems Manager.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-secretsmanager-secret.html
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-ssm-parameter.html
"""

from __future__ import annotations

from typing import Any

from localaws.cloudformation.kinds.base import Kind, Made, Properties, Request


class Secret(Kind):
    """A secret, which may have no value yet."""

    made_with = ("Name",)
    changes = ("Description", "GenerateSecretString", "KmsKeyId", "Tags")

    def create(self, request: Request) -> Made:
        """Make it: with a value that is drawn for it, or without one, as a pre-shared key, which is agreed with a venue."""
        arn = self.clients.secrets.create_secret(
            Name=request.properties.get("Name") or request.generated_name(),
            Tags=request.tags,  # type: ignore[arg-type]
            **request.given("Description", "KmsKeyId"),
        )["ARN"]
        if drawn := request.properties.get("GenerateSecretString"):
            how: Any = {name: str(value).lower() == "true" for name, value in drawn.items() if name != "PasswordLength"}
            length = int(drawn.get("PasswordLength", 32))
            value = self.clients.secrets.get_random_password(PasswordLength=length, **how)["RandomPassword"]
            self.clients.secrets.put_secret_value(SecretId=arn, SecretString=value)
        return Made(physical_id=arn, attributes={"Id": arn})

    def update(self, made: Made, request: Request, old: Properties) -> Made:
        """Change description, key and tags; a value that an operator has put in stays."""
        changed = {
            name: value for name, value in request.given("Description", "KmsKeyId").items() if old.get(name) != value
        }
        if changed:
            self.clients.secrets.update_secret(SecretId=made.physical_id, **changed)
        self.clients.secrets.untag_resource(SecretId=made.physical_id, TagKeys=request.dropped_tags(old))
        self.clients.secrets.tag_resource(SecretId=made.physical_id, Tags=request.tags)  # type: ignore[arg-type]
        return made

    def delete(self, made: Made, properties: Properties) -> None:
        """Remove it at once, as CloudFormation does."""
        self.clients.secrets.delete_secret(SecretId=made.physical_id, ForceDeleteWithoutRecovery=True)


class Parameter(Kind):
    """A text with a name."""

    made_with = ("Name",)
    changes = ("Description", "Tags", "Type", "Value")

    def create(self, request: Request) -> Made:
        """Put it."""
        made = self._put(request, overwrite=False)
        self._tag(request)
        return made

    def update(self, made: Made, request: Request, old: Properties) -> Made:
        """Put another text in its place."""
        if gone := request.dropped_tags(old):
            ssm = self.clients.client("ssm")
            ssm.remove_tags_from_resource(ResourceType="Parameter", ResourceId=made.physical_id, TagKeys=gone)
        self._tag(request)
        return self._put(request, overwrite=True)

    def _tag(self, request: Request) -> None:
        if request.tags:
            about = {"ResourceType": "Parameter", "ResourceId": request.properties["Name"]}
            self.clients.client("ssm").add_tags_to_resource(**about, Tags=request.tags)

    def _put(self, request: Request, *, overwrite: bool) -> Made:
        wanted = request.given("Name", "Type", "Value", "Description")
        self.clients.client("ssm").put_parameter(**wanted, Overwrite=overwrite)
        attributes = {key: str(wanted[key]) for key in ("Type", "Value")}
        return Made(physical_id=str(wanted["Name"]), attributes=attributes)

    def delete(self, made: Made, properties: Properties) -> None:
        """Remove it."""
        self.clients.client("ssm").delete_parameter(Name=made.physical_id)
