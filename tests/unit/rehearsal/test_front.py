"""AWS under its own names: what boto3 on a gateway gets through the front."""

from __future__ import annotations

import json
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Literal

import certifi
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError, SSLError

from localaws.authority import Authority
from localaws.front import Front
from tests.unit.rehearsal.embedded import REGION, Deployed, Emulator

Gateway = Callable[..., Any]


@contextmanager
def refused(code: str, words: str = "") -> Iterator[None]:
    with pytest.raises(ClientError) as caught:
        yield
    error = caught.value.response["Error"]
    assert error["Code"] == code, error
    assert words in error["Message"]


def test_the_secret_is_read_by_the_role(gateway: Gateway, deployed: Deployed, front: Front) -> None:
    value = gateway("secretsmanager").get_secret_value(SecretId=deployed.secret_arn)
    assert value["SecretString"] == "canary"
    logged = front.requests()[-1]
    assert (logged["action"], logged["resource"], logged["allowed"]) == ("GetSecretValue", deployed.secret_arn, True)
    assert "canary" not in json.dumps(front.requests())


def test_an_address_is_claimed_by_its_allocation_at_an_interface_of_the_vpc(
    gateway: Gateway, deployed: Deployed, emulator: Emulator
) -> None:
    ec2, owner = gateway("ec2"), emulator.client("ec2")
    where = {"NetworkInterfaceId": deployed.interface_id, "PrivateIpAddress": deployed.secondary_address}
    found = ec2.associate_address(AllocationId=deployed.allocation_id, **where)
    assert ec2.describe_addresses()["Addresses"][0]["AssociationId"] == found["AssociationId"]
    owner.disassociate_address(AssociationId=found["AssociationId"])
    with refused("UnauthorizedOperation", "elastic-ip/eipalloc-0"):
        ec2.associate_address(AllocationId="eipalloc-0", **where)
    other = owner.create_vpc(CidrBlock="10.99.0.0/26")["Vpc"]["VpcId"]
    subnet = owner.create_subnet(VpcId=other, CidrBlock="10.99.0.0/27")["Subnet"]["SubnetId"]
    card = owner.create_network_interface(SubnetId=subnet)["NetworkInterface"]["NetworkInterfaceId"]
    with refused("UnauthorizedOperation", "network-interface/"):
        ec2.associate_address(AllocationId=deployed.allocation_id, NetworkInterfaceId=card)


def test_an_association_is_ended_where_its_address_and_its_interface_are_granted(
    gateway: Gateway, deployed: Deployed, emulator: Emulator
) -> None:
    ec2, owner = gateway("ec2"), emulator.client("ec2")
    where = {"NetworkInterfaceId": deployed.interface_id, "PrivateIpAddress": deployed.secondary_address}
    ours = ec2.associate_address(AllocationId=deployed.allocation_id, **where)["AssociationId"]
    other = owner.allocate_address(Domain="vpc")["AllocationId"]
    theirs = owner.associate_address(AllocationId=other, NetworkInterfaceId=deployed.interface_id)["AssociationId"]
    ec2.disassociate_address(AssociationId=ours)
    with refused("UnauthorizedOperation", f"elastic-ip/{other}"):
        ec2.disassociate_address(AssociationId=theirs)
    owner.disassociate_address(AssociationId=theirs)
    owner.release_address(AllocationId=other)


def test_routes_are_made_in_the_table_that_is_granted(gateway: Gateway, deployed: Deployed) -> None:
    route = {"DestinationCidrBlock": "192.0.2.0/24", "NetworkInterfaceId": deployed.interface_id}
    gateway("ec2").create_route(RouteTableId=deployed.route_table_id, **route)
    with refused("UnauthorizedOperation", "route-table/rtb-0"):
        gateway("ec2").create_route(RouteTableId="rtb-0", **route)


def test_a_secret_is_found_by_its_name_too(gateway: Gateway) -> None:
    assert gateway("secretsmanager").get_secret_value(SecretId="acme/psk")["SecretString"] == "canary"


