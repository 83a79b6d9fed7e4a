"""Every type of resource that the embedded CloudFormation can make, one class each, over moto's public API."""

from collections.abc import Mapping

from localaws.cloudformation.kinds import (
    address,
    bootstrap,
    firewall,
    identity,
    machine,
    network,
    state_manager,
    storage,
    watching,
)
from localaws.cloudformation.kinds.base import Kind, Made, Properties, Request

KINDS: Mapping[str, type[Kind]] = {
    "AWS::CDK::Metadata": bootstrap.Metadata,
    "AWS::CloudWatch::Alarm": watching.Alarm,
    "AWS::CloudWatch::AlarmMuteRule": watching.MuteRule,
    "AWS::CloudWatch::Dashboard": watching.Dashboard,
    "AWS::EC2::EIP": address.ElasticIp,
    "AWS::EC2::EIPAssociation": address.Association,
    "AWS::EC2::Instance": machine.InstanceKind,
    "AWS::EC2::InternetGateway": network.InternetGateway,
    "AWS::EC2::NetworkInterface": network.Interface,
    "AWS::EC2::Route": network.Route,
    "AWS::EC2::RouteTable": network.RouteTable,
    "AWS::EC2::SecurityGroup": firewall.SecurityGroup,
    "AWS::EC2::SecurityGroupEgress": firewall.Egress,
    "AWS::EC2::SecurityGroupIngress": firewall.Ingress,
    "AWS::EC2::Subnet": network.Subnet,
    "AWS::EC2::SubnetRouteTableAssociation": network.RouteTableAssociation,
    "AWS::EC2::VPC": network.Vpc,
    "AWS::EC2::VPCGatewayAttachment": network.Attachment,
    "AWS::ECR::Repository": bootstrap.Repository,
    "AWS::IAM::InstanceProfile": identity.InstanceProfile,
    "AWS::IAM::Policy": identity.RolePolicy,
    "AWS::IAM::Role": identity.Role,
    "AWS::Logs::LogGroup": watching.LogGroup,
    "AWS::Logs::LogStream": watching.LogStream,
    "AWS::S3::Bucket": bootstrap.Bucket,
    "AWS::S3::BucketPolicy": bootstrap.BucketPolicy,
    "AWS::SNS::Subscription": watching.Subscription,
    "AWS::SNS::Topic": watching.Topic,
    "AWS::SNS::TopicPolicy": watching.TopicPolicy,
    "AWS::SSM::Association": state_manager.Association,
    "AWS::SSM::Parameter": storage.Parameter,
    "AWS::SecretsManager::Secret": storage.Secret,
}
"""By the name that a template uses."""

__all__ = ["KINDS", "Kind", "Made", "Properties", "Request"]
