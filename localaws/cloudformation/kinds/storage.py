"""What stores a value: secrets and the parameters of Systems Manager.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-secretsmanager-secret.html
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-ssm-parameter.html
"""

from __future__ import annotations

from localaws.cloudformation.faults import CannotMake
from localaws.cloudformation.kinds.base import Kind, Made, Properties, Request


class Secret(Kind):
    """A secret, which may have no value yet."""

    def create(self, request: Request) -> Made:
        """Make it, without a value unless the template has one."""
        if "GenerateSecretString" in request.properties:
            raise CannotMake("GenerateSecretString is not known here: a pre-shared key is agreed, not generated")
        arn = self.clients.secrets.create_secret(
            Name=request.properties.get("Name") or request.generated_name(),
            Tags=request.tags,  # type: ignore[arg-type]
            **request.given("Description", "KmsKeyId", "SecretString"),
        )["ARN"]
        return Made(physical_id=arn, attributes={"Id": arn})

    def update(self, made: Made, request: Request, old: Properties) -> Made:
        """Change description, key and tags; a value that an operator has put in stays."""
        changed = {
            name: value for name, value in request.given("Description", "KmsKeyId").items() if old.get(name) != value
        }
        if changed:
            self.clients.secrets.update_secret(SecretId=made.physical_id, **changed)
        kept = {tag["Key"] for tag in request.tags}
        gone = [tag["Key"] for tag in old.get("Tags", []) if tag["Key"] not in kept]
        self.clients.secrets.untag_resource(SecretId=made.physical_id, TagKeys=gone)
        self.clients.secrets.tag_resource(SecretId=made.physical_id, Tags=request.tags)  # type: ignore[arg-type]
        return made

    def delete(self, made: Made, properties: Properties) -> None:
        """Remove it at once, as CloudFormation does."""
        self.clients.secrets.delete_secret(SecretId=made.physical_id, ForceDeleteWithoutRecovery=True)


class Parameter(Kind):
    """A text with a name."""

    def create(self, request: Request) -> Made:
        """Put it."""
        return self._put(request, overwrite=False)

    def update(self, made: Made, request: Request, old: Properties) -> Made:
        """Put another text in its place."""
        return self._put(request, overwrite=True)

    def _put(self, request: Request, *, overwrite: bool) -> Made:
        wanted = request.given("Name", "Type", "Value", "Description")
        self.clients.client("ssm").put_parameter(**wanted, Overwrite=overwrite)
        attributes = {key: str(wanted[key]) for key in ("Type", "Value")}
        return Made(physical_id=str(wanted["Name"]), attributes=attributes)

    def delete(self, made: Made, properties: Properties) -> None:
        """Remove it."""
        self.clients.client("ssm").delete_parameter(Name=made.physical_id)
