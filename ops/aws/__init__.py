"""AWS, by boto3: asked here and nowhere else in the command, with small typed objects as answers."""

from ops.aws.access import Access, AwsFailure, NotThere, open_access
from ops.aws.account import Account, Identity, open_account
from ops.aws.ec2 import Image, Instance
from ops.aws.secret import Secret
from ops.aws.stack import Change, Event, Stack

__all__ = [
    "Access",
    "Account",
    "AwsFailure",
    "Change",
    "Event",
    "Identity",
    "Image",
    "Instance",
    "NotThere",
    "Secret",
    "Stack",
    "open_access",
    "open_account",
]
