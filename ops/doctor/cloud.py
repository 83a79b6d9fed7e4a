"""What AWS knows of it: credentials, the stack and what became of it, instance, address, agent."""

from __future__ import annotations

from collections.abc import Iterable

from ops.aws import AwsFailure, Event, Stack, open_account
from ops.aws.ec2 import console_tail
from ops.aws.stack import events
from ops.deploying.progress import failures
from ops.doctor.examination import Examination
from ops.doctor.finding import Broken, Finding
from ops.duration import ago
from ops.failure import Failure
from ops.gateway.journal import log_of
from ops.gateway.kept import KeptState, kept_state
from ops.gateway.session import Unreachable, session_to
from ops.gateway.together import Together

_ALL_SECONDS, _ONE_SECONDS = 30, 15


def credentials(examination: Examination) -> Finding:
    """Whether AWS knows us, in the client's account."""
    try:
        examination.account = open_account(examination.settings, examination.deployment)
        identity = examination.account.identity
    except Failure as failure:
        raise Broken("credentials", failure.what, side="us", evidence=failure.evidence, advice=failure.advice) from None
    return Finding(layer="credentials", evidence=f"{identity.arn} in {examination.account.region}")


def instance(examination: Examination) -> Finding:
    """Whether the instance runs, and EC2 finds nothing wrong with it."""
    found = examination.account.instance(examination.stack.instance_id) if examination.stack.instance_id else None
    deploy = f"fixtunnel deploy {examination.client}"
    if found is None or found.state in ("terminated", "shutting-down"):
        what = f"the stack's instance {examination.stack.instance_id} is gone"
        advice = f"somebody deleted it beside the stack; pin another image (fixtunnel image update), then {deploy}"
        raise Broken("instance", what, side="us", cause="instance-gone", advice=advice)
    if found.state != "running":
        advice = f"start it: aws ec2 start-instances --instance-ids {found.id}; then replace it when it suits (runbook)"
        raise Broken("instance", f"{found.id} is {found.state}", side="us", cause="instance-stopped", advice=advice)
    if found.checks == "impaired":
        raise Broken(
            "instance",
            f"EC2's own checks of {found.id} fail",
            side="aws",
            cause="instance-impaired",
            evidence=console_tail(examination.account.access, found.id),
            advice="AWS moves it to another host by itself within minutes; if not, replace the gateway in the window",
        )
    examination.instance = found
    checks = f", checks {found.checks}" if found.checks else ""
    # EC2 gives it none at a start while a secondary one has the Elastic IP (EC2 User Guide, Public IPv4 addresses).
    is_missed = examination.deployment.client.has_public_address
    lacking = "it reaches AWS only while it holds the Elastic IP" if is_missed else "as the file says"
    way = "" if found.has_own_way else f", no public address of its own: {lacking}"
    return Finding(layer="instance", evidence=f"{found.id} {found.state}{checks}{way}")


def address(examination: Examination) -> Finding:
    """Whether the instance holds the address that the venue knows."""
    wanted, holder = examination.stack.address, examination.account.holder_of(examination.stack.address)
    if holder != examination.instance.id:
        who = f"{holder} holds it" if holder else "no gateway holds it"
        command = f"aws ec2 associate-address --allocation-id {examination.stack.allocation_id} {examination.instance.carrier}"
        # A gateway of before does not take it again.
        when = "if no deploy is at work" if holder else "if the gateway does not take it again within half a minute"
        advice = f"{when}: {command}"
        raise Broken(
            "address", f"the gateway does not hold {wanted}: {who}", side="us", cause="address-elsewhere", advice=advice
        )
    instance = examination.instance
    at = instance.public_at.get(wanted)
    if at and instance.carries and at != instance.carries:
        raise Broken(
            "address",
            f"the gateway has {wanted} at {at}, and it belongs at {instance.carries}",
            side="us",
            cause="address-elsewhere",
            evidence="associate-address without a private address puts it onto the primary one",
            advice=f"the gateway moves it within half a minute; if not: aws ec2 associate-address "
            f"--allocation-id {examination.stack.allocation_id} {instance.carrier}",
        )
    return Finding(layer="address", evidence=f"{wanted} is with {instance.id}")


def agent(examination: Examination, questions: Iterable[str]) -> Finding:
    """Whether commands reach the gateway: what the next layers ask of any. If none does, they look at what it last reported."""
    session = session_to(examination.account, examination.instance.id)
    examination.session = session
    try:
        examination.session = Together(session, questions, limit=_ALL_SECONDS)
    except AwsFailure as failure:
        return _as_it_told_aws(examination, failure)
    except Unreachable:
        try:
            # One of them may hang. The layer that asks it says so.
            session.run("true", limit=_ONE_SECONDS)
        except (Unreachable, AwsFailure) as failure:
            return _as_it_told_aws(examination, failure)
    return Finding(layer="agent", evidence="commands reach the gateway")


