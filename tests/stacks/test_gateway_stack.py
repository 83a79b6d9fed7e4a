"""What a user relies on in each client's stack."""

from __future__ import annotations

import json

from tests.stacks.synthesis import Stack, references

SEED, LARGE = "lse-proquote", "acme-capital"


def test_instance(stack: Stack) -> None:
    instance = stack.one("EC2::Instance")
    assert instance["MetadataOptions"] == {"HttpTokens": "required", "HttpPutResponseHopLimit": 1}
    assert [mapping["Ebs"] for mapping in instance["BlockDeviceMappings"]] == [
        {"Encrypted": True, "VolumeSize": 8, "VolumeType": "gp3"}
    ]
    assert "KeyName" not in instance
    assert instance["CreditSpecification"] == {"CPUCredits": "unlimited"}


def test_instance_can_be_replaced_while_it_lives(stack: Stack) -> None:
    """A successor is made before its predecessor goes: nothing of it may be there only once."""
    instance = stack.one("EC2::Instance")
    (interface,) = instance["NetworkInterfaces"]
    assert not {"NetworkInterfaceId", "PrivateIpAddress", "PrivateIpAddresses"} & interface.keys()
    assert "PrivateIpAddress" not in instance


def test_the_primary_address_has_its_own_way_to_aws_and_a_secondary_one_waits_for_the_elastic_ip(stack: Stack) -> None:
    (interface,) = stack.one("EC2::Instance")["NetworkInterfaces"]
    assert interface["AssociatePublicIpAddress"] is True
    assert interface["SecondaryPrivateIpAddressCount"] == 1


def test_creation_waits_for_the_signal(stack: Stack) -> None:
    (instance,) = stack.all("EC2::Instance").values()
    assert instance["CreationPolicy"] == {"ResourceSignal": {"Count": 1, "Timeout": "PT15M"}}


def test_instance_starts_with_a_way_out(stacks: dict[str, Stack]) -> None:
    """AWS asks for it (DependsOn: "VPC-gateway attachment"); without it the boot would begin with no archive to ask."""
    (instance,) = stacks[SEED].all("EC2::Instance").values()
    kinds = {stacks[SEED].template["Resources"][name]["Type"] for name in instance["DependsOn"]}
    # It reads its parameters as it boots, too.
    kinds -= {"AWS::SSM::Parameter"}
    assert kinds == {"AWS::EC2::Route", "AWS::EC2::SubnetRouteTableAssociation"}


def test_source_check_is_off_only_for_trading_hosts(stacks: dict[str, Stack]) -> None:
    assert {name: stack.one("EC2::Instance")["SourceDestCheck"] for name, stack in stacks.items()} == {
        "acme-capital": False,
        "lse-proquote": True,
        "lse-proquote-openswan": True,
        "larkfield": False,
        "tidewater": False,
    }


def test_the_gateway_comes_last(stack: Stack) -> None:
    """It takes the address before it signals: what could still fail shall have done so. Alarms, routes and the agent's
    updates need its id."""
    ((name, instance),) = stack.all("EC2::Instance").items()
    resources = stack.template["Resources"]
    before, more = set[str](), {*instance["DependsOn"], *references(instance["Properties"])}
    while more := (more & resources.keys()) - before:
        before |= more
        more = {other for one in more for other in (*references(resources[one]), *resources[one].get("DependsOn", ()))}
    after = {resources[other]["Type"] for other in resources.keys() - before - {name}}
    assert after <= {
        *("AWS::CloudWatch::Alarm", "AWS::CloudWatch::AlarmMuteRule", "AWS::CloudWatch::Dashboard"),
        *("AWS::EC2::NetworkInterface", "AWS::EC2::Route", "AWS::SNS::Topic", "AWS::SNS::Subscription"),
        *("AWS::CDK::Metadata", "AWS::SSM::Association"),
    }


def test_nothing_in_the_template_moves_address_or_routes(stack: Stack) -> None:
    """CloudFormation would take the address away before it gives it to another; the gateway moves both by itself."""
    assert not stack.all("EC2::EIPAssociation")
    routes = [one["Properties"] for one in stack.all("EC2::Route").values()]
    assert not any("InstanceId" in one for one in routes)
    (instance,) = stack.all("EC2::Instance")
    assert all(instance not in set(references(one)) for one in routes)


