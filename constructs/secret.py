"""The secret that holds a tunnel's PSK. Its value is put in by hand or by `./fixtunnel secret set`, never by a template."""

from __future__ import annotations

from dataclasses import dataclass

from aws_cdk import CfnTag
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from constructs.adoption import KeptId
from model.adoption import CLIENT_TAG, TUNNEL_TAG, psk_parameter
from model.client import Secret


@dataclass(frozen=True, kw_only=True)
class PskSecret:
    """The ARN of a secret (it may be a token) and of the customer's key that encrypts it, if there is one."""

    arn: str
    kms_key_arn: str | None


class TunnelSecret(Construct):
    """One tunnel's secret: the one that the client file names, one kept from an earlier stack, or a new, empty one.

    Args:
        key: encrypts a new one.
    """

    def __init__(
        self, scope: Construct, id: str, *, client: str, tunnel: str, existing: Secret | None, key: str | None
    ) -> None:
        super().__init__(scope, id)
        self.secret = (
            PskSecret(arn=existing.arn, kms_key_arn=existing.kms_key_arn)
            if existing
            else PskSecret(arn=self._kept_or_new(client, tunnel, key), kms_key_arn=key)
        )

    def _kept_or_new(self, client: str, tunnel: str, key: str | None) -> str:
        kept = KeptId(
            self, psk_parameter(tunnel), description=f"ARN of the secret that an earlier stack left for {tunnel}"
        )
        # Unnamed: a name that is retained could not be given a second time.
        new = secretsmanager.CfnSecret(
            self,
            "Secret",
            description=f"PSK of the tunnel {tunnel} of {client}",
            kms_key_id=key,
            tags=[CfnTag(key=CLIENT_TAG, value=client), CfnTag(key=TUNNEL_TAG, value=tunnel)],
        )
        kept.make(new)
        return kept.or_else(new.ref)


class PairKey(Construct):
    """The secret with which a pair's gateways seal what they say to each other. AWS makes its value; no person needs it."""

    def __init__(self, scope: Construct, id: str, *, client: str, key: str | None) -> None:
        super().__init__(scope, id)
        made = secretsmanager.CfnSecret(
            self,
            "Key",
            description=f"What the two gateways of {client} know each other by",
            kms_key_id=key,
            generate_secret_string=secretsmanager.CfnSecret.GenerateSecretStringProperty(
                password_length=64, exclude_punctuation=True
            ),
            tags=[CfnTag(key=CLIENT_TAG, value=client)],
        )
        self.secret = PskSecret(arn=made.ref, kms_key_arn=key)
