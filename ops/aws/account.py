"""One client's account and region, with what is asked of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from model.deployment import Connection, Deployment
from ops.aws import adoption, ec2
from ops.aws.access import Access, NotThere, open_access, translated, understood
from ops.aws.adoption import Left
from ops.aws.ec2 import Image, Instance, find_image, first_zone, is_offered, newest_image, read_instance
from ops.aws.secret import Secret
from ops.aws.stack import Stack, read_stack
from ops.failure import Failure
from ops.options import Settings, region_of
from userdata.contract import stack_name


@dataclass(frozen=True, kw_only=True)
class Identity:
    """As whom AWS is asked."""

    account: str
    arn: str


class Account:
    """What this command asks of one account and region."""

    def __init__(self, access: Access) -> None:
        self.access = access

    @property
    def region(self) -> str:
        """The region."""
        return self.access.region

    @cached_property
    @understood("sts get_caller_identity")
    def identity(self) -> Identity:
        """Who asks. Raises AwsFailure where the credentials are not accepted."""
        said = self.access.call("sts", "get_caller_identity")
        return Identity(account=said["Account"], arn=said["Arn"])

    def find_stack(self, client: str) -> Stack | None:
        """A client's stack, or None where it has none."""
        found = read_stack(self.access, stack_name(client))
        if found and found.standby_id and found.address and self.holder_of(found.address) == found.standby_id:
            return replace(found, instance_id=found.standby_id)
        return found

    def stack(self, client: str) -> Stack:
        """A client's stack. Raises Failure where it has none."""
        found = self.find_stack(client)
        if found is None:
            raise Failure(f"{client} is not deployed in {self.region}", advice=f"fixtunnel deploy {client}")
        return found

    def instance(self, instance_id: str) -> Instance | None:
        """An instance, or None where it is gone."""
        return read_instance(self.access, instance_id)

    @understood("ec2 describe_addresses")
    def holder_of(self, address: str) -> str | None:
        """The instance that holds a public address, or None."""
        try:
            (found,) = self.access.call("ec2", "describe_addresses", PublicIps=[address])["Addresses"]
        except NotThere:
            return None
        return found.get("InstanceId") or None

    def secret(self, arn: str, *, key: str = "") -> Secret:
        """A secret, of which nothing is known yet; `key` is where in its JSON object the PSK is."""
        return Secret(self.access, arn, key)

    def secret_of(self, deployment: Deployment, tunnel: Connection) -> Secret:
        """A tunnel's secret: the one that the client file names, or the stack's own. Raises Failure where there is none."""
        if tunnel.tunnel.secret:
            return self.secret(tunnel.tunnel.secret.arn, key=tunnel.secret_key)
        arn = self.stack(deployment.client.name).secret(tunnel.name)
        if not arn:
            raise Failure(f"{tunnel.name} has no secret yet", advice=f"fixtunnel deploy {deployment.client.name}")
        return self.secret(arn)

    def image(self, image_id: str) -> Image | None:
        """An image, or None where it is gone."""
        return find_image(self.access, image_id)

    def newest_image(self, release: str, architecture: str) -> Image:
        """The newest image of a Debian release."""
        return newest_image(self.access, release, architecture)

    def offers(self, instance_type: str, zone: str) -> bool:
        """Whether the zone has this instance type."""
        return is_offered(self.access, instance_type, zone)

    def first_zone(self) -> str:
        """The zone that a new network will be in."""
        return first_zone(self.access)

    def room(self, kind: ec2.Kind, used: int | None = None) -> ec2.Room:
        """How many of a kind there are, and may be; `used` where somebody has counted them."""
        return ec2.room(self.access, kind, used)

    def kept(self, deployment: Deployment) -> dict[str, str]:
        """What an earlier stack left behind, as parameters of the next. Raises Failure where that is ambiguous."""
        with translated("finding what an earlier stack left"), understood("what an earlier stack left"):
            return self._kept(deployment)

    def left(self, deployment: Deployment) -> Left:
        """What carries the client's name and outlives its stack."""
        with translated("finding what outlives the stack"), understood("what outlives the stack"):
            return adoption.left(deployment, **self._clients("ec2", "secrets", "logs"))

    def _kept(self, deployment: Deployment) -> dict[str, str]:
        try:
            return adoption.parameters(deployment, **self._clients("cloudformation", "ec2", "secrets", "logs"))
        except adoption.KeptTwice as twice:
            raise Failure(str(twice)) from None

    def _clients(self, *names: str) -> dict[str, Any]:
        return {name: self.access.client("secretsmanager" if name == "secrets" else name) for name in names}


def open_account(settings: Settings, deployment: Deployment) -> Account:
    """The account of a client.

    Raises:
        BadInput: no region is set.
        AwsFailure: the credentials are not accepted.
        Failure: they are for another account than the client file says.
    """
    client = deployment.client
    account = Account(open_access(profile=settings.profile, region=region_of(client, settings)))
    if client.account and account.identity.account != client.account:
        raise Failure(
            f"your credentials are for account {account.identity.account}, and {client.name} is in {client.account}",
            evidence=account.identity.arn,
            advice="take the profile of that account: --profile, or AWS_PROFILE",
        )
    return account