def test_routes_lead_nowhere_until_a_gateway_takes_them(stacks: dict[str, Stack]) -> None:
    """After the gateway: a route of an earlier version leads to the old one until the new one has claimed."""
    stack = stacks[LARGE]
    (nowhere,) = stack.all("EC2::NetworkInterface")
    (instance,) = stack.all("EC2::Instance")
    routes = stack.all("EC2::Route").values()
    assert routes
    assert all(one["Properties"]["NetworkInterfaceId"] == {"Ref": nowhere} for one in routes)
    assert all(instance in one["DependsOn"] for one in routes)
    assert not stacks[SEED].all("EC2::NetworkInterface")


def test_address_secrets_and_log_outlive_the_stack(stack: Stack) -> None:
    for kind in ("EC2::EIP", "SecretsManager::Secret", "Logs::LogGroup", "Logs::LogStream"):
        assert stack.all(kind)
        for resource in stack.all(kind).values():
            assert (resource["DeletionPolicy"], resource["UpdateReplacePolicy"]) == (
                "RetainExceptOnCreate",
                "Retain",
            )


def test_secrets_are_empty_and_without_a_name(stack: Stack) -> None:
    for resource in stack.all("SecretsManager::Secret").values():
        assert resource["Properties"].keys() == {"Description", "Tags"}


def test_stack_is_protected(stack: Stack) -> None:
    assert stack.is_protected


def test_own_network(stacks: dict[str, Stack]) -> None:
    stack = stacks[SEED]
    assert stack.one("EC2::VPC")["CidrBlock"] == "10.64.0.0/26"
    assert stack.one("EC2::Route")["DestinationCidrBlock"] == "0.0.0.0/0"
    assert len(stack.all("EC2::Subnet")) == 1
    assert not stack.all("EC2::NatGateway")


def test_existing_network(stacks: dict[str, Stack]) -> None:
    stack = stacks[LARGE]
    assert not [name for name in ("VPC", "Subnet", "InternetGateway", "NatGateway") if stack.all(f"EC2::{name}")]
    (interface,) = stack.one("EC2::Instance")["NetworkInterfaces"]
    assert interface["SubnetId"] == "subnet-0a1b2c3d4e5f60718"
    routes = [route["Properties"] for route in stack.all("EC2::Route").values()]
    assert sorted((route["RouteTableId"], route["DestinationCidrBlock"]) for route in routes) == [
        ("rtb-0a1b2c3d4e5f60718", "10.210.0.0/24"),
        ("rtb-0a1b2c3d4e5f60718", "10.210.8.0/24"),
        ("rtb-0a1b2c3d4e5f60718", "10.220.4.0/24"),
    ]


def test_tags(stacks: dict[str, Stack]) -> None:
    tags = {tag["Key"]: tag["Value"] for tag in stacks[LARGE].one("EC2::Instance")["Tags"]}
    assert tags == {"Name": "fixtunnel-acme-capital", "cost-centre": "trading", "owner": "fix-ops"}


def test_outputs(stack: Stack) -> None:
    outputs = stack.template["Outputs"]
    secrets = {f"Secret{''.join(filter(str.isalnum, name))}" for name in _tunnels(stack)}
    assert outputs.keys() == {"PublicAddress", "AllocationId", "InstanceId", "Session", *secrets}
    command = json.dumps(outputs["Session"]["Value"])
    assert "aws ssm start-session --region" in command
    assert stack.instance_id in command


def _tunnels(stack: Stack) -> list[str]:
    descriptions = [one["Properties"]["Description"] for one in stack.all("SecretsManager::Secret").values()]
    return [text.removeprefix("PSK of the tunnel ").split(" of ")[0] for text in descriptions]


def test_image_goes_with_release_and_architecture(stack: Stack) -> None:
    """CloudFormation remembers a parameter's value: under one name a Graviton type would boot the image for x86."""
    image = stack.one("EC2::Instance")["ImageId"]["Ref"]
    release = "12" if stack.name.endswith("openswan") else "13"
    assert image == f"ImageDebian{release}Amd64"
    assert stack.template["Parameters"][image]["Default"] == f"/aws/service/debian/release/{release}/latest/amd64"
