"""From a client to its gateway: the session by which commands reach it."""

from __future__ import annotations

from pathlib import Path

from model.deployment import Deployment
from ops.aws import Account
from ops.failure import Failure
from ops.gateway import session
from ops.gateway.guest import GuestSession
from ops.gateway.session import NobodySession, ProgramSession, Session
from ops.gateway.ssm import SsmSession


def session_of(account: Account, deployment: Deployment) -> Session:
    """The way onto a client's gateway. Raises Failure where there is none."""
    client = deployment.client.name
    instance_id = account.stack(client).instance_id
    if not instance_id:
        raise Failure(f"{client} has no gateway yet", advice=f"fixtunnel status {client}")
    return session_to(account, instance_id)


def session_to(account: Account, instance_id: str) -> Session:
    """The way onto an instance: by SSM, or by what stands in for it."""
    named = session.stand_in()
    if named.startswith(session.GUEST):
        return GuestSession(Path(named.removeprefix(session.GUEST).replace("{instance}", instance_id)))
    if named == session.NOBODY:
        return NobodySession()
    return ProgramSession(named, instance_id) if named else SsmSession(account.access, instance_id)
