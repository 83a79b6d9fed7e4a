"""One deployed gateway in an embedded AWS, made by hand: fast, and without the CDK."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3

REGION = "eu-west-2"
USER_DATA = b"#cloud-config\n# \xc3\xa9 and a byte that is no text: \xff\n"


@dataclass(frozen=True, kw_only=True)
class Emulator:
    """The embedded AWS: `client` asks it as its owner, past the front."""

    socket: Path
    endpoint: str

    def client(self, service: Any) -> Any:
        return boto3.client(
            service,
            region_name=REGION,
            endpoint_url=self.endpoint,
            aws_access_key_id="owner",
            aws_secret_access_key="owner",
        )


@dataclass(frozen=True, kw_only=True)
class Deployed:
    """What a deployment leaves in the embedded AWS, as far as the gateway can see it."""

    instance_id: str
    secret_arn: str
    empty_secret_arn: str
    foreign_secret_arn: str
    key_secret_arn: str
    kms_key_arn: str
    stack_id: str
    allocation_id: str
    interface_id: str
    secondary_address: str
    vpc_id: str
    route_table_id: str
    elastic_ip: str


def deploy(emulator: Emulator) -> Deployed:
    """Deploy one gateway, with the policy that the stack gives it."""
    ec2, iam, secrets = (emulator.client(name) for name in ("ec2", "iam", "secretsmanager"))
    trust = {
        "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]
    }
    iam.create_role(RoleName="gateway", AssumeRolePolicyDocument=json.dumps(trust))
    iam.create_instance_profile(InstanceProfileName="gateway")
    iam.add_role_to_instance_profile(InstanceProfileName="gateway", RoleName="gateway")
    vpc = ec2.create_vpc(CidrBlock="10.64.0.0/26")["Vpc"]["VpcId"]
    internet = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=internet, VpcId=vpc)
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.64.0.0/27")["Subnet"]["SubnetId"]
    instance = ec2.run_instances(
        ImageId="ami-12345678",
        MinCount=1,
        MaxCount=1,
        InstanceType="t3.small",
        UserData=USER_DATA,
        IamInstanceProfile={"Name": "gateway"},
        NetworkInterfaces=[
            {
                "DeviceIndex": 0,
                "SubnetId": subnet,
                "AssociatePublicIpAddress": True,
                "SecondaryPrivateIpAddressCount": 1,
            }
        ],
    )["Instances"][0]
    address = ec2.allocate_address(Domain="vpc")
    table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    (card,) = instance["NetworkInterfaces"]
    key = emulator.client("kms").create_key()["KeyMetadata"]["Arn"]
    s3 = emulator.client("s3")
    s3.create_bucket(Bucket="assets", CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket="assets", Key="a b/c+d.deb", Body=b"package")
    s3.put_object(Bucket="assets", Key="public.deb", Body=b"for all", ACL="public-read")
    emulator.client("logs").create_log_group(logGroupName="/fixtunnel/acme")
    template = {"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}
    stack = emulator.client("cloudformation").create_stack(StackName="acme", TemplateBody=json.dumps(template))
    found = Deployed(
        instance_id=instance["InstanceId"],
        secret_arn=secrets.create_secret(Name="acme/psk", SecretString="canary")["ARN"],
        empty_secret_arn=secrets.create_secret(Name="acme/empty")["ARN"],
        foreign_secret_arn=secrets.create_secret(Name="other/psk", SecretString="not yours")["ARN"],
        key_secret_arn=secrets.create_secret(Name="acme/key", SecretString="canary", KmsKeyId=key)["ARN"],
        kms_key_arn=key,
        stack_id=stack["StackId"],
        allocation_id=address["AllocationId"],
        interface_id=card["NetworkInterfaceId"],
        secondary_address=card["PrivateIpAddresses"][1]["PrivateIpAddress"],
        vpc_id=vpc,
        route_table_id=table,
        elastic_ip=address["PublicIp"],
    )
    iam.put_role_policy(RoleName="gateway", PolicyName="gateway", PolicyDocument=json.dumps(_policy(found)))
    return found


def _policy(deployed: Deployed) -> dict[str, Any]:
    """What a gateway may do, as the stack grants it; the grant for the KMS key is left to a test."""
    ec2 = f"arn:aws:ec2:{REGION}:123456789012"
    there = {"ArnEquals": {"ec2:Vpc": f"{ec2}:vpc/{deployed.vpc_id}"}}
    claim, table = f"{ec2}:elastic-ip/{deployed.allocation_id}", f"{ec2}:route-table/{deployed.route_table_id}"
    interfaces = f"{ec2}:network-interface/*"
    moves = ["ec2:AssociateAddress", "ec2:DisassociateAddress"]
    logs = f"arn:aws:logs:{REGION}:123456789012:log-group:/fixtunnel/acme:*"
    own = {"StringEquals": {"cloudwatch:namespace": "fixtunnel"}}
    secrets = [deployed.secret_arn, deployed.empty_secret_arn, deployed.key_secret_arn]
    return {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": secrets},
            {"Effect": "Allow", "Action": "cloudformation:SignalResource", "Resource": deployed.stack_id},
            {"Effect": "Allow", "Action": "cloudwatch:PutMetricData", "Resource": "*", "Condition": own},
            {"Effect": "Allow", "Action": ["logs:CreateLogStream", "logs:PutLogEvents"], "Resource": logs},
            {"Effect": "Allow", "Action": moves, "Resource": claim},
            {"Effect": "Allow", "Action": moves, "Resource": interfaces, "Condition": there},
            {"Effect": "Allow", "Action": "ec2:DescribeAddresses", "Resource": "*"},
            {"Effect": "Allow", "Action": "ec2:CreateRoute", "Resource": table},
            {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::assets/a b/*"},
        ],
    }