def _as_it_told_aws(examination: Examination, failure: Failure) -> Finding:
    try:
        kept = kept_state(examination.account.access, log_of(examination.deployment), examination.instance.id)
    except AwsFailure:
        kept = None
    broken = _unreached(examination, failure, kept)
    if kept is None or kept.is_late:
        raise broken
    examination.kept = kept
    # Who may send no command knows, and the firm wants it so.
    examination.unreached = broken if isinstance(failure, Unreachable) else None
    what = f"{failure.what}: what follows is what the gateway reported to AWS {ago(kept.age)} ago"
    return Finding(layer="agent", evidence=what, asked=False)


def _unreached(examination: Examination, failure: Failure, kept: KeptState | None) -> Broken:
    why = [f"no sessions by SSM: {kept.seen.no_sessions}"] if kept and kept.seen.no_sessions else []
    last = [f"its last report to AWS is {ago(kept.age)} old"] if kept else []
    if isinstance(failure, AwsFailure):
        evidence = "\n".join(filter(None, [failure.evidence, *last]))
        return Broken("agent", failure.what, side="us", evidence=evidence, advice=failure.advice)
    evidence = (
        "\n".join([*why, *last])
        or failure.evidence
        or console_tail(examination.account.access, examination.instance.id)
    )
    return Broken(
        "agent",
        failure.what,
        side="us",
        cause="agent-silent",
        evidence=evidence,
        advice="a gateway that boots takes some minutes; else look at its console, and at port 443 outwards",
    )


_AGAIN = "mend what is named, then fixtunnel deploy {client}"
_ANEW = "mend what is named, then fixtunnel destroy {client} and fixtunnel deploy {client}; what is kept is adopted"
_SPOILED = {
    "REVIEW_IN_PROGRESS": ("not-deployed", "a first deploy was prepared, and not begun", "fixtunnel deploy {client}"),
    "ROLLBACK_COMPLETE": ("deploy-failed", "the first deploy failed, and was taken back", f"{_AGAIN}; what is kept is adopted"),
    "ROLLBACK_FAILED": ("deploy-failed", "the first deploy failed, and could not be taken back wholly", _ANEW),
    "CREATE_FAILED": ("deploy-failed", "the first deploy failed half-way, and was not taken back", _ANEW),
    "UPDATE_FAILED": ("change-failed", "the last change failed half-way, and was not taken back", _AGAIN),
    "UPDATE_ROLLBACK_FAILED": (
        "change-failed",
        "the last change failed, and so did taking it back: some parts are old and some new",
        "mend what is named, then: aws cloudformation continue-update-rollback --stack-name fixtunnel-{client}",
    ),
    "DELETE_IN_PROGRESS": ("being-removed", "it is being removed", "wait until it is gone: fixtunnel status {client}"),
    "DELETE_FAILED": ("removal-failed", "not all of it could be removed", "mend what is named, then fixtunnel destroy {client}"),
}  # fmt: skip
"""States in which nothing further in is worth a look: the cause, what happened, what to do."""
_NOTES = {"UPDATE_ROLLBACK_COMPLETE": " (the last change failed and was taken back)"}
_BEGINNINGS = ("CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS", "DELETE_IN_PROGRESS")


def stack(examination: Examination) -> Finding:
    """Whether the stack stands. That CloudFormation is at work on a gateway that is there is only noted."""
    found = examination.account.find_stack(examination.client)
    if found is None:
        advice = f"fixtunnel deploy {examination.client}; if it is deployed elsewhere, look at region and account"
        raise Broken("stack", "there is no stack", side="us", cause="not-deployed", advice=advice)
    if found.status in _SPOILED or found.status.endswith("_FAILED"):
        raise _spoiled(examination, found)
    if found.is_busy and not found.instance_id:
        advice = "wait until it has ended, then ask again"
        raise Broken("stack", f"CloudFormation is at work: {found.status}", side="us", cause="busy", advice=advice)
    examination.stack = found
    note = " (CloudFormation is at work)" if found.is_busy else _NOTES.get(found.status, "")
    return Finding(layer="stack", evidence=f"{found.name} {found.status}{note}")


def _spoiled(examination: Examination, found: Stack) -> Broken:
    unknown = ("change-failed", "the last thing that was done to it failed", _AGAIN)
    cause, what, advice = _SPOILED.get(found.status, unknown)
    return Broken(
        "stack",
        f"{what} ({found.status})",
        side="us",
        cause=cause,
        evidence=failures(_last(events(examination.account.access, found.name))) or found.reason,
        advice=advice.format(client=examination.client),
    )


def _last(happened: list[Event]) -> list[Event]:
    """What happened since the last thing was begun: a stack remembers the failures of months."""
    of_stack = [one.kind == "AWS::CloudFormation::Stack" and one.status in _BEGINNINGS for one in happened]
    return happened[len(of_stack) - 1 - of_stack[::-1].index(True) :] if any(of_stack) else happened
