"""A small template with every part of a gateway's stack, for tests of the emulator alone."""

from __future__ import annotations

from typing import Any

Template = dict[str, Any]

IMAGE = "/aws/service/debian/release/13/latest/amd64"
INTERNET = "0.0.0.0/0"


def att(logical_id: str, name: str) -> dict[str, list[str]]:
    """Fn::GetAtt."""
    return {"Fn::GetAtt": [logical_id, name]}


def ref(logical_id: str) -> dict[str, str]:
    """Ref."""
    return {"Ref": logical_id}


def tags(**more: str) -> list[dict[str, str]]:
    """The tags of what outlives its stack."""
    named = {"fixtunnel:client": "example", **{f"fixtunnel:{key}": value for key, value in more.items()}}
    return [{"Key": key, "Value": value} for key, value in named.items()]


def template(*, user_data: str = "#cloud-config\n", gateway: str = "Gateway", port: int = 500) -> Template:
    """The stack of one gateway. Another logical id of the gateway is how the CDK replaces one."""
    resources = {**_network(), **_identity(), **_kept(), **_gateway(gateway, user_data, port), **_alarm(gateway)}
    resources["Association"] = {
        "Type": "AWS::EC2::EIPAssociation",
        "Properties": {"AllocationId": allocation(), "InstanceId": ref(gateway)},
        "DependsOn": sorted(set(resources) - {"Address"}),
    }
    return {
        "Parameters": {
            "Image": {"Type": "AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>", "Default": IMAGE},
            "KeptAllocationId": {"Type": "String", "Default": ""},
            "KeptAddress": {"Type": "String", "Default": ""},
            "KeptSecret1": {"Type": "String", "Default": ""},
        },
        "Conditions": {
            "NewAddress": {"Fn::Equals": [ref("KeptAllocationId"), ""]},
            "NewSecret1": {"Fn::Equals": [ref("KeptSecret1"), ""]},
        },
        "Resources": resources,
        "Outputs": {
            "PublicAddress": {"Value": {"Fn::If": ["NewAddress", ref("Address"), ref("KeptAddress")]}},
            "InstanceId": {"Value": ref(gateway)},
            "SecretArn": {"Value": {"Fn::If": ["NewSecret1", ref("Secret"), ref("KeptSecret1")]}},
        },
    }


def allocation() -> dict[str, Any]:
    """The address's allocation, new or kept."""
    return {"Fn::If": ["NewAddress", att("Address", "AllocationId"), ref("KeptAllocationId")]}


def document(statement: dict[str, Any]) -> dict[str, Any]:
    """A policy of one statement."""
    return {"Version": "2012-10-17", "Statement": [statement]}


def _network() -> Template:
    zone = {"Fn::Select": [0, {"Fn::GetAZs": ""}]}
    subnet = {"VpcId": ref("Vpc"), "CidrBlock": "10.64.0.0/26", "AvailabilityZone": zone}
    route = {"RouteTableId": ref("Routes"), "DestinationCidrBlock": INTERNET, "GatewayId": ref("Internet")}
    return {
        "Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.64.0.0/26", "EnableDnsHostnames": True}},
        "Internet": {"Type": "AWS::EC2::InternetGateway"},
        "Attached": {
            "Type": "AWS::EC2::VPCGatewayAttachment",
            "Properties": {"VpcId": ref("Vpc"), "InternetGatewayId": ref("Internet")},
        },
        "Subnet": {"Type": "AWS::EC2::Subnet", "Properties": subnet},
        "Routes": {"Type": "AWS::EC2::RouteTable", "Properties": {"VpcId": ref("Vpc")}},
        "SubnetRoutes": {
            "Type": "AWS::EC2::SubnetRouteTableAssociation",
            "Properties": {"SubnetId": ref("Subnet"), "RouteTableId": ref("Routes")},
        },
        "Out": {"Type": "AWS::EC2::Route", "Properties": route, "DependsOn": ["Attached"]},
    }


def _identity() -> Template:
    trust = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    read = {"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": ref("Secret")}
    return {
        "Role": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": document(trust)}},
        "Reads": {
            "Type": "AWS::IAM::Policy",
            "Properties": {"PolicyName": "reads", "PolicyDocument": document(read), "Roles": [ref("Role")]},
            "Condition": "NewSecret1",
        },
        "Profile": {"Type": "AWS::IAM::InstanceProfile", "Properties": {"Roles": [ref("Role")]}},
    }


def _kept() -> Template:
    retained = {"DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain"}
    return {
        "Address": {
            "Type": "AWS::EC2::EIP",
            "Properties": {"Domain": "vpc", "Tags": tags()},
            "Condition": "NewAddress",
            **retained,
        },
        "Secret": {
            "Type": "AWS::SecretsManager::Secret",
            "Properties": {"Description": "PSK of LSE_Proquote", "Tags": tags(tunnel="LSE_Proquote")},
            "Condition": "NewSecret1",
            **retained,
        },
    }


def _gateway(name: str, user_data: str, port: int) -> Template:
    ingress = [{"IpProtocol": "udp", "FromPort": port, "ToPort": port, "CidrIp": "198.51.100.10/32"}]
    egress = [{"IpProtocol": "-1", "CidrIp": INTERNET}]
    group = {"VpcId": ref("Vpc"), "GroupDescription": "gateway", "SecurityGroupIngress": ingress}
    interface = {"DeviceIndex": "0", "SubnetId": ref("Subnet"), "AssociatePublicIpAddress": True}
    machine = {
        "ImageId": ref("Image"),
        "InstanceType": "t3.small",
        "IamInstanceProfile": ref("Profile"),
        "MetadataOptions": {"HttpTokens": "required", "HttpPutResponseHopLimit": 1},
        "NetworkInterfaces": [{**interface, "GroupSet": [att("Firewall", "GroupId")]}],
        "BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 8, "Encrypted": True}}],
        "CreditSpecification": {"CPUCredits": "standard"},
        "SourceDestCheck": False,
        "UserData": {"Fn::Base64": user_data},
        "Tags": [{"Key": "Name", "Value": "fixtunnel-example"}],
    }
    return {
        "Firewall": {"Type": "AWS::EC2::SecurityGroup", "Properties": {**group, "SecurityGroupEgress": egress}},
        name: {
            "Type": "AWS::EC2::Instance",
            "Properties": machine,
            "CreationPolicy": {"ResourceSignal": {"Timeout": "PT20M"}},
            "DependsOn": ["Out", "SubnetRoutes"],
        },
    }


def _alarm(gateway: str) -> Template:
    recover = {"Fn::Sub": "arn:${AWS::Partition}:automate:${AWS::Region}:ec2:recover"}
    alarm = {
        "Namespace": "AWS/EC2",
        "MetricName": "StatusCheckFailed_System",
        "Dimensions": [{"Name": "InstanceId", "Value": ref(gateway)}],
        "ComparisonOperator": "GreaterThanThreshold",
        "EvaluationPeriods": 2,
        "Period": 60,
        "Statistic": "Maximum",
        "Threshold": 0,
        "AlarmActions": [recover, ref("Told")],
    }
    return {
        "Told": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": "fixtunnel"}},
        "Recovery": {"Type": "AWS::CloudWatch::Alarm", "Properties": alarm},
    }
