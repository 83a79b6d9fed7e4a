"""The PSK in Secrets Manager: set it, compare it, change it. It is never shown."""

from __future__ import annotations

import getpass
import os
import secrets as randomness
import sys
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from model.deployment import Connection, Deployment
from ops import completing
from ops.aws import Account, Secret, open_account
from ops.aws.secret import Unusable
from ops.console import aside, note, show, show_json, waiting
from ops.deploying.downtime import trading
from ops.failure import FINE, FOUND, BadInput, Failure
from ops.files.editing import mark
from ops.gateway.psk_change import Step, checked, digest, digest_command, follow, generate, oddities, weaknesses
from ops.gateway.session import Session, session_of
from ops.gateway.state import look
from ops.loading import load_client
from ops.options import AsJson, ClientName, Now, Settings
from ops.output import PskChanged, PskCompared, PskOutcome

IntoFile = Annotated[
    Path | None, typer.Option(help="With --generate: also into this new file, which only you may read, for the venue.")
]
TunnelName = Annotated[
    str | None,
    typer.Argument(
        metavar="TUNNEL", help="The tunnel's name, where there are several.", autocompletion=completing.tunnels
    ),
]
WeakPsk = Annotated[
    bool, typer.Option("--weak-psk", help="Take a PSK that can be guessed; check and the form go on saying so.")
]


def set_(
    context: typer.Context,
    client: ClientName,
    tunnel: TunnelName = None,
    *,
    generated: Annotated[bool, typer.Option("--generate", help="Make one that venues' equipment takes.")] = False,
    into: IntoFile = None,
    weak_psk: WeakPsk = False,
    now: Now = False,
    as_json: AsJson = False,
) -> None:
    """Store a PSK: from a prompt, from a pipe, or generated.

    A tunnel that waits for it comes up within half a minute. The PSK of a tunnel that works is better changed by
    `secret rotate`, which reports what the venue said; in session hours both want --now. A generated one is never shown:
    give --into FILE to send it to the venue.
    """
    _options(generated=generated, into=into, back=False)
    deployment = load_client(context.obj, client)
    one = _tunnel(deployment, tunnel)
    account = open_account(context.obj, deployment)
    secret = account.secret_of(deployment, one)
    had_value = bool(secret.version())
    if had_value:
        _guarded(deployment, one, now=now)
    stores = _stores(account, deployment, one)
    with aside(as_json=as_json):
        is_weak = _change(stores, generated=generated, into=into, back=False, takes_weak=weak_psk)
    if had_value:
        note(
            f"the secret had a value; whether the gateway has the new PSK: fixtunnel secret verify {client} {one.name}"
        )
    _pass_on(context.obj, into)
    for changed in stores:
        _mark(context.obj, deployment, changed, is_weak=is_weak)
    if as_json:
        _show_json(client, one, secret, is_weak=is_weak, outcome="stored")


def _show_json(
    client: str, tunnel: Connection, secret: Secret, *, is_weak: bool, outcome: PskOutcome, words: str = ""
) -> None:
    about = {"client": client, "tunnel": tunnel.name, "secret": secret.arn, "words": words}
    show_json(asdict(PskChanged(**about, weak=is_weak, outcome=outcome)))


def verify(context: typer.Context, client: ClientName, tunnel: TunnelName = None, *, as_json: AsJson = False) -> None:
    """Tell whether gateway and secret have the same PSK, by a salted digest that shows neither.

    Exit status 0: the same; 1: not, or one of them has none.
    """
    deployment = load_client(context.obj, client)
    account = open_account(context.obj, deployment)
    session = session_of(account, deployment)
    found: list[PskCompared] = []
    for one in [_tunnel(deployment, tunnel)] if tunnel else deployment.connections:
        salt = randomness.token_bytes(16)
        try:
            stored = account.secret_of(deployment, one)
            ours = stored.use(partial(digest, salt=salt))
        except Unusable as unusable:
            found.append(PskCompared(tunnel=one.name, alike=False, words=str(unusable)))
            continue
        with waiting(f"{one.name}: asking the gateway"):
            ran = session.run(digest_command(deployment.psk_of(one).name, salt))
        theirs = ran.out.strip()
        if ran.status or not theirs:
            raise Failure("the gateway could not tell", evidence=ran.err)
        if ours is None:
            verdict = "the secret has no value yet: fixtunnel secret set"
        elif theirs == "none":
            verdict = "the gateway has no PSK yet: it asks every 20 s; if this stays, fixtunnel doctor"
        else:
            verdict = "the same on both" if ours == theirs else "DIFFERENT: the gateway still has another PSK"
        if other := _contradicted(session, deployment, one, ours, salt):
            verdict, theirs = f"{verdict}; DIFFERENT from that of {other}, {_ONE_OF_THEM}", ""
        for weakness in _weaknesses_of(stored):
            note(f"{one.name}: {weakness}", style="yellow")
        found.append(PskCompared(tunnel=one.name, alike=ours == theirs, words=verdict))
    if as_json:
        show_json([asdict(one) for one in found])
    else:
        show("\n".join(f"{one.tunnel}: {one.words}" for one in found))
    raise typer.Exit(FINE if all(one.alike for one in found) else FOUND)


