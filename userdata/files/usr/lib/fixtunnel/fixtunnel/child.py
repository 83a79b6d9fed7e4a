"""Calls to AWS in a process of their own, for the watch, which must stay small.

A value goes through the pipe to the parent, never through an argument.
"""

import base64
import json
import sys

from fixtunnel import aws
from fixtunnel.command import Failed, run

LIMIT_SECONDS = 150
_NO_VALUE_YET = 3  # exit status


def secret(arn: str) -> tuple[str, bytes]:
    """As `aws.secret`."""
    done = run("/usr/bin/python3", "-m", "fixtunnel.aws", "secret", arn, seconds=LIMIT_SECONDS, check=False)
    if done.returncode == _NO_VALUE_YET:
        raise aws.NoValueYet(arn)
    if done.returncode:
        raise Failed("AWS: secret cannot be read", done.stderr[-600:])
    told = json.loads(done.stdout)
    return told["version"], base64.b64decode(told["value"])


def answer(verb: str, *arguments: str) -> int:
    """The child's side: print what was asked for; the exit status."""
    try:
        version, value = {"secret": aws.secret}[verb](*arguments)
    except aws.NoValueYet:
        return _NO_VALUE_YET
    except Failed as failure:
        print(failure, file=sys.stderr)
        return 1
    print(json.dumps({"version": version, "value": base64.b64encode(value).decode()}))
    return 0
