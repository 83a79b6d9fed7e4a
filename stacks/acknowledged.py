"""Findings of cdk-nag (AwsSolutions) and of CDK's own validator that we have looked at and leave as they are, and why."""

from __future__ import annotations

from aws_cdk import Acknowledgment, Stack, Validations

from model.account import Sessions

REASONS = {
    "AwsSolutions::AwsSolutions-SMG4": (
        "A PSK is agreed with the venue, by people, and changed at both ends in one moment: no Lambda can rotate it. "
        "It is rotated with `./fixtunnel secret set`, in the venue's maintenance window."
    ),
    "AwsSolutions::AwsSolutions-IAM5[Resource::*]": (
        "cloudwatch:PutMetricData, ssm:UpdateInstanceInformation, ssmmessages:*, ec2messages:* and what describes addresses, "
        "instances and route tables know no resources (AWS: Service Authorization Reference). Metrics are held to our namespace "
        "by a condition. State Manager's calls are about the instance itself, whose id is not known before its role is made. "
        "All else names its resource."
    ),
    "AwsSolutions::AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:ec2:<AWS::Region>:<AWS::AccountId>:network-interface/*]": (
        "A replacement that fails gives the address back to the interface of the gateway before it, which no template can "
        "name. A condition holds it to the VPC, and another statement to one Elastic IP: AssociateAddress needs both."
    ),
    "AwsSolutions::AwsSolutions-EC28": (
        "Detailed monitoring is of CPU and network; what says whether the gateway works are the status checks, which are "
        "of one minute without it, and the gateway's own metrics of its tunnels."
    ),
    "AwsSolutions::AwsSolutions-EC29": (
        "CloudFormation must be able to end the old gateway after a replacement: that is how every change is made. What must "
        "not be lost, the address and the secrets, is retained, and the stack itself has termination protection."
    ),
    "AwsSolutions::AwsSolutions-SNS3": (
        "Only CloudWatch publishes to the topic, from within AWS and over TLS; the message says that a host failed, "
        "and its reader gets it by mail. Our policy would take the place of AWS's own, which lets only this account in."
    ),
    "AwsSolutions::AwsSolutions-VPC7": (
        "The VPC holds one instance, whose traffic is ESP in UDP with addresses that its own firewall lists. Who must "
        "keep flow logs has them in a VPC of their own: network.vpc_id."
    ),
    "CloudFormation-Validate::W9010": (
        "A client file may pin its image, and in production it must: a newer image would make an unrelated deploy replace the "
        "gateway. `fixtunnel image pin` writes it, for the client's own region."
    ),
    "CloudFormation-Validate::W1001": (
        "Each such reference stands in the branch of an Fn::If whose condition is the one under which its target is made."
    ),
}


SESSIONS = (
    "The organisation's session preferences keep each session under a name that the agent makes: the rights are on what is in "
    "the one bucket, and in the one log group, that the client file names."
)


STREAMS = (
    "The gateway makes its two streams in the one log group that the client file names; it writes into those alone."
)


def acknowledge(stack: Stack, *, sessions: Sessions, log_group: str | None) -> None:
    """Note the reasons on the stack, where a reviewer and the tools find them."""
    group = "logs:<AWS::Region>:<AWS::AccountId>:log-group"
    kept = {"s3::": f"{sessions.bucket}/*", group: f"{sessions.log_group}:*"}
    own = {
        f"AwsSolutions::AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:{k}:{name}]": SESSIONS
        for k, name in kept.items()
    }
    if log_group:
        own[f"AwsSolutions::AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:{group}:{log_group}:*]"] = STREAMS
    for finding, reason in (REASONS | own).items():
        Validations.of(stack).acknowledge(Acknowledgment(id=finding, reason=reason))
