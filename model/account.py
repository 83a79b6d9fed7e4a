"""What a firm asks of every stack in its AWS account: the keys that encrypt, and the name, place and bound of a role."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from model.base import Part
from model.values import AccountId, KmsKeyArn, text_type

TopicArn = Annotated[
    str,
    *text_type(
        r"arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]{1,256}",
        "is not the ARN of an SNS topic",
        "write it as arn:aws:sns:eu-west-2:123456789012:pager; a FIFO topic takes no alarm",
    ),
]
PolicyArn = Annotated[
    str,
    *text_type(
        r"arn:aws[a-z-]*:iam::([0-9]{12}|aws):policy/[A-Za-z0-9_+=,.@/-]{1,512}",
        "is not the ARN of a policy",
        "write the boundary's ARN, such as arn:aws:iam::123456789012:policy/boundary",
    ),
]
# CreateRole: https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html
RoleName = Annotated[
    str, *text_type(r"[A-Za-z0-9_+=,.@-]{1,64}", "is not a role's name", "write 1 to 64 letters, digits and _+=,.@-")
]
RolePath = Annotated[
    str,
    *text_type(
        r"(?!.{513})(/|/[A-Za-z0-9_+=,.@-]+(/[A-Za-z0-9_+=,.@-]+){0,8}/)",
        "is not a path",
        "begin and end it with /, such as /trading/, and write 512 characters at most",
    ),
]
# Amazon S3 User Guide, "General purpose bucket naming rules"
BucketName = Annotated[
    str,
    *text_type(
        r"(?!.*\.\.)(?![0-9]+(\.[0-9]+){3}$)(?!xn--|sthree-)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]",
        "is not a bucket's name",
        "write 3 to 63 small letters, digits, hyphens and single dots; no s3://",
    ),
]
# CreateLogGroup: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html
LogGroupName = Annotated[
    str,
    *text_type(
        r"(?!aws/)[A-Za-z0-9_./#-]{1,512}",
        "is not a log group's name",
        "write its name, such as /acme/sessions, no ARN",
    ),
]

LOG_DAYS = 400
"""Over a year: incidents of the same day last year are asked for."""


class Role(Part):
    """The role of the gateway's instance."""

    name: RoleName | None = Field(
        default=None,
        description="Its name; without it CloudFormation chooses one. Give another name together with another path: "
        "AWS makes the new role beside the old one.",
        examples=["acme-fix-gateway"],
    )
    path: RolePath | None = Field(
        default=None, description="Its path, and its instance profile's.", examples=["/trading/"]
    )
    permissions_boundary: PolicyArn | None = Field(
        default=None, description="The policy that bounds it, whatever its own policies say."
    )


class Sessions(Part):
    """Where an organisation's session preferences send what is typed in a session, and the key that they encrypt it with.

    Source: AWS Systems Manager User Guide, "Create a custom IAM role for Session Manager".
    """

    key: KmsKeyArn | None = Field(default=None, description="The KMS key that encrypts sessions.")
    bucket: BucketName | None = Field(
        default=None, description="The bucket that keeps them.", examples=["acme-sessions"]
    )
    bucket_account: AccountId | None = Field(
        default=None, description="The account of that bucket, if it is another: its owner then owns what is written."
    )
    bucket_key: KmsKeyArn | None = Field(
        default=None, description="The KMS key that encrypts that bucket, if a key of yours."
    )
    log_group: LogGroupName | None = Field(
        default=None, description="The log group that keeps them.", examples=["/acme/sessions"]
    )


class Keys(Part):
    """KMS keys of yours. Each key's own policy must let the service use it that docs/account.md names."""

    volume: KmsKeyArn | None = Field(default=None, description="Encrypts the gateway's volume; without it aws/ebs.")
    log: KmsKeyArn | None = Field(default=None, description="Encrypts the log group.")
    alarms: KmsKeyArn | None = Field(default=None, description="Encrypts the topic that the alarm mails go by.")
    secrets: KmsKeyArn | None = Field(
        default=None, description="Encrypts the secrets that the stack makes; without it aws/secretsmanager."
    )
