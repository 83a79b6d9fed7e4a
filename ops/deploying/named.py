"""Whether what the client file names in the firm's account is there, and whether the role's name is free.

A KMS key's policy is not looked into. What is of another account can mostly not be looked at: that is said.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from model.named import Kind, named
from ops.aws import AwsFailure, NotThere
from ops.aws.access import Access, understood
from ops.deploying.obstacle import Look, Obstacle


def parts(look: Look) -> Iterator[Obstacle]:
    """Each is there, and a key is enabled: else CloudFormation fails half-way, an alarm is silent, or sessions are refused."""
    for one in named(look.deployment):
        what, fields = f"the {one.kind} {one.id}", " and ".join(one.fields)
        try:
            with understood(what):
                wrong = _LOOKS[one.kind](look.account.access, one.id)
        except NotThere:
            advice = f"correct {fields}, account or region{_MAKE.get(one.kind, '').format(one.id)}"
            yield Obstacle(what=f"{what} is not there", advice=advice)
        except AwsFailure as failure:
            said = f"{failure.what} ({failure.evidence})" if failure.evidence else failure.what
            advice = f"it may be well; your role cannot see it ({fields})"
            yield Obstacle(what=f"could not look whether {what} is there: {said}", advice=advice, is_fatal=False)
        else:
            if wrong:
                yield Obstacle(what=f"{what} {wrong}", advice=f"enable it, or name another one: {fields}")


def _key(access: Access, arn: str) -> str:
    state = access.call("kms", "describe_key", KeyId=arn)["KeyMetadata"]["KeyState"]
    return "" if state == "Enabled" else f"is not enabled: {state}"


def _topic(access: Access, arn: str) -> str:
    access.call("sns", "get_topic_attributes", TopicArn=arn)
    return ""


def _policy(access: Access, arn: str) -> str:
    access.call("iam", "get_policy", PolicyArn=arn)
    return ""


def _log_group(access: Access, name: str) -> str:
    found = access.pages("logs", "describe_log_groups", "logGroups", logGroupNamePrefix=name)
    if not any(one["logGroupName"] == name for one in found):
        raise NotThere(f"no log group {name}")
    return ""


def _bucket(access: Access, name: str) -> str:
    access.call("s3", "get_bucket_location", Bucket=name)
    return ""


_LOOKS: Mapping[Kind, Callable[[Access, str], str]] = {
    "KMS key": _key,
    "SNS topic": _topic,
    "policy": _policy,
    "log group": _log_group,
    "bucket": _bucket,
}
"""Each raises NotThere, or says what is wrong with one that is there."""
_MAKE: Mapping[Kind, str] = {"log group": "; or make it: aws logs create-log-group --log-group-name {}"}


def role(look: Look) -> Iterator[Obstacle]:
    """An account has one role of a name, whatever path and region (IAM API Reference, CreateRole)."""
    name = look.deployment.client.role.name
    if name is None or ("AWS::IAM::Role", name) in look.made:
        return
    try:
        look.account.access.call("iam", "get_role", RoleName=name)
    except NotThere:
        return
    advice = (
        "choose another role.name, or delete that role if nothing uses it; an account has one of a name, in all regions"
    )
    yield Obstacle(what=f"the role {name} is there already, and this stack did not make it", advice=advice)
