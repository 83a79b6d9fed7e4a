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
    assert interface["AssociatePublicIpAddress"] is True
    assert not {"NetworkInterfaceId", "PrivateIpAddress", "PrivateIpAddresses"} & interface.keys()
    assert "PrivateIpAddress" not in instance
    assert not stack.all("EC2::NetworkInterface")


def test_creation_waits_for_the_signal(stack: Stack) -> None:
    (instance,) = stack.all("EC2::Instance").values()
    assert instance["CreationPolicy"] == {"ResourceSignal": {"Count": 1, "Timeout": "PT15M"}}


def test_instance_starts_with_a_way_out(stacks: dict[str, Stack]) -> None:
    """AWS asks for it (DependsOn: "VPC-gateway attachment"); without it the boot would begin with no archive to ask."""
    (instance,) = stacks[SEED].all("EC2::Instance").values()
    kinds = {stacks[SEED].template["Resources"][name]["Type"] for name in instance["DependsOn"]}
    # It reads its parameters as it boots, too.
    assert kinds == {"AWS::EC2::Route", "AWS::EC2::SubnetRouteTableAssociation", "AWS::SSM::Parameter"}


def test_source_check_is_off_only_for_trading_hosts(stacks: dict[str, Stack]) -> None:
    assert {name: stack.one("EC2::Instance")["SourceDestCheck"] for name, stack in stacks.items()} == {
        "acme-capital": False,
        "lse-proquote": True,
        "lse-proquote-openswan": True,
    }


def test_address_moves_last(stack: Stack) -> None:
    """After the instance's signal, and after all that could still fail: a roll-back would leave nobody with it."""
    ((name, association),) = stack.all("EC2::EIPAssociation").items()
    before = {*association["DependsOn"], *references(association["Properties"])}
    resources = stack.template["Resources"]
    # What is made only under a condition is referred to by the instance's own user data.
    before |= {other for other in references(resources[stack.instance_id]) if resources.get(other, {}).get("Condition")}
    assert before >= resources.keys() - {name}


def test_nothing_waits_for_the_association(stack: Stack) -> None:
    (association,) = stack.all("EC2::EIPAssociation")
    assert all(association not in set(references(one)) for one in stack.template["Resources"].values())


def test_address_and_secrets_outlive_the_stack(stack: Stack) -> None:
    for kind in ("EC2::EIP", "SecretsManager::Secret"):
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
    assert all(route["InstanceId"] == {"Ref": stack.instance_id} for route in routes)


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
