"""What a deploy would do, in a trader's words, from CloudFormation's own diff."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any, Literal

from model.adoption import ADDRESS_PARAMETER, psk_parameter
from model.client import ExistingNetwork
from model.deployment import Deployment
from model.resolved import read_table
from ops.aws import Access, Account, AwsFailure, Change, NotThere, Stack
from ops.aws.stack import NEVER_WAS, change_set, drop_change_set, read_metadata
from ops.deploying.causes import INSTANCE, Cause, Compared, causes
from ops.deploying.cdk import CdkRun, cdk, parameters
from ops.deploying.downtime import REPLACEMENT_PARTS, REPLACEMENT_SECONDS, trading
from ops.deploying.obstacle import Obstacle
from ops.deploying.obstacles import obstacles
from ops.failure import Failure
from ops.options import Settings

Kind = Literal["new", "nothing", "in place", "replaces the gateway", "restarts the gateway"]
_ADDRESS, _ASSOCIATION = "AWS::EC2::EIP", "AWS::EC2::EIPAssociation"
_ROLE, _ROLE_NAME = "AWS::IAM::Role", "RoleName"
_PARAMETER = "AWS::SSM::Parameter"
"""What changes in place under a gateway: its operations, and the agent's keys."""
_RESTARTING = ("InstanceType", "UserData", "EbsOptimized")
"""Properties that EC2 changes in place by stopping and starting the instance."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a deploy would do, and why. `trading` names the venues that are in session now.

    `new_address` is the public address that takes the place of the present one, mostly empty. With it we can't know how long
    the tunnels are down: until the venue has changed its side.
    """

    client: str
    kind: Kind
    words: tuple[str, ...]
    seconds_down: int | None
    new_address: str = ""
    trading: tuple[str, ...]
    obstacles: tuple[Obstacle, ...]
    changes: tuple[Change, ...]
    causes: tuple[Cause, ...] = ()

    @property
    def takes_down(self) -> bool:
        """Whether a tunnel goes down."""
        return self.seconds_down != 0

    @property
    def needs_now(self) -> bool:
        """Whether it takes a tunnel down while a venue trades."""
        return self.takes_down and bool(self.trading)

    @property
    def is_refused(self) -> bool:
        """Whether AWS would refuse it, or it would fail half-way."""
        return any(one.is_fatal for one in self.obstacles)

    def as_dict(self) -> dict[str, Any]:
        """For a machine to read."""
        return {**asdict(self), "needs_now": self.needs_now, "is_refused": self.is_refused}


def plan_of(settings: Settings, account: Account, deployment: Deployment, *, keep: str = "") -> Plan:
    """Ask AWS what a deploy would do. `keep` names the change set that stays, to be deployed as it is.

    Raises:
        Failure: it cannot be known.
    """
    client = deployment.client.name
    stack = account.find_stack(client)
    if stack and stack.is_busy:
        raise Failure(
            f"CloudFormation is at work on {stack.name}: {stack.status}", advice="try again when it has ended"
        )
    kept = account.kept(deployment)
    plan = Plan(
        client=client,
        kind="new",
        words=tuple(_of_new(deployment, kept)),
        seconds_down=0,
        trading=tuple(venue.name for venue in trading(deployment.venues, datetime.now(UTC))),
        obstacles=(),
        changes=(),
    )
    if stack is None or stack.status in NEVER_WAS:
        return replace(plan, obstacles=tuple(obstacles(account, deployment, stack, kept)))
    # The CDK's validator takes half of a synthesis. A deploy asks it, before it begins; one of a saved plan synthesises no more.
    asked = _prepared(settings, account, deployment, kept, name=keep or new_name(), validates=bool(keep))
    with asked as prepared:
        # Meanwhile: the CDK takes seconds to synthesise.
        plan = replace(plan, obstacles=tuple(obstacles(account, deployment, stack, kept)))
        changes = tuple(prepared.changes(stack, keep=bool(keep)))
    kind, seconds = judged(changes)
    address = _new_address(deployment, stack, kept, changes)
    in_words = _of_changes(kind, seconds, is_public=deployment.client.has_public_address)
    told = _of_new_address(kind, stack.address, address) if address else in_words
    words = (*told, *_settings_in_place(kind, changes), *_first_claim(changes), *_adopted_secrets(deployment, kept))
    down = None if address else seconds
    plan = replace(plan, kind=kind, seconds_down=down, new_address=address, words=words, changes=changes)
    plan = replace(plan, obstacles=(*plan.obstacles, *_role_twice(deployment, changes)))
    return _explained(plan, settings, account, deployment, stack) if changes else plan


def _explained(plan: Plan, settings: Settings, account: Account, deployment: Deployment, stack: Stack) -> Plan:
    """The plan with its causes, or with the reason why they are not known."""
    try:
        deployed = read_table(read_metadata(account.access, stack.name))
        beside = Compared(settings=settings, account=account, deployment=deployment, stack=stack, deployed=deployed)
        found = causes(beside, plan.changes, is_replaced=plan.kind == "replaces the gateway")
    except AwsFailure as failure:
        return replace(plan, words=(*plan.words, f"why is not known: {failure.what} ({failure.evidence})"))
    unknown = (
        ()
        if deployed
        else ("its values were deployed by an earlier version: causes are named from the next deploy on",)
    )
    return replace(plan, words=(*plan.words, *unknown), causes=found)


@dataclass(frozen=True, kw_only=True)
class _Prepared:
    """A change set that the CDK prepares."""

    name: str
    run: CdkRun
    access: Access

    def changes(self, stack: Stack, *, keep: bool) -> list[Change]:
        """What it would do, read and, unless it is kept, dropped again; empty where nothing would change."""
        while not self.run.ended(within=60):
            continue
        self.run.check()
        try:
            changes, _reason = change_set(self.access, stack.name, self.name)
        except NotThere:
            return []
        if not (keep and changes):
            drop_change_set(self.access, stack.name, self.name)
        return changes


