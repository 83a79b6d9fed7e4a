"""What `cdk bootstrap` makes beside roles: the bucket and the repository for assets, and the version of it all.

https://docs.aws.amazon.com/cdk/v2/guide/bootstrapping-env.html
"""

from __future__ import annotations

from localaws.cloudformation.kinds.base import Kind, Made, Properties, Request


class Bucket(Kind):
    """A bucket, without its settings: nothing here reads them."""

    made_with = ("BucketName",)
    notes = (
        "AccessControl",
        "BucketEncryption",
        "LifecycleConfiguration",
        "PublicAccessBlockConfiguration",
        "VersioningConfiguration",
    )

    def create(self, request: Request) -> Made:
        """Make it in the emulator's region."""
        name = request.properties.get("BucketName") or request.generated_name(63).lower()
        where = {"LocationConstraint": self.clients.region}
        self.clients.s3.create_bucket(Bucket=name, CreateBucketConfiguration=where)  # type: ignore[arg-type]
        domain = f"{name}.s3.{self.clients.region}.amazonaws.com"
        return Made(physical_id=name, attributes={"Arn": f"arn:aws:s3:::{name}", "RegionalDomainName": domain})

    def update(self, made: Made, request: Request, old: Properties) -> Made:
        """Keep it."""
        return made

    def delete(self, made: Made, properties: Properties) -> None:
        """Remove it; S3 refuses while it is not empty."""
        self.clients.s3.delete_bucket(Bucket=made.physical_id)


class BucketPolicy(Kind):
    """Who may use a bucket. A record only: moto reads no conditions, and would refuse all for "deny without TLS"."""

    made_with = ("Bucket",)
    notes = ("PolicyDocument",)

    def create(self, request: Request) -> Made:
        """Note it."""
        return Made(physical_id=request.properties["Bucket"])

    def update(self, made: Made, request: Request, old: Properties) -> Made:
        """Note the change."""
        return made


class Repository(Kind):
    """A repository of container images, of which we have none."""

    made_with = ("RepositoryName",)
    notes = ("ImageTagMutability", "LifecyclePolicy", "RepositoryPolicyText")

    def create(self, request: Request) -> Made:
        """Make it."""
        name = request.properties.get("RepositoryName") or request.generated_name().lower()
        answer = self.clients.client("ecr").create_repository(repositoryName=name)
        return Made(physical_id=name, attributes={"Arn": answer["repository"]["repositoryArn"]})

    def update(self, made: Made, request: Request, old: Properties) -> Made:
        """Keep it."""
        return made

    def delete(self, made: Made, properties: Properties) -> None:
        """Remove it."""
        self.clients.client("ecr").delete_repository(repositoryName=made.physical_id, force=True)


class Metadata(Kind):
    """What CDK tells AWS about itself: nothing exists for it."""

    notes = ("Analytics",)

    def create(self, request: Request) -> Made:
        """Note it."""
        return Made(physical_id=request.generated_name())

    def update(self, made: Made, request: Request, old: Properties) -> Made:
        """Note the change."""
        return made