_ONE_OF_THEM = "which has the same two ids: the engine takes one of them for both. Store it again: fixtunnel secret set"


def _contradicted(session: Session, deployment: Deployment, tunnel: Connection, ours: str | None, salt: bytes) -> str:
    """Another tunnel with the same two ids, for which the gateway has another PSK; empty where there is none."""
    for other in deployment.same_ids(tunnel) if ours else ():
        theirs = session.run(digest_command(other.name, salt)).out.strip()
        if theirs not in ("", "none", ours):
            return other.name
    return ""


def rotate(
    context: typer.Context,
    client: ClientName,
    tunnel: TunnelName = None,
    *,
    generated: Annotated[bool, typer.Option("--generate", help="Make one that venues' equipment takes.")] = False,
    into: IntoFile = None,
    back: Annotated[bool, typer.Option("--back", help="Go back to the PSK before this one.")] = False,
    weak_psk: WeakPsk = False,
    now: Now = False,
    as_json: AsJson = False,
) -> None:
    """Change the PSK of a tunnel that works, and report whether the venue accepted.

    The gateway loads the new one, authenticates again, and goes back to the one before if the venue refuses. Without
    --generate and --back the new PSK is asked for, or read from a pipe. Exit status 0: accepted, or waiting for the restart
    window, or for a standby to be needed; 1: refused, or not taken over.
    """
    _options(generated=generated, into=into, back=back)
    deployment = load_client(context.obj, client)
    one = _tunnel(deployment, tunnel)
    account = open_account(context.obj, deployment)
    secret, session = account.secret_of(deployment, one), session_of(account, deployment)
    _guarded(deployment, one, now=now)
    begun = look(session).clock
    stores = _stores(account, deployment, one)
    with aside(as_json=as_json):
        is_weak = _change(stores, generated=generated, into=into, back=back, takes_weak=weak_psk)
    _pass_on(context.obj, into)
    for changed in stores:
        _mark(context.obj, deployment, changed, is_weak=is_weak)
    step = Step(words="")
    for step in follow(session, secret, one.name, since=begun, file_of=deployment.psk_of(one).name):
        note(f"{one.name}: {step.words}", style=None)
    if step.outcome in ("refused", "not-taken"):
        note(f"go back until the venue has it: fixtunnel secret rotate {client} {one.name} --back", style="yellow")
    if as_json:
        _show_json(client, one, secret, is_weak=is_weak, outcome=step.outcome or "not-taken", words=step.words)
    raise typer.Exit(FINE if step.outcome in ("accepted", "waiting-for-window", "untried") else FOUND)


def _guarded(deployment: Deployment, tunnel: Connection, *, now: bool) -> None:
    """Refuse to authenticate a tunnel again while its venue trades. A client that rotates in its window is safe anyway."""
    at_once = deployment.client.psk_rotation == "at-once"
    if at_once and trading([tunnel.venue], datetime.now(UTC)) and not now:
        what = f"nothing was stored: {tunnel.venue.name} is in session, and the tunnel would be authenticated again"
        raise Failure(what, advice="wait for the end of the session, or give --now")


def _options(*, generated: bool, into: Path | None, back: bool) -> None:
    if into and not generated:
        raise BadInput("--into goes with --generate", advice="a PSK that you gave is yours already")
    if back and generated:
        raise BadInput("--back and --generate exclude each other", advice="give one of them")


def _stores(account: Account, deployment: Deployment, tunnel: Connection) -> dict[Connection, Secret]:
    """The secret of the tunnel, and those of others with the same two ids: the engine takes one PSK for all."""
    others = deployment.same_ids(tunnel)
    if others:
        names = " and ".join(one.name for one in others)
        note(
            f"{names} has the same two ids, for which the engine takes one PSK: it is stored for {names} too",
            style="yellow",
        )
    return {one: account.secret_of(deployment, one) for one in (tunnel, *others)}


