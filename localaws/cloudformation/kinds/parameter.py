"""Parameters of Systems Manager.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-ssm-parameter.html
"""

from __future__ import annotations

from localaws.cloudformation.kinds.base import Kind, Made, Properties, Request, of_type


@of_type("AWS::SSM::Parameter")
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
