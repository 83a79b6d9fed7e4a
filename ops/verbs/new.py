"""`fixtunnel new`."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from model.faults import InvalidInput, nearest
from model.load import Venues
from model.venue import Venue
from ops.console import note
from ops.failure import BadInput
from ops.files.newclient import Existing, Joined, NewClient, write
from ops.files.questions import Questions

EXAMPLE = "fixtunnel new acme --venue lse-proquote --sender-comp-id ACME"


def new(
    context: typer.Context,
    client: Annotated[str, typer.Argument(metavar="CLIENT", help="The new client's name: a-z, 0-9 and '-'.")],
    *,
    venue: Annotated[list[str] | None, typer.Option(help="A venue to join; give it again for another.")] = None,
    backup: Annotated[
        bool, typer.Option(help="Also a standby tunnel to the venue's gateway B, where it has one.")
    ] = True,
    sender_comp_id: Annotated[
        list[str] | None, typer.Option(help="Our CompID; with several venues as VENUE=COMPID.")
    ] = None,
    local_network: Annotated[
        list[str] | None, typer.Option(help="The address by which a venue knows us; with several as VENUE=NETWORK.")
    ] = None,
    description: Annotated[str | None, typer.Option(help="The client in a few words.")] = None,
    account: Annotated[str | None, typer.Option(help="AWS account, twelve digits.")] = None,
    region: Annotated[str | None, typer.Option(help="AWS region, such as eu-west-2.")] = None,
    trading_hosts: Annotated[
        list[str] | None, typer.Option(help="Network of FIX engines behind the gateway; none: it runs on the gateway.")
    ] = None,
    vpc_id: Annotated[str | None, typer.Option(help="An existing VPC; none: a small one of its own.")] = None,
    subnet_id: Annotated[str | None, typer.Option(help="Its public subnet.")] = None,
    zone: Annotated[str | None, typer.Option(help="That subnet's availability zone.")] = None,
    route_table: Annotated[list[str] | None, typer.Option(help="A route table of the trading hosts.")] = None,
    instance_type: Annotated[str | None, typer.Option(help="EC2 instance type; t3.small if not given.")] = None,
    image: Annotated[str | None, typer.Option(help="debian-13 (the default) or debian-12.")] = None,
    alarm_email: Annotated[str | None, typer.Option(help="Who is told when a tunnel is down.")] = None,
    ask: Annotated[bool, typer.Option(help="Ask for what is not given, on a terminal.")] = True,
) -> None:
    """Write a commented client file: asks what matters, or takes flags.

    It overwrites nothing, and writes nothing that has a fault. An image that must be pinned is pinned in the next step.
    """
    questions = Questions(asking=ask and sys.stdin.isatty())
    venues = [_venue(context, name) for name in venue or questions.venues(context.obj.venues)]
    if trading_hosts is None:
        trading_hosts = questions.trading_hosts()
    network = None
    if trading_hosts or vpc_id or subnet_id:
        network = Existing(
            vpc_id=vpc_id or questions.needed("--vpc-id", "The VPC of the trading hosts (vpc-…)"),
            subnet_id=subnet_id or questions.needed("--subnet-id", "Its public subnet (subnet-…)"),
            zone=zone or questions.needed("--zone", "That subnet's availability zone (eu-west-2a)"),
            route_tables=tuple(route_table or (questions.route_tables() if trading_hosts else ())),
        )
    ids, networks = _by_venue(sender_comp_id, venues), _by_venue(local_network, venues)
    joined = [_joined(one, questions, backup, networks.get(one.name, []), ids.get(one.name)) for one in venues]
    answers = NewClient(
        name=client,
        description=description,
        account=account,
        region=region or questions.region(),
        network=network,
        trading_hosts=tuple(trading_hosts),
        instance_type=instance_type,
        image=image,
        alarm_email=alarm_email or questions.alarm_email(),
        venues=tuple(joined),
    )
    path, found = write(answers, clients=context.obj.clients, venues=context.obj.venues)
    for warning in (one for one in found if one.severity == "warning"):
        note(str(warning))
    pin = any(one.severity == "error" for one in found)
    first = f"fixtunnel image pin {client} (its account and venue require a pinned image), " if pin else ""
    print(f"wrote {path}; now: {first}fixtunnel check {client}, then fixtunnel form {client}")


def _venue(context: typer.Context, name: str) -> Venue:
    known = Venues(context.obj.venues)
    if name not in known.names:
        raise BadInput(f"{name} is no venue", advice=nearest(name, known.names))
    found = known.get(name)
    if found is None or any(fault.severity == "error" for fault in known.faults):
        raise InvalidInput(known.faults)
    return found


def _joined(venue: Venue, questions: Questions, backup: bool, networks: list[str], ids: list[str] | None) -> Joined:
    return Joined(
        venue=venue,
        peers=("A", "B") if backup and "B" in venue.peers.labels else ("A",),
        local_network=networks[0] if networks else questions.local_network(venue),
        sender_comp_ids=tuple(ids if ids is not None else questions.sender_comp_ids(venue)),
    )


def _by_venue(given: list[str] | None, venues: list[Venue]) -> dict[str, list[str]]:
    """`VENUE=VALUE`, or a plain value where there is one venue."""
    found: dict[str, list[str]] = {}
    for text in given or []:
        name, separator, value = text.partition("=")
        if not separator and len(venues) == 1:
            name, value = venues[0].name, text
        if name not in [venue.name for venue in venues]:
            raise BadInput(f"{text} names no venue of this client", advice="with several venues write VENUE=VALUE")
        found.setdefault(name, []).append(value)
    return found
