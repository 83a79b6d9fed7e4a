"""What a firm asks of its account: its topics, its keys, and how it wants roles to be."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App

from model.deployment import Deployment
from model.faults import InvalidInput
from model.partitions import partition_of
from stacks.gateway_stack import GatewayStack
from tests.literal import loaded
from tests.stacks.edits import BOUNDARY, CLIENT, EIP, KEY, OTHER_KEY, TOPIC, VENUE
from tests.stacks.synthesis import CONTEXT, Stack, synthesise
from tests.unit.model.example import PUBLIC_KEY, edited, write

KEYS = {name: f"{KEY[:-1]}{n}" for n, name in enumerate(("volume", "log", "alarms", "secrets"))}
ROLE = f"{{name: acme-gateway, path: /trading/, permissions_boundary: '{BOUNDARY}'}}"
STRICT = {
    "alarm_email": "ops@example.com",
    "alarm_topics": f"['{TOPIC}']",
    "keys": "{" + ", ".join(f"{name}: '{key}'" for name, key in KEYS.items()) + "}",
    "role": ROLE,
    "network": "{vpc_id: vpc-12345678, subnet_id: subnet-12345678, availability_zone: eu-west-2a, public_address: false}",
    "services": "{dns: [10.0.0.2, 10.0.0.3], ntp: [10.0.0.4], proxy: 'http://10.0.0.8:3128', no_proxy: [10.0.0.9], "
    "apt_mirror: 'http://10.0.0.9:8081/debian'}",
    "sessions": f"{{key: '{KEY}', bucket: acme-sessions, bucket_account: '210987654321', bucket_key: '{OTHER_KEY}', "
    "log_group: /acme/sessions}",
    "tags": f"{{cost-centre: trading, Kostenträger: '{'ä' * 256}', {'k' * 128}: v}}",
    "gateway.elastic_ip": EIP,
}

UNTAGGED = {
    "AWS::CDK::Metadata",
    "AWS::CloudWatch::Dashboard",
    "AWS::IAM::InstanceProfile",
    "AWS::Logs::LogStream",
    "AWS::SNS::Subscription",
    "AWS::SSM::Association",
}


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Stack:
    return of(tmp_path_factory.mktemp("strict"), STRICT)


def of(folder: Path, edits: dict[str, str]) -> Stack:
    return synthesise([client(folder, edits)])["acme"]


def client(folder: Path, edits: dict[str, str], *, key: bytes = b"") -> Deployment:
    """The example of the tests with these edits, and the key of an archive beside it."""
    write(folder, clients={"acme": edited(CLIENT, edits)}, venues={"exchange": VENUE})
    if key:
        (folder / "clients/one.asc").write_bytes(key)
    return loaded(folder / "clients", folder / "venues", "acme")


def test_each_key_encrypts_what_it_is_for(strict: Stack) -> None:
    (volume,) = strict.one("EC2::Instance")["BlockDeviceMappings"]
    assert (volume["Ebs"]["KmsKeyId"], volume["Ebs"]["Encrypted"]) == (KEYS["volume"], True)
    assert strict.one("Logs::LogGroup")["KmsKeyId"] == KEYS["log"]
    assert strict.one("SNS::Topic")["KmsMasterKeyId"] == KEYS["alarms"]
    assert {secret["KmsKeyId"] for secret in _all(strict, "SecretsManager::Secret")} == {KEYS["secrets"]}


def test_the_gateway_may_decrypt_its_secrets_and_nothing_else(strict: Stack) -> None:
    policies = {one["PolicyName"]: one["PolicyDocument"]["Statement"] for one in strict.one("IAM::Role")["Policies"]}
    (decrypt,) = (each for each in policies["Secrets"] if each["Action"] == "kms:Decrypt")
    assert decrypt["Resource"] == KEYS["secrets"]
    assert "kms:ViaService" in decrypt["Condition"]["StringLike"]


def test_every_alarm_tells_the_mail_and_the_pager(strict: Stack) -> None:
    for alarm in _all(strict, "CloudWatch::Alarm"):
        assert TOPIC in alarm["AlarmActions"] and len(alarm["OKActions"]) == 2, alarm["AlarmDescription"]


def test_a_pager_alone_makes_no_topic(tmp_path: Path) -> None:
    stack = of(tmp_path, {"alarm_topics": f"['{TOPIC}']"})
    assert not stack.all("SNS::Topic")
    assert all(alarm["OKActions"] == [TOPIC] for alarm in _all(stack, "CloudWatch::Alarm"))


def test_the_role_is_as_the_account_wants_it(strict: Stack) -> None:
    role, profile = strict.one("IAM::Role"), strict.one("IAM::InstanceProfile")
    assert (role["RoleName"], role["Path"], role["PermissionsBoundary"]) == ("acme-gateway", "/trading/", BOUNDARY)
    assert profile["Path"] == "/trading/"


def test_without_a_public_address_of_its_own(strict: Stack) -> None:
    (interface,) = strict.one("EC2::Instance")["NetworkInterfaces"]
    assert interface["AssociatePublicIpAddress"] is False
    assert interface["SecondaryPrivateIpAddressCount"] == 1, "the Elastic IP has its place"


def test_only_the_firms_own_servers_are_reached(strict: Stack) -> None:
    egress = strict.one("EC2::SecurityGroup")["SecurityGroupEgress"]
    ways = {(one["IpProtocol"], one["FromPort"], one["CidrIp"]) for one in egress if one["FromPort"] not in (500, 4500)}
    dns = {(kind, 53, f"10.0.0.{n}/32") for kind in ("tcp", "udp") for n in (2, 3)}
    direct = {("tcp", 443, "10.0.0.9/32"), ("tcp", 8081, "10.0.0.9/32")}
    assert ways == {*dns, *direct, ("udp", 123, "10.0.0.4/32"), ("tcp", 3128, "10.0.0.8/32")}


@pytest.mark.parametrize(
    ("services", "expected"),
    [
        ("{apt_mirror: 'https://mirror.example.com/debian'}", {(443, "0.0.0.0/0")}),
        ("{apt_mirror: 'http://10.0.0.9/debian'}", {(443, "0.0.0.0/0"), (80, "10.0.0.9/32")}),
        ("{proxy: 'http://proxy.example.com:8080'}", {(8080, "0.0.0.0/0")}),
        (
            "{proxy: 'http://10.0.0.8:8080', no_proxy: [.amazonaws.com]}",
            {(8080, "10.0.0.8/32"), (443, "0.0.0.0/0")},
        ),
        (
            "{proxy: 'http://10.0.0.8:8080', apt_mirror: 'http://10.0.0.9/debian'}",
            {(8080, "10.0.0.8/32")},
        ),
    ],
)
def test_what_goes_out_follows_proxy_and_mirror(tmp_path: Path, services: str, expected: set[tuple[int, str]]) -> None:
    """A name may have any address; what the proxy fetches needs no way of its own; no rule is there twice."""
    egress = of(tmp_path, {"services": services}).one("EC2::SecurityGroup")["SecurityGroupEgress"]
    ways = [(one["FromPort"], one["CidrIp"]) for one in egress if one["IpProtocol"] == "tcp"]
    assert sorted(ways) == sorted(expected)


def test_sessions_are_kept_as_the_organisation_wants(strict: Stack) -> None:
    policies = {one["PolicyName"]: one["PolicyDocument"]["Statement"] for one in strict.one("IAM::Role")["Policies"]}
    said = str(policies["SessionPreferences"])
    assert KEY in said and ":s3:::acme-sessions/*" in said and ":log-group:/acme/sessions:*" in said
    assert "s3:PutObjectAcl" in said and OTHER_KEY in said, "the bucket is of another account, and has a key"


def test_a_bucket_of_the_own_account_is_written_without_its_acl(tmp_path: Path) -> None:
    assert "PutObjectAcl" not in str(of(tmp_path, {"sessions": "{bucket: acme-sessions}"}).template)


def test_without_preferences_the_role_has_no_right_for_them(tmp_path: Path) -> None:
    names = {one["PolicyName"] for one in of(tmp_path, {}).one("IAM::Role")["Policies"]}
    assert "SessionPreferences" not in names


def test_every_resource_that_takes_tags_has_them(strict: Stack) -> None:
    """A firm's rules refuse what has none. Which types take tags, AWS's schemas say."""
    wanted = {"cost-centre": "trading"}
    lacking = {one["Type"] for one in strict.template["Resources"].values() if not _tagged(one, wanted)}
    assert lacking <= UNTAGGED, "each takes no tags by AWS's schema"
    assert strict.one("EC2::Instance")["PropagateTagsToVolumeOnCreation"] is True


def _tagged(resource: dict[str, Any], wanted: dict[str, str]) -> bool:
    tags = resource.get("Properties", {}).get("Tags") or {}
    told = tags if isinstance(tags, dict) else {one["Key"]: one["Value"] for one in tags}
    return wanted.items() <= told.items()


@pytest.mark.parametrize(
    ("services", "expected"),
    [
        ("{}", {(443, "0.0.0.0/0"), (80, "0.0.0.0/0"), (8082, "10.250.0.11/32")}),
        ("{proxy: 'http://10.0.0.8:3128'}", {(3128, "10.0.0.8/32")}),
        (
            "{proxy: 'http://10.0.0.8:3128', no_proxy: [10.250.0.11]}",
            {(3128, "10.0.0.8/32"), (443, "10.250.0.11/32"), (8082, "10.250.0.11/32")},
        ),
    ],
)
def test_openswans_own_archive_is_reached(tmp_path: Path, services: str, expected: set[tuple[int, str]]) -> None:
    apt = "{apt: {uri: 'http://10.250.0.11:8082/debian', suite: x, key: one.asc}}"
    edits = {"gateway.engine": "openswan", "gateway.openswan": apt, "services": services}
    ways = client(tmp_path, edits, key=PUBLIC_KEY).client.ways_out
    assert {(way.port, str(way.network)) for way in ways} == expected


_EC2 = "ec2.amazonaws.com"


@pytest.mark.parametrize(
    ("region", "trusted"),
    [
        ("us-gov-west-1", _EC2),
        ("cn-north-1", [_EC2, f"{_EC2}.cn"]),
        ("cn-northwest-1", [_EC2, f"{_EC2}.cn"]),
        ("eusc-de-east-1", _EC2),
    ],
)
def test_other_partitions_synthesise(tmp_path: Path, region: str, trusted: str | list[str]) -> None:
    """No ARN of a template names a partition: it is AWS's own word for where the stack is. Nor does a service's name: it ends
    otherwise in China."""
    elsewhere = {key: moved(value, region) for key, value in STRICT.items()}
    stack = of(tmp_path, {**elsewhere, "region": region})
    assert "arn:aws:" not in str(stack.template)
    assert stack.one("IAM::Role")["AssumeRolePolicyDocument"]["Statement"][0]["Principal"]["Service"] == trusted
    assert ".amazonaws.*" in str(stack.one("IAM::Role")), "through Secrets Manager, whatever its name ends with"


def moved(text: str, region: str) -> str:
    """What a client file says, of another region and its partition."""
    return text.replace("arn:aws:", f"arn:{partition_of(region)}:").replace("eu-west-2", region)


def test_a_bootstrap_of_another_qualifier_is_deployed_with(tmp_path: Path) -> None:
    """docs/account.md: the key of cdk.json. The roles that deploy, the assets' bucket and the version are that bootstrap's."""
    key = "@aws-cdk/core:bootstrapQualifier"
    app = App(context={**CONTEXT, key: "tradeops"}, outdir=str(tmp_path / "out"))
    GatewayStack(app, deployment=client(tmp_path, STRICT))
    artifact = app.synth().get_stack_by_name("fixtunnel-acme")
    assert artifact.template["Parameters"]["BootstrapVersion"]["Default"] == "/cdk-bootstrap/tradeops/version"
    assert ":role/cdk-tradeops-deploy-role-" in str(artifact.assume_role_arn)
    said = (tmp_path / "out/manifest.json").read_text() + json.dumps(artifact.template)
    assert "cdk-tradeops-assets-" in said and "hnb659fds" not in said


def test_what_is_of_another_region_is_refused(tmp_path: Path) -> None:
    edits = {**STRICT, "region": "eu-central-1"}
    faults = _faults(tmp_path, edits)
    assert [one for one in faults if "is of another region; write one of eu-central-1" in one] == [
        one for one in faults if one.split(": ")[2].startswith(("alarm_topics", "keys.", "sessions."))
    ]
    assert len(faults) == 3 + len(KEYS) + 1, "the zone of the network too"


def _all(stack: Stack, kind: str) -> list[dict[str, Any]]:
    return [resource["Properties"] for resource in stack.all(kind).values()]


def _faults(folder: Path, edits: dict[str, str]) -> list[str]:
    with pytest.raises(InvalidInput) as caught:
        of(folder, edits)
    return [str(fault) for fault in caught.value.faults if fault.severity == "error"]
