"""Whether what is there already has the keys that the client file names: a deploy changes the keys of what its stack made alone.

Secrets Manager encrypts a secret's versions again with a new key if the caller may decrypt with the old one; else they stay as
they are (Secrets Manager User Guide, "Change the encryption key for an AWS Secrets Manager secret").
"""

from __future__ import annotations

from collections.abc import Iterator

from model.adoption import LOG_PARAMETER, psk_parameter
from model.deployment import Connection
from ops.aws import NotThere
from ops.deploying.obstacle import Look, Obstacle
from userdata.contract import log_place

_AWS_OWN = "alias/aws/secretsmanager"


def secret_keys(look: Look) -> Iterator[Obstacle]:
    """The gateway may decrypt with the key that the file names, and with no other."""
    made = {id for _, id in look.made}
    for connection in look.deployment.connections:
        arn, wanted = secret_arn(look, connection), _wanted(look, connection)
        if not arn:
            continue  # the stack makes it, with the key
        try:
            key = look.account.secret(arn).encrypted_with()
        except NotThere:
            continue
        if _is_one(key, wanted):
            continue
        is_own = connection.tunnel.secret is not None
        if arn in made and key:
            yield _changes(look, connection, key, wanted)
        elif key and not ("alias/" in key and wanted):
            what = f"the secret of {connection.name} is encrypted with {key}, and the gateway may not use that: {arn}"
            advice = f"write it into the client file: secret: {{arn: …, kms_key_arn: {key}}}"
            yield Obstacle(what=what, advice=advice if is_own else _again(arn, wanted))
        elif not key and wanted and arn not in made:
            what = f"the secret of {connection.name} is encrypted with aws/secretsmanager, not with {wanted}: {arn}"
            yield Obstacle(what=what, advice=_again(arn, wanted), is_fatal=False)


def secret_arn(look: Look, connection: Connection) -> str:
    """Where a tunnel's PSK is: in the secret that the file names, in the stack's, or in what an earlier one left; else empty."""
    if connection.tunnel.secret:
        return connection.tunnel.secret.arn
    standing = look.stack.secret(connection.name) if look.stack else ""
    return standing or look.kept.get(psk_parameter(connection.name), "")


def _wanted(look: Look, connection: Connection) -> str:
    secret = connection.tunnel.secret
    return (secret.kms_key_arn if secret else look.deployment.client.keys.secrets) or ""


def _is_one(key: str, wanted: str) -> bool:
    """AWS names a secret's key by its id or its ARN, and its own key by nothing or its alias (API Reference, DescribeSecret)."""
    return key.rpartition("/")[2] == wanted.rpartition("/")[2]


def _changes(look: Look, connection: Connection, key: str, wanted: str) -> Obstacle:
    """CloudFormation's role may lack the right to decrypt with the key of before: our look-ups can't see that."""
    several = f" {connection.name}" if len(look.deployment.connections) > 1 else ""
    return Obstacle(
        what=f"the secret of {connection.name} gets the key {wanted or 'aws/secretsmanager'} in place of {key}; if "
        "CloudFormation's role may not decrypt with the latter, the PSK stays under it, and the gateway cannot read it any more",
        advice=f"set it again after the deploy: fixtunnel secret set {look.deployment.client.name}{several}",
        is_fatal=False,
    )


def _again(arn: str, wanted: str) -> str:
    key = wanted or _AWS_OWN
    return (
        f"with a role that may use both keys: aws secretsmanager update-secret --secret-id {arn} --kms-key-id {key}"
        + ("" if wanted else "; or name its key: keys.secrets")
    )


def log_key(look: Look) -> Iterator[Obstacle]:
    """A log group that an earlier stack left keeps its key: this one only writes into it."""
    client = look.deployment.client
    name, wanted = log_place(client.name).group, client.keys.log or ""
    is_left = look.kept.get(LOG_PARAMETER) == name or (
        look.stack is not None and ("AWS::Logs::LogGroup", name) not in look.made
    )
    if client.log_group or not wanted or not is_left:
        return
    groups = look.account.access.pages("logs", "describe_log_groups", "logGroups", logGroupNamePrefix=name)
    keys = [one.get("kmsKeyId", "") for one in groups if one["logGroupName"] == name]
    if keys and not _is_one(keys[0], wanted):
        what = f"the log group {name}, which an earlier stack left, is not encrypted with {wanted}; this one does not change that"
        advice = f"aws logs associate-kms-key --log-group-name {name} --kms-key-id {wanted}"
        yield Obstacle(what=what, advice=advice, is_fatal=False)
