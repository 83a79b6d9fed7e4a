"""Bad days of a replacement: the address moves to another gateway, or the other gateway never gets so far."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import IPv4Address
from typing import Any

from localaws.account import Ec2Instance, read_instance
from localaws.cdk import Cdk, CdkFailed
from model.deployment import Deployment
from rehearsal.faults.fault import fault
from rehearsal.faults.scene import Scene, SceneFailed
from rehearsal.world.machine import Machine

_BOOT_LIMIT, _DEPLOY_LIMIT, _MOVE_LIMIT = 900.0, 180.0, 60.0
_OURS_ALONE = "How fast AWS itself moves an address is not shown here: the edge moves it 3 s after EC2's answer."


def _needs_one(deployment: Deployment) -> str:
    return "is for one gateway; two have 27 to 40" if deployment.client.gateway.standby else ""


def _needs_host(deployment: Deployment) -> str:
    if why_not := _needs_one(deployment):
        return why_not
    return "" if deployment.client.trading_hosts else "needs a FIX engine outside the gateway: CLIENT=acme-capital"


@fault(
    17,
    "address-moved",
    "another gateway of the stack claims the address, and the routes, while both run",
    goal=15,
    part="boot",
    cannot=_needs_host,
    todo=_OURS_ALONE,
)
def address_moved(scene: Scene) -> Iterator[None]:
    stage = scene.stage
    if stage.has_second:
        _move(scene, to=stage.second_instance)
    else:
        # From the very launch parameters of the first: it boots, and claims as its last step.
        before = _led_to(scene)
        _wait_for_claim(scene, stage.bring_second(_launch(scene)))
        _wait_for_edge(scene, before)
    yield


@fault(
    17,
    "address-moved-back",
    "address given back by hand; the routes follow by themselves",
    goal=15,
    part="boot",
    cannot=_needs_host,
    afterwards=lambda s: s.end_second(),
)
def address_moved_back(scene: Scene) -> Iterator[None]:
    if not scene.stage.has_second:
        raise SceneFailed("there is no second gateway to move the address back from: play address-moved before")
    _move(scene, to=scene.stage.instance)
    yield


@fault(
    17,
    "replaced",
    "a deploy replaces the gateway, and ends the old one",
    part="boot",
    cannot=_needs_host,
    afterwards=lambda scene: scene.machine.power_cut(),
    is_last=True,
)
def replaced(scene: Scene) -> Iterator[None]:
    with _replacing(scene) as deploy:
        deploy.wait(limit=_BOOT_LIMIT)
    yield


@fault(
    18,
    "replacement-fails",
    "replacement that fails before its claim: the deploy is rolled back",
    part="slow",
    cannot=_needs_one,
)
def replacement_fails(scene: Scene) -> Iterator[None]:
    stage, aws = scene.stage, scene.stage.aws
    image = "debian-12" if stage.deployment.client.gateway.image != "debian-12" else "debian-13"
    with aws.deploying(stage.client, context={"gateway.image": image}) as deploy:
        aws.wait_for_instance(stage.client, limit=_DEPLOY_LIMIT, other_than={stage.instance.instance_id})
        # What a gateway says that could not install its engine; until then it has not had the address.
        aws.signal(stage.client, success=False)
        _await_roll_back(deploy)
        yield


@fault(
    18,
    "replacement-fails-at-claim",
    "new gateway is complete, and EC2 does not take its claim: the deploy is rolled back",
    part="boot",
    cannot=_needs_one,
    afterwards=lambda scene: scene.end_second(),
    todo="Nothing moved: the old gateway has the address and works on. Read why the deploy failed, then deploy again.",
)
def replacement_fails_at_claim(scene: Scene) -> Iterator[None]:
    with _replacing(scene) as deploy:
        with scene.stage.front.paused("ec2"):
            _await_roll_back(deploy, limit=_BOOT_LIMIT)
        yield


@fault(
    18,
    "replacement-fails-at-routes",
    "new gateway has claimed the address, and EC2 refuses it the routes: it gives the address back, the deploy is rolled back",
    part="boot",
    cannot=_needs_host,
    afterwards=lambda scene: scene.end_second(),
    todo="The old gateway has the address again within seconds. Read why the deploy failed, then deploy again.",
)
def replacement_fails_at_routes(scene: Scene) -> Iterator[None]:
    with _replacing(scene) as deploy, _without_right(scene, "ec2:ReplaceRoute"):
        _await_roll_back(deploy, limit=_BOOT_LIMIT)
        yield


@fault(
    18,
    "replacement-dies-after-claim",
    "new gateway has claimed the address and loses its power: the deploy is rolled back, the old gateway takes it again",
    part="boot",
    cannot=_needs_one,
    afterwards=lambda scene: scene.end_second(),
    todo="The old gateway has the address again as soon as CloudFormation has ended the new one. A new gateway that dies "
    "without a word is waited for to the end of its limit (15 min): end its instance to have it sooner.",
)
def replacement_dies_after_claim(scene: Scene) -> Iterator[None]:
    stage = scene.stage
    with _replacing(scene) as deploy:
        # So that it has claimed, and CloudFormation never hears of it.
        with stage.front.paused("cloudformation"):
            _wait_for_claim(scene, stage.second)
            stage.second.power_cut()
        stage.aws.signal(stage.client, success=False)
        _await_roll_back(deploy)
        yield


@fault(
    18,
    "replacement-fails-after-signal",
    "new gateway has signalled, and a later step fails: the deploy is rolled back, the old gateway takes the address again",
    part="boot",
    afterwards=lambda scene: scene.end_second(),
    todo="The old gateway has the address again as soon as CloudFormation ends the new one. Read why the deploy failed.",
)
def replacement_fails_after_signal(scene: Scene) -> Iterator[None]:
    stage = scene.stage
    # State Manager refuses what keeps the new gateway's agent current, as it might for many reasons.
    with stage.aws.refusing("AWS::SSM::Association"), _replacing(scene) as deploy:
        _await_roll_back(deploy, limit=_BOOT_LIMIT)
        stage.second.power_cut()
        yield


@contextmanager
def _replacing(scene: Scene) -> Iterator[Cdk]:
    """A deploy that needs another gateway, and that gateway with power."""
    stage = scene.stage
    with stage.aws.deploying(stage.client, context={"gateway.instance_type": "t3.large"}) as deploy:
        known = {stage.instance.instance_id}
        new = stage.aws.wait_for_instance(stage.client, limit=_DEPLOY_LIMIT, other_than=known)
        stage.bring_second(new)
        yield deploy


@contextmanager
def _without_right(scene: Scene, action: str) -> Iterator[None]:
    """The gateway's role loses a right, and gets it back."""
    iam: Any = scene.stage.aws.clients.iam
    role = scene.stage.instance.role
    named = {
        name: iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"] for name in _policies(iam, role)
    }
    ((name, whole),) = [(name, told) for name, told in named.items() if action in json.dumps(told)]
    kept = [one for one in whole["Statement"] if action not in json.dumps(one)]
    iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(whole | {"Statement": kept}))
    try:
        yield
    finally:
        iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(whole))


