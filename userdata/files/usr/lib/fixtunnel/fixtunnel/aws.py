"""Calls to AWS, each in a short-lived process: boto3 alone would take more memory than all the rest of us.

`python3 -m fixtunnel.aws secret ARN` prints the secret's version and value; `object BUCKET KEY PATH` and
`signal STATUS REASON` print nothing. A value goes through the pipe to the parent, never through an argument.
"""

import base64
import json
import sys
from collections.abc import Callable
from typing import Any

from fixtunnel import settings
from fixtunnel.command import Failed, run

NOT_YET = 3  # exit status: the secret is there and has no value yet


class NoValueYet(Exception):
    """The secret has no value: somebody has yet to put the PSK in."""


def secret(arn: str) -> tuple[str, bytes]:
    """The version id and the value of a secret.

    Raises:
        NoValueYet: it has no value.
        Failed: it cannot be read.
    """
    done = _child("secret", arn)
    if done.returncode == NOT_YET:
        raise NoValueYet(arn)
    answer = json.loads(done.stdout)
    return answer["version"], base64.b64decode(answer["value"])


def signal(succeeded: bool, unique_id: str) -> None:
    """Tell CloudFormation. `unique_id` is at most 64 characters, and the only place for a reason (API: SignalResource)."""
    _child("signal", "SUCCESS" if succeeded else "FAILURE", unique_id)


def download(bucket: str, key: str, path: str) -> None:
    """Fetch an object of S3 into a file."""
    _child("object", bucket, key, path)


def _child(*arguments: str) -> Any:
    done = run("/usr/bin/python3", "-m", "fixtunnel.aws", *arguments, seconds=150, check=False)
    if done.returncode not in (0, NOT_YET):
        raise Failed(f"AWS: {arguments[0]} failed", done.stderr.strip()[-600:])
    return done


def _main(verb: str, *arguments: str) -> int:
    import boto3
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError

    here = settings.load()
    config = Config(connect_timeout=5, read_timeout=20, retries={"mode": "standard", "total_max_attempts": 4})
    clients = {"secret": "secretsmanager", "signal": "cloudformation", "object": "s3"}
    client: Any = boto3.client(clients[verb], region_name=here.region, config=config)  # type: ignore[call-overload]
    try:
        return _VERBS[verb](client, here, *arguments)
    except ClientError as error:
        print(error, file=sys.stderr)
        is_empty = verb == "secret" and "AWSCURRENT" in str(error) and "ResourceNotFound" in str(error)
        return NOT_YET if is_empty else 1
    except BotoCoreError as error:
        print(error, file=sys.stderr)
        return 1


def _secret(client: Any, _here: settings.Settings, arn: str) -> int:
    answer = client.get_secret_value(SecretId=arn)
    value = answer.get("SecretBinary") or answer.get("SecretString", "").strip("\r\n").encode()
    if not value:
        return NOT_YET
    print(json.dumps({"version": answer["VersionId"], "value": base64.b64encode(value).decode()}))
    return 0


def _signal(client: Any, here: settings.Settings, status: str, unique_id: str) -> int:
    client.signal_resource(StackName=here.stack, LogicalResourceId=here.resource, UniqueId=unique_id, Status=status)
    return 0


def _object(client: Any, _here: settings.Settings, bucket: str, key: str, path: str) -> int:
    client.download_file(bucket, key, path)
    return 0


_VERBS: dict[str, Callable[..., int]] = {"secret": _secret, "signal": _signal, "object": _object}

if __name__ == "__main__":
    sys.exit(_main(*sys.argv[1:]))
