"""The PSK: in Secrets Manager, on the gateway, and on its way from the one to the other."""

from __future__ import annotations

from functools import partial

from model.deployment import Connection
from model.diagnosis import NEW_PSK_TO_VENUE
from ops.aws import AwsFailure, NotThere
from ops.aws.secret import Unusable
from ops.doctor.examination import Examination
from ops.doctor.finding import Broken, Finding
from ops.gateway.psk_change import digest, digest_command
from userdata import keyed
from userdata.contract import PskState

_UNDER_WAY: dict[PskState, str] = {
    "on-trial": "the gateway tries a new PSK with the venue, which has a minute at most to accept it: ask again then",
    "untried": "the gateway has loaded a new PSK, and tries it when this tunnel is needed",
    "waiting-for-window": "the gateway works with the PSK before this one, and takes the new one in the restart window",
}
"""None is a fault: gateway and secret differ because a rotation is not over."""


def secret(examination: Examination, connection: Connection) -> Finding:
    """Whether the secret has a value, and the gateway the same one."""
    name = connection.name
    try:
        ours = _of_secret(examination, connection)
    except AwsFailure as failure:
        # Many operators may not read PSKs, and need not: the gateway may.
        _heed_gateway(examination, name)
        return Finding(layer="secret", tunnel=name, evidence=f"not compared: {failure.what}")
    theirs = examination.ask(of_gateway(examination, connection)).strip()
    seen = examination.seen.tunnels.get(name)
    rotation: PskState = seen.psk if seen else "current"
    if rotation == "psk-refused":
        raise _refused(examination, connection)
    if rotation in _UNDER_WAY:
        return Finding(layer="secret", tunnel=name, evidence=_UNDER_WAY[rotation])
    if examination.kept:
        return Finding(layer="secret", tunnel=name, evidence="not compared with the gateway's PSK", asked=False)
    if theirs != ours:
        raise _not_taken(examination, name, has_one=theirs != "none")
    return Finding(layer="secret", tunnel=name, evidence="the gateway has the PSK of the secret")


def _heed_gateway(examination: Examination, name: str) -> None:
    """What the gateway itself could not take from the secret."""
    seen = examination.seen.tunnels.get(name)
    if seen and seen.psk in keyed.WORDS:
        advice = "compare the secret's value with secret.key in the client file; who may read the secret can see it"
        raise _broken(keyed.WORDS[seen.psk], name, cause=seen.psk, advice=advice)


def of_gateway(examination: Examination, connection: Connection) -> str:
    """The question for the digest of the gateway's own PSK."""
    return digest_command(examination.deployment.psk_of(connection).name, examination.salt)


def _of_secret(examination: Examination, connection: Connection) -> str:
    name = connection.name
    arn = connection.tunnel.secret.arn if connection.tunnel.secret else examination.stack.secret(name)
    stored = examination.account.secret(arn, key=connection.secret_key)
    try:
        found = stored.use(partial(digest, salt=examination.salt)) if stored.version() else None
    except NotThere as failure:
        advice = failure.advice or "restore it, or correct its ARN in the client file"
        raise _broken(
            f"{arn} is not there", name, cause="secret-gone", evidence=failure.evidence, advice=advice
        ) from None
    except Unusable as unusable:
        raise _broken(unusable.what, name, cause=unusable.word, evidence=arn, advice=unusable.advice) from None
    if found is None:
        advice = f"fixtunnel secret set {examination.client} {name}"
        raise _broken("it has no value: the tunnel waits for it", name, cause="secret-empty", advice=advice)
    return found


def _not_taken(examination: Examination, name: str, *, has_one: bool) -> Broken:
    what = "the gateway still has another PSK than the secret" if has_one else "the gateway has no PSK yet"
    evidence = "\n".join(f"AWS does not take or give {part}: {error}" for part, error in examination.seen.aws.items())
    advice = (
        "the gateway asks Secrets Manager once a minute: look again with "
        f"fixtunnel secret verify {examination.client} {name}; if this stays, fixtunnel logs {examination.client} says why"
    )
    return _broken(what, name, cause="secret-not-taken", evidence=evidence, advice=advice)


def _broken(what: str, tunnel: str, *, cause: str, advice: str, evidence: str = "") -> Broken:
    return Broken("secret", what, side="us", cause=cause, tunnel=tunnel, evidence=evidence, advice=advice)


def _refused(examination: Examination, connection: Connection) -> Broken:
    return Broken(
        "secret",
        "the venue does not answer to the newest PSK; the gateway works with the one before",
        side="either",
        cause="psk-refused",
        tunnel=connection.name,
        advice="let the venue take the new one; or go back: "
        f"fixtunnel secret rotate {examination.client} {connection.name} --back",
        to_venue=NEW_PSK_TO_VENUE.format(**examination.facts(connection)),
    )