def test_a_secret_without_a_value_is_not_found(gateway: Gateway, deployed: Deployed, front: Front) -> None:
    words = "Secrets Manager can't find the specified secret value for staging label: AWSCURRENT"
    with refused("ResourceNotFoundException", words):
        gateway("secretsmanager").get_secret_value(SecretId=deployed.empty_secret_arn)
    assert front.requests()[-1]["status"] == 400


def test_another_secret_is_refused_in_awss_words(gateway: Gateway, deployed: Deployed) -> None:
    who = f"arn:aws:sts::123456789012:assumed-role/gateway/{deployed.instance_id}"
    what = f"is not authorized to perform: secretsmanager:GetSecretValue on resource: {deployed.foreign_secret_arn}"
    with refused("AccessDeniedException", f"User: {who} {what} because no identity-based policy allows"):
        gateway("secretsmanager").get_secret_value(SecretId=deployed.foreign_secret_arn)


def test_a_secret_under_a_key_of_the_customers_needs_that_key(
    gateway: Gateway, deployed: Deployed, emulator: Emulator
) -> None:
    secrets = gateway("secretsmanager")
    with refused("AccessDeniedException", "Access to KMS is not allowed"):
        secrets.get_secret_value(SecretId=deployed.key_secret_arn)
    with granted(emulator, "kms:Decrypt", deployed.kms_key_arn, via=f"secretsmanager.{REGION}.amazonaws.com"):
        until(lambda: secrets.get_secret_value(SecretId=deployed.key_secret_arn)["SecretString"] == "canary")


def until(condition: Callable[[], bool], *, limit_s: float = 5.0) -> None:
    """Wait: what the front read of the role's policies is good for two seconds."""
    deadline = time.monotonic() + limit_s
    while True:
        with suppress(ClientError):
            if condition():
                return
        assert time.monotonic() < deadline, f"it did not happen within {limit_s:g} s"
        time.sleep(0.1)


@contextmanager
def granted(emulator: Emulator, action: str, resource: str, *, via: str) -> Iterator[None]:
    """Give the role one more permission, by a managed policy."""
    iam = emulator.client("iam")
    condition = {"StringEquals": {"kms:ViaService": via}}
    statement = {"Effect": "Allow", "Action": action, "Resource": resource, "Condition": condition}
    document = json.dumps({"Version": "2012-10-17", "Statement": statement})
    arn = iam.create_policy(PolicyName="more", PolicyDocument=document)["Policy"]["Arn"]
    iam.attach_role_policy(RoleName="gateway", PolicyArn=arn)
    yield
    iam.detach_role_policy(RoleName="gateway", PolicyArn=arn)


def test_a_boundary_takes_what_the_roles_own_policies_give(
    gateway: Gateway, deployed: Deployed, emulator: Emulator
) -> None:
    secrets, metrics, iam = gateway("secretsmanager"), gateway("cloudwatch"), emulator.client("iam")
    statement = {"Effect": "Allow", "Action": ["cloudwatch:*"], "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": statement})
    arn = iam.create_policy(PolicyName="bound", PolicyDocument=document)["Policy"]["Arn"]
    secrets.get_secret_value(SecretId=deployed.secret_arn)
    iam.put_role_permissions_boundary(RoleName="gateway", PermissionsBoundary=arn)
    try:
        until(lambda: not _reads(secrets, deployed.secret_arn))
        with refused("AccessDeniedException", "because no permissions boundary allows"):
            secrets.get_secret_value(SecretId=deployed.secret_arn)
        metrics.put_metric_data(Namespace="fixtunnel", MetricData=[{"MetricName": "TunnelUp", "Value": 1.0}])
        with refused("AccessDenied", "because no identity-based policy allows"):
            metrics.list_metrics()
    finally:
        iam.delete_role_permissions_boundary(RoleName="gateway")
    until(lambda: _reads(secrets, deployed.secret_arn))


