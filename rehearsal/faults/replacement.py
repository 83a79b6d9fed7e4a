"""Bad days of a replacement: the address moves to another gateway, or the other gateway never gets so far."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from localaws.account import Ec2Instance, read_instance
from localaws.cdk import CdkFailed
from model.deployment import Deployment
from rehearsal.faults.fault import fault
from rehearsal.faults.scene import Scene, SceneFailed
from rehearsal.world.machine import Machine
from userdata.contract import GatewayState

_BOOT_LIMIT, _DEPLOY_LIMIT, _MOVE_LIMIT = 900.0, 180.0, 60.0
_WAITING: GatewayState = "waiting-for-address"
_OURS_ALONE = "How fast AWS itself moves an address is not shown here: the edge moves it 3 s after EC2's answer."


def _needs_host(deployment: Deployment) -> str:
    return "" if deployment.client.trading_hosts else "needs a FIX engine outside the gateway: CLIENT=acme-capital"


@fault(
    17,
    "address-moved",
    "address moved to a new gateway while both run",
    goal=15,
    part="boot",
    cannot=_needs_host,
    todo=_OURS_ALONE,
)
def address_moved(scene: Scene) -> Iterator[None]:
    stage = scene.stage
    if not stage.has_second:
        _boot_another(scene)
    _move(scene, to=stage.second_instance)
    yield


@fault(
    17, "address-moved-back", "and back", goal=15, part="boot", cannot=_needs_host, afterwards=lambda s: s.end_second()
)
def address_moved_back(scene: Scene) -> Iterator[None]:
    if not scene.stage.has_second:
        raise SceneFailed("there is no second gateway to move the address back from: play address-moved before")
    _move(scene, to=scene.stage.instance)
    yield


@fault(18, "replacement-fails", "replacement that fails before the signal: the deploy is rolled back", part="slow")
def replacement_fails(scene: Scene) -> Iterator[None]:
    stage, aws = scene.stage, scene.stage.aws
    image = "debian-12" if stage.deployment.client.gateway.image != "debian-12" else "debian-13"
    with aws.deploying(stage.client, context={"gateway.image": image}) as deploy:
        aws.wait_for_instance(stage.client, limit=_DEPLOY_LIMIT, other_than={stage.instance.instance_id})
        # What a gateway says that could not install its engine; until then it has not had the address.
        aws.signal(stage.client, success=False)
        try:
            deploy.wait(limit=_DEPLOY_LIMIT)
        except CdkFailed:
            yield
            return
    raise SceneFailed("the deploy of a gateway that said FAILURE went through")


@fault(
    18,
    "replacement-fails-after-signal",
    "new gateway has signalled, and CloudFormation cannot give it the address: the deploy is rolled back",
    part="boot",
    afterwards=lambda scene: scene.end_second(),
    todo="Nothing moved: the old gateway has the address and works on. Read why the deploy failed, then deploy again.",
)
def replacement_fails_after_signal(scene: Scene) -> Iterator[None]:
    stage, aws = scene.stage, scene.stage.aws
    other = {"gateway.instance_type": "t3.large"}
    with aws.refusing("AWS::EC2::EIPAssociation"), aws.deploying(stage.client, context=other) as deploy:
        new = aws.wait_for_instance(stage.client, limit=_DEPLOY_LIMIT, other_than={stage.instance.instance_id})
        second = stage.bring_second(new)
        second.wait_for(_is_waiting, limit=_BOOT_LIMIT, what="the second gateway waits for the address")
        try:
            deploy.wait(limit=_DEPLOY_LIMIT)
        except CdkFailed:
            yield
            return
    raise SceneFailed("a deploy that could not move the address went through")


def _boot_another(scene: Scene) -> None:
    """A second gateway from the very launch parameters of the first, booted until it waits for the address."""
    stage = scene.stage
    instance = _launch(scene)
    second = stage.bring_second(instance)
    second.wait_for(_is_waiting, limit=_BOOT_LIMIT, what="the second gateway waits for the address")


def _is_waiting(machine: Machine) -> bool:
    # By the shell: until the boot has got so far there is no such program.
    return _WAITING in machine.run(["/bin/sh", "-c", "fixtunnel-status"]).stdout


def _launch(scene: Scene) -> Ec2Instance:
    clients, first = scene.stage.aws.clients, scene.stage.instance
    told: Any = clients.ec2.describe_instances(InstanceIds=[first.instance_id])["Reservations"][0]["Instances"][0]
    made: Any = clients.ec2.run_instances(
        ImageId=first.image_id,
        InstanceType=told["InstanceType"],
        MinCount=1,
        MaxCount=1,
        SubnetId=first.subnet_id,
        SecurityGroupIds=[group["GroupId"] for group in told["SecurityGroups"]],
        IamInstanceProfile={"Arn": told["IamInstanceProfile"]["Arn"]},
        UserData=first.user_data.decode(),
    )
    made_id = made["Instances"][0]["InstanceId"]
    clients.ec2.modify_instance_attribute(InstanceId=made_id, SourceDestCheck={"Value": first.source_dest_check})
    return read_instance(made_id, ec2=clients.ec2, iam=clients.iam)


def _move(scene: Scene, *, to: Ec2Instance) -> None:
    """The address in EC2, and the VPC's routes: what a deploy does at its end. It has moved when the edge has followed.

    Raises:
        SceneFailed: the edge did not follow.
    """
    stage = scene.stage
    before = stage.edge.associations
    stage.aws.move_address(str(stage.elastic_ip), instance_id=to.instance_id)
    for table in stage.aws.clients.ec2.describe_route_tables()["RouteTables"]:
        for route in table["Routes"]:
            if "InstanceId" in route:
                stage.aws.clients.ec2.replace_route(
                    RouteTableId=table["RouteTableId"],
                    DestinationCidrBlock=route["DestinationCidrBlock"],
                    InstanceId=to.instance_id,
                )
    end = time.monotonic() + _MOVE_LIMIT
    while stage.edge.associations == before:
        if time.monotonic() > end:
            raise SceneFailed(
                f"the edge still has {stage.elastic_ip} where it was, {_MOVE_LIMIT:g} s after EC2's answer"
            )
        time.sleep(0.1)


FAULTS = (
    address_moved,
    address_moved_back,
    replacement_fails,
    replacement_fails_after_signal,
)