def _change(
    stores: Mapping[Connection, Secret], *, generated: bool, into: Path | None, back: bool, takes_weak: bool
) -> bool:
    """Store another PSK, and return whether it is a weak one."""
    first = next(iter(stores))
    if back:
        return _go_back(stores)
    value = generate() if generated else checked(_asked(first))
    if (weak := list(weaknesses(value))) and not takes_weak:
        advice = "ask the venue for another; or, if it has no other, give --weak-psk"
        raise BadInput(f"nothing was stored, the PSK is weak: {'; '.join(weak)}", advice=advice)
    for oddity in (*weak, *oddities(value)):
        note(f"warning: {oddity}", style="yellow")
    if into:
        # Before it is stored: a PSK that the venue cannot be told is of no use.
        _write(into, value)
    for tunnel, secret in stores.items():
        secret.put(value)
        show(f"stored a new PSK of {tunnel.name} in {secret.arn}")
    return bool(weak)


def _go_back(stores: Mapping[Connection, Secret]) -> bool:
    """Each to the value before this one, and whether that of the first is a weak one."""
    first, *_others = stores
    for tunnel, secret in stores.items():
        if secret.go_back():
            show(f"the PSK before is the current one again in {secret.arn}")
        elif tunnel == first:
            raise Failure(f"the secret of {tunnel.name} has no value before this one")
        else:
            note(f"the secret of {tunnel.name} has no value before this one, and stays as it is", style="yellow")
    return bool(_weaknesses_of(stores[first]))


def _mark(settings: Settings, deployment: Deployment, tunnel: Connection, *, is_weak: bool) -> None:
    """Let the client file say whether the PSK that counts now is weak."""
    path, index = settings.clients / f"{deployment.client.name}.yaml", deployment.connections.index(tunnel)
    if is_weak == tunnel.tunnel.weak_psk:
        return
    if settings.stand_in:
        note(f"{path} stays as it is: the PSK is one of {settings.stand_in}")
        return
    try:
        mark(path, index, is_weak=is_weak)
        note(f"{path}: weak_psk: {str(is_weak).lower()}")
    except (Failure, OSError):
        note(f"write weak_psk: {str(is_weak).lower()} into tunnel {tunnel.name} of {path} yourself", style="yellow")


def _weaknesses_of(secret: Secret) -> list[str]:
    """What is weak in the PSK that is stored, however it came there."""
    return secret.use(lambda value: list(weaknesses(value.decode(errors="replace")))) or []


def _write(path: Path, value: str) -> None:
    try:
        file = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w")
    except OSError as error:
        raise BadInput(
            f"{path} cannot be made: {error.strerror}", advice="nothing was stored; name a new file"
        ) from None
    with file:
        file.write(f"{value}\n")


def _pass_on(settings: Settings, path: Path | None) -> None:
    if path and settings.stand_in:
        note(f"{path} has it: it is a PSK of {settings.stand_in}, and no venue's")
    elif path:
        note(f"{path} has it, for the venue: pass it on by a way that the venue trusts, and delete the file")


_MOST_CHARACTERS = 4096
"""Of a pipe: more than a PSK may have, so that one that does not end is refused as too long."""


def _asked(tunnel: Connection) -> str:
    """From a pipe as it comes; from a person twice, unseen."""
    if not sys.stdin.isatty():
        return sys.stdin.read(_MOST_CHARACTERS)
    first = getpass.getpass(f"PSK of {tunnel.name} (not shown): ")
    if first != getpass.getpass("again: "):
        raise BadInput("the two differ", advice="nothing was stored; try again")
    return first


def _tunnel(deployment: Deployment, name: str | None) -> Connection:
    known = {connection.name: connection for connection in deployment.connections}
    if name is None and len(known) == 1:
        return next(iter(known.values()))
    if name not in known:
        what = f"{name} is no tunnel of {deployment.client.name}" if name else "which tunnel?"
        raise BadInput(what, advice=f"available: {', '.join(known)}")
    return known[name]


VERBS = {
    "set": (set_, "openssl rand -hex 20 | fixtunnel secret set acme"),
    "rotate": (rotate, "fixtunnel secret rotate acme --generate --into acme.psk"),
    "verify": (verify, "fixtunnel secret verify acme"),
}