def _reads(secrets: Any, arn: str) -> bool:
    try:
        return bool(secrets.get_secret_value(SecretId=arn))
    except ClientError:
        return False


def test_metrics_go_to_the_gateways_own_namespace_only(gateway: Gateway) -> None:
    metrics = gateway("cloudwatch")
    data = [{"MetricName": "TunnelUp", "Value": 1.0}]
    metrics.put_metric_data(Namespace="fixtunnel", MetricData=data)
    many = [{"MetricName": f"TunnelUp{n}", "Value": 1.0} for n in range(200)]
    metrics.put_metric_data(Namespace="fixtunnel", MetricData=many)
    with refused("AccessDenied", "cloudwatch:PutMetricData on resource: * because"):
        metrics.put_metric_data(Namespace="AWS/EC2", MetricData=data)


@pytest.mark.parametrize("protocol", ["json", "query"])
def test_metrics_in_each_of_cloudwatchs_wire_protocols(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch, protocol: str
) -> None:
    monkeypatch.setattr("botocore.model.PRIORITY_ORDERED_SUPPORTED_PROTOCOLS", (protocol,))
    test_metrics_go_to_the_gateways_own_namespace_only(gateway)


def test_a_wire_protocol_that_the_emulator_lacks_is_judged_and_said_so(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("botocore.model.PRIORITY_ORDERED_SUPPORTED_PROTOCOLS", ("smithy-rpc-v2-cbor",))
    metrics = gateway("cloudwatch")
    data = [{"MetricName": "TunnelUp", "Value": 1.0}]
    with refused("RehearsalUndecided", "it is permitted, but the embedded AWS does not speak CBOR"):
        metrics.put_metric_data(Namespace="fixtunnel", MetricData=data)
    with refused("AccessDenied", "cloudwatch:PutMetricData on resource: * because"):
        metrics.put_metric_data(Namespace="AWS/EC2", MetricData=data)


def test_only_its_own_stack_can_be_signalled(gateway: Gateway, deployed: Deployed, front: Front) -> None:
    stacks = gateway("cloudformation")
    signal = {"LogicalResourceId": "Gateway", "UniqueId": "i-1", "Status": "SUCCESS"}
    with refused("AccessDenied", "cloudformation:SignalResource on resource: arn:aws:cloudformation:"):
        stacks.signal_resource(StackName="other", **signal)
    with refused("RehearsalUndecided", "the embedded AWS failed at cloudformation:SignalResource"):
        # Stock moto does not know the action; what counts is that the front let it pass.
        stacks.signal_resource(StackName="acme", **signal)
    logged = front.requests()[-1]
    assert (logged["allowed"], logged["resource"]) == (True, deployed.stack_id)


def test_log_streams_of_its_own_group(gateway: Gateway) -> None:
    logs = gateway("logs")
    logs.create_log_stream(logGroupName="/fixtunnel/acme", logStreamName="boot")
    event = {"timestamp": 1795392000000, "message": "up"}
    logs.put_log_events(logGroupName="/fixtunnel/acme", logStreamName="boot", logEvents=[event])
    with refused("AccessDeniedException", "log-group:/fixtunnel/other:log-stream:boot"):
        logs.create_log_stream(logGroupName="/fixtunnel/other", logStreamName="boot")


@pytest.mark.parametrize("style", ["virtual", "path"])
def test_assets_by_virtual_host_and_by_path(gateway: Gateway, style: Literal["virtual", "path"]) -> None:
    s3 = gateway("s3", config=Config(s3={"addressing_style": style}))
    assert s3.get_object(Bucket="assets", Key="a b/c+d.deb")["Body"].read() == b"package"
    assert s3.head_object(Bucket="assets", Key="a b/c+d.deb")["ContentLength"] == 7
    with refused("AccessDenied", "s3:GetObject on resource: arn:aws:s3:::assets/elsewhere"):
        s3.get_object(Bucket="assets", Key="elsewhere")


def test_the_caller_is_the_instances_role(gateway: Gateway, deployed: Deployed) -> None:
    arn = gateway("sts").get_caller_identity()["Arn"]
    assert arn == f"arn:aws:sts::123456789012:assumed-role/gateway/{deployed.instance_id}"


def test_credentials_that_nobody_issued_are_refused(gateway: Gateway) -> None:
    made_up = {"aws_access_key_id": "AKIAIOSFODNN7EXAMPLE", "aws_secret_access_key": "x", "aws_session_token": "y"}
    with refused("InvalidClientTokenId"):
        gateway("sts", **made_up).get_caller_identity()
    with refused("UnrecognizedClientException"):
        gateway("secretsmanager", **made_up).get_secret_value(SecretId="acme/psk")
    with refused("InvalidAccessKeyId"):
        gateway("s3", **made_up).get_object(Bucket="assets", Key="a b/c+d.deb")


def test_parameters_are_a_service_as_any_other(gateway: Gateway) -> None:
    """The gateway reads its operations from one; what the agent would ask is for its stand-in to say."""
    with pytest.raises(ClientError, match="not authorized to perform: ssm:DescribeInstanceInformation"):
        gateway("ssm").describe_instance_information()


@pytest.mark.parametrize(("name", "body"), [("public.deb", b"for all"), ("a b/c+d.deb", None), ("none", None)])
def test_a_stranger_reads_public_objects_only(
    aws_names: None, authority: Authority, name: str, body: bytes | None
) -> None:
    url = f"https://assets.s3.{REGION}.amazonaws.com/{urllib.request.quote(name)}"  # type: ignore[attr-defined]
    trust = ssl.create_default_context(cafile=str(authority.certificate))
    if body is None:
        with pytest.raises(urllib.error.HTTPError, match="403"):
            urllib.request.urlopen(url, context=trust)
    else:
        with urllib.request.urlopen(url, context=trust) as response:
            assert response.read() == body


def test_a_paused_service_answers_503_and_the_others_work(gateway: Gateway, front: Front) -> None:
    front.pause("secretsmanager")
    with pytest.raises(ClientError, match="paused by the rehearsal"):
        gateway("secretsmanager").get_secret_value(SecretId="acme/psk")
    gateway("sts").get_caller_identity()
    front.resume("secretsmanager")
    gateway("secretsmanager").get_secret_value(SecretId="acme/psk")


def test_a_late_service_is_still_at_work_when_its_caller_has_given_up(gateway: Gateway, front: Front) -> None:
    front.pause("secretsmanager", "late")
    patience = Config(read_timeout=0.3, retries={"total_max_attempts": 1})
    before = len(front.requests())
    with pytest.raises(ReadTimeoutError):
        gateway("secretsmanager", config=patience).get_secret_value(SecretId="acme/psk")
    front.resume("secretsmanager")
    assert len(front.requests()) == before


def test_a_connection_can_be_reset_or_swallowed(gateway: Gateway, front: Front) -> None:
    impatient = gateway("sts", config=Config(read_timeout=0.3))
    front.pause("sts", "reset")
    with pytest.raises(ConnectionClosedError):
        impatient.get_caller_identity()
    front.pause("sts", "blackhole")
    with pytest.raises(ReadTimeoutError):
        impatient.get_caller_identity()
    front.resume("sts")
    impatient.get_caller_identity()


def test_a_fault_of_no_service_is_an_error(front: Front) -> None:
    with pytest.raises(ValueError, match="monitoring cannot be paused"):
        front.pause("monitoring")


def test_who_does_not_trust_the_authority_gets_nothing(gateway: Gateway, front: Front) -> None:
    before = len(front.requests())
    with pytest.raises(SSLError):
        gateway("sts", verify=certifi.where()).get_caller_identity()
    until(lambda: any("connection" in str(each["reason"]) for each in front.requests()[before:]))
