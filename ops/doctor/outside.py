"""The outer layers but the stack: credentials, instance, address, agent."""

from __future__ import annotations

from ops.aws import AwsFailure, open_account
from ops.aws.instance import console_tail
from ops.doctor.finding import Broken, Finding
from ops.doctor.patient import Patient
from ops.failure import Failure
from ops.gateway.onto import session_to
from ops.gateway.session import Unreachable


def credentials(patient: Patient) -> Finding:
    """Whether AWS knows us, in the client's account."""
    try:
        patient.account = open_account(patient.settings, patient.deployment)
        identity = patient.account.identity
    except Failure as failure:
        raise Broken("credentials", failure.what, side="us", evidence=failure.evidence, advice=failure.advice) from None
    return Finding(layer="credentials", evidence=f"{identity.arn} in {patient.account.region}")


def instance(patient: Patient) -> Finding:
    """Whether the instance runs, and EC2 finds nothing wrong with it."""
    found = patient.account.instance(patient.stack.instance_id) if patient.stack.instance_id else None
    deploy = f"fixtunnel deploy {patient.client}"
    if found is None or found.state in ("terminated", "shutting-down"):
        what = f"the stack's instance {patient.stack.instance_id} is gone"
        advice = f"somebody deleted it beside the stack; pin another image (fixtunnel image update), then {deploy}"
        raise Broken("instance", what, side="us", cause="instance-gone", advice=advice)
    if found.state != "running":
        advice = f"start it: aws ec2 start-instances --instance-ids {found.id}"
        raise Broken("instance", f"{found.id} is {found.state}", side="us", cause="instance-stopped", advice=advice)
    if found.checks == "impaired":
        raise Broken(
            "instance",
            f"EC2's own checks of {found.id} fail",
            side="aws",
            cause="instance-impaired",
            evidence=console_tail(patient.account.access, found.id),
            advice="AWS moves it to another host by itself within minutes; if not, stop and start it in the window",
        )
    patient.instance = found
    return Finding(
        layer="instance", evidence=f"{found.id} {found.state}" + (f", checks {found.checks}" if found.checks else "")
    )


def address(patient: Patient) -> Finding:
    """Whether the instance holds the address that the venue knows."""
    wanted, holder = patient.stack.address, patient.account.holder_of(patient.stack.address)
    if holder != patient.instance.id:
        who = f"{holder} holds it" if holder else "nobody holds it"
        advice = (
            f"if no deploy is at work: aws ec2 associate-address --allocation-id {patient.stack.allocation_id} "
            f"--instance-id {patient.instance.id} --allow-reassociation"
        )
        raise Broken(
            "address", f"the gateway does not hold {wanted}: {who}", side="us", cause="address-elsewhere", advice=advice
        )
    return Finding(layer="address", evidence=f"{wanted} is with {patient.instance.id}")


def agent(patient: Patient) -> Finding:
    """Whether commands reach the gateway."""
    patient.session = session_to(patient.account, patient.instance.id)
    try:
        patient.session.run("true", limit=30)
    except Unreachable as failure:
        raise Broken(
            "agent",
            failure.what,
            side="us",
            cause="agent-silent",
            evidence=failure.evidence or console_tail(patient.account.access, patient.instance.id),
            advice="a gateway that boots takes some minutes; else look at its console, and at port 443 outwards",
        ) from None
    except AwsFailure as failure:
        raise Broken("agent", failure.what, side="us", evidence=failure.evidence, advice=failure.advice) from None
    return Finding(layer="agent", evidence="commands reach the gateway")