def _policies(iam: Any, role: str | None) -> list[str]:
    return list(iam.list_role_policies(RoleName=role)["PolicyNames"])


def _await_roll_back(deploy: Cdk, *, limit: float = _DEPLOY_LIMIT) -> None:
    try:
        deploy.wait(limit=limit)
    except CdkFailed:
        return
    raise SceneFailed("the deploy of a gateway that failed went through")


def _wait_for_claim(scene: Scene, second: Machine) -> None:
    """Until EC2 has given the address to the second gateway: the edge follows 3 s later."""
    stage = scene.stage

    def has_claimed(_machine: Machine) -> bool:
        found = read_instance(stage.second_instance.instance_id, ec2=stage.aws.clients.ec2, iam=stage.aws.clients.iam)
        return found.elastic_ip == stage.elastic_ip

    second.wait_for(has_claimed, limit=_BOOT_LIMIT, what="the second gateway claims the address")


def _launch(scene: Scene) -> Ec2Instance:
    clients, first = scene.stage.aws.clients, scene.stage.instance
    told: Any = clients.ec2.describe_instances(InstanceIds=[first.instance_id])["Reservations"][0]["Instances"][0]
    made: Any = clients.ec2.run_instances(
        ImageId=first.image_id,
        InstanceType=told["InstanceType"],
        MinCount=1,
        MaxCount=1,
        NetworkInterfaces=[
            {
                "DeviceIndex": 0,
                "SubnetId": first.subnet_id,
                "AssociatePublicIpAddress": True,
                "SecondaryPrivateIpAddressCount": len(first.secondary_ips),
                "DeleteOnTermination": True,
                "Groups": [group["GroupId"] for group in told["SecurityGroups"]],
            }
        ],
        SecurityGroupIds=[group["GroupId"] for group in told["SecurityGroups"]],
        TagSpecifications=[{"ResourceType": "instance", "Tags": told["Tags"]}],
        IamInstanceProfile={"Arn": told["IamInstanceProfile"]["Arn"]},
        UserData=first.user_data.decode(),
    )
    made_id = made["Instances"][0]["InstanceId"]
    clients.ec2.modify_instance_attribute(InstanceId=made_id, SourceDestCheck={"Value": first.source_dest_check})
    return read_instance(made_id, ec2=clients.ec2, iam=clients.iam)


def _move(scene: Scene, *, to: Ec2Instance) -> None:
    """The address in EC2, by hand. It has moved when the edge has followed."""
    before = _led_to(scene)
    scene.stage.aws.move_address(str(scene.stage.elastic_ip), instance_id=to.instance_id)
    _wait_for_edge(scene, before)


def _led_to(scene: Scene) -> list[IPv4Address]:
    """The private address to which the edge leads the Elastic IP, if any."""
    stage = scene.stage
    return [inside for inside, outside in stage.edge.associations.items() if outside == stage.elastic_ip]


def _wait_for_edge(scene: Scene, before: list[IPv4Address]) -> None:
    """An order that the old gateway still carries is no recovery.

    Raises:
        SceneFailed: the edge did not follow.
    """
    end = time.monotonic() + _MOVE_LIMIT
    while _led_to(scene) == before:
        if time.monotonic() > end:
            where = f"the edge still has {scene.stage.elastic_ip} where it was"
            raise SceneFailed(f"{where}, {_MOVE_LIMIT:g} s after EC2's answer")
        time.sleep(0.1)


FAULTS = (
    address_moved,
    address_moved_back,
    replaced,
    replacement_fails,
    replacement_fails_at_claim,
    replacement_fails_at_routes,
    replacement_dies_after_claim,
    replacement_fails_after_signal,
)