def new_name() -> str:
    """A change set's."""
    return f"fixtunnel-plan-{secrets.token_hex(4)}"


@contextmanager
def _prepared(
    settings: Settings, account: Account, deployment: Deployment, kept: dict[str, str], *, name: str, validates: bool
) -> Iterator[_Prepared]:
    client = deployment.client.name
    options = ["--method", "prepare-change-set", "--change-set-name", name, "--require-approval", "never"]
    options += parameters(client, kept)
    with cdk("deploy", client, settings=settings, access=account.access, options=options, validates=validates) as run:
        yield _Prepared(name=name, run=run, access=account.access)


def judged(changes: tuple[Change, ...]) -> tuple[Kind, int]:
    """What these changes do to the gateway, and for how many seconds the tunnels are down."""
    if not changes:
        return "nothing", 0
    gateway = [change for change in changes if change.kind == INSTANCE]
    made, gone = (any(change.action == action for change in gateway) for action in ("Add", "Remove"))
    # Where AWS cannot say beforehand (None), the worse is assumed.
    if (made and gone) or any(change.action == "Modify" and change.replaces is not False for change in gateway):
        return "replaces the gateway", REPLACEMENT_SECONDS
    if any(cause in _RESTARTING for change in gateway for cause in change.causes):
        return "restarts the gateway", 2 * 60
    if any(change.kind == _ADDRESS and change.action != "Add" for change in changes):
        return "in place", REPLACEMENT_SECONDS
    return "in place", 0


def _role_twice(deployment: Deployment, changes: tuple[Change, ...]) -> Iterator[Obstacle]:
    """CloudFormation makes the new role before the old one goes, and an account has a role's name once, whatever its path."""
    name = deployment.client.role.name
    stays = [one for one in changes if one.kind == _ROLE and one.action == "Modify" and _ROLE_NAME not in one.causes]
    if name and any(one.replaces for one in stays):
        yield Obstacle(
            what=f"another role would take the place of {name} under the same name, which the old one has until the end",
            advice="give another role.name together with another role.path, or none",
        )


def _new_address(deployment: Deployment, stack: Stack, kept: Mapping[str, str], changes: tuple[Change, ...]) -> str:
    """The public address after the deploy, where it is another one."""
    named = deployment.client.gateway.elastic_ip
    given = str(named.address) if named else kept.get(ADDRESS_PARAMETER, "")
    if given or not stack.address:
        return given if given != stack.address else ""
    made = [change for change in changes if change.kind == _ADDRESS]
    is_other = any(change.action != "Modify" or change.replaces is not False for change in made)
    return "one that AWS chooses" if is_other else ""


def _of_new(deployment: Deployment, kept: Mapping[str, str]) -> Iterator[str]:
    yield "makes a gateway that is not there yet; no tunnel is touched"
    if address := kept.get(ADDRESS_PARAMETER):
        yield f"adopts the address {address} that an earlier stack left: the venue knows it already"
    elif deployment.client.gateway.elastic_ip is None:
        yield "takes a new Elastic IP: tell the venue (fixtunnel form)"
    yield from _adopted_secrets(deployment, kept)
    if isinstance(deployment.client.network, ExistingNetwork) and deployment.client.network.route_table_ids:
        tables = ", ".join(deployment.client.network.route_table_ids)
        yield f"adds routes to the venues' networks to {tables}"


def _adopted_secrets(deployment: Deployment, kept: Mapping[str, str]) -> Iterator[str]:
    for tunnel in (one.name for one in deployment.connections if psk_parameter(one.name) in kept):
        yield f"adopts the secret of {tunnel} that an earlier stack left"


def _of_changes(kind: Kind, seconds: int, *, is_public: bool) -> Iterator[str]:
    if kind == "nothing":
        yield "changes nothing that runs"
    elif kind == "replaces the gateway":
        yield (
            "replaces the gateway: the new one is complete before the address moves to it; "
            f"then the tunnels are down for about {seconds} s ({REPLACEMENT_PARTS}), and FIX sessions may have to log on again"
        )
    elif kind == "restarts the gateway":
        lost = (
            ". EC2 then gives it no public address of its own: until it is replaced it reaches AWS only while it holds "
            "the Elastic IP"
        )
        down = f"the tunnels are down for about {seconds // 60} minutes"
        yield f"stops and starts the gateway: {down}{lost if is_public else ''}"
    elif seconds:
        yield f"moves the address: the tunnels are down for about {seconds} s"
    else:
        yield "changes things in place; no tunnel is touched"


def _settings_in_place(kind: Kind, changes: tuple[Change, ...]) -> Iterator[str]:
    """The gateway reads its operations each minute, and looks after its routes each minute."""
    if kind == "in place" and any(change.kind == _PARAMETER for change in changes):
        yield "the gateway takes its new settings within two minutes; until then new trading hosts or routes lead nowhere"


def _first_claim(changes: tuple[Change, ...]) -> Iterator[str]:
    """Of a stack of before, whose address CloudFormation moved."""
    if any(change.kind == _ASSOCIATION and change.action == "Remove" for change in changes):
        yield (
            "the gateway claims the address by itself from now on: the new one takes it onto a secondary private address; "
            "if a later step of this deploy fails, the old one can't take it back by itself"
        )


def _of_new_address(kind: Kind, old: str, new: str) -> Iterator[str]:
    yield f"CHANGES THE PUBLIC ADDRESS from {old} to {new}" + ("" if kind == "in place" else f", and {kind}")
    yield "the tunnels are down until each venue has changed its side: tell the venue before you deploy (fixtunnel form)"
