"""`fixtunnel new`."""

from __future__ import annotations

import sys
from dataclasses import asdict, replace
from typing import Annotated

import typer

from model import configuration
from model.source import typed_here
from ops import completing
from ops.console import note, show_json
from ops.files import questions
from ops.files.interview import of_flag
from ops.files.newclient import refuse_another, write
from ops.files.questions import ClientInterview, client_interview
from ops.options import AsJson
from ops.output import Written

EXAMPLE = "fixtunnel new acme --venue lse-proquote --sender-comp-id ACME"


def new(
    context: typer.Context,
    client: Annotated[
        str,
        typer.Argument(
            metavar="CLIENT", help="The new client's name: a-z, 0-9 and '-'.", autocompletion=completing.venue
        ),
    ],
    *,
    venue: Annotated[
        list[str] | None,
        typer.Option(help="A venue to join; give it again for another.", autocompletion=completing.venues),
    ] = None,
    backup: Annotated[
        bool, typer.Option(help="Also a standby tunnel to the venue's gateway B, where it has one.")
    ] = True,
    sender_comp_id: Annotated[
        list[str] | None, typer.Option(help="Our CompID; with several venues as VENUE=COMPID.")
    ] = None,
    local_network: Annotated[
        list[str] | None, typer.Option(help="The address by which a venue knows us; with several as VENUE=NETWORK.")
    ] = None,
    source_address: Annotated[
        list[str] | None, typer.Option(help="The address in such a network that the gateway owns.")
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
    alarm_email: Annotated[str | None, typer.Option(help="Who gets a mail when a tunnel is down.")] = None,
    ask: Annotated[bool, typer.Option(help="Ask for what is not given, on a terminal.")] = True,
    as_json: AsJson = False,
) -> None:
    """Write a commented client file: asks what matters, or takes flags.

    An answer that is wrong is asked for again, with the reason. An address that the venue has not assigned yet may be open.
    It overwrites nothing, and writes nothing that has a fault. An image that must be pinned is pinned in the next step.
    """
    refuse_another(client, context.obj.clients)  # before anything is asked
    asking = ask and sys.stdin.isatty()
    interview = client_interview(client, venues=context.obj.venues, asking=asking)
    interview.settle(questions.NAME, client)
    interview.join(venue, backup)
    hosts = ",".join(trading_hosts) if trading_hosts is not None else None
    interview.settle(questions.HOSTS, hosts)
    if interview.draft.trading_hosts or vpc_id or subnet_id or zone or route_table:
        for question, given in ((questions.VPC, vpc_id), (questions.SUBNET, subnet_id), (questions.ZONE, zone)):
            interview.settle(question, given)
        wants_routes = bool(interview.draft.trading_hosts)
        interview.settle(questions.ROUTE_TABLES, ",".join(route_table) if route_table else None, ask=wants_routes)
    defaults = _defaults()
    _settle_venues(interview, sender_comp_id, local_network, source_address)
    for question, given, asks in (
        (questions.DESCRIPTION, description, False),
        (questions.ACCOUNT, account or defaults.account, False),
        (questions.REGION, region or defaults.region, True),
        (questions.INSTANCE, instance_type or defaults.instance_type, False),
        (questions.IMAGE, image or defaults.image, False),
        (questions.ALARM_EMAIL, alarm_email or defaults.alarm_email, True),
    ):
        interview.settle(question, given, ask=asks)
    client = interview.draft.name
    path, found = interview.written(lambda one: write(one, clients=context.obj.clients, venues=context.obj.venues))
    for warning in (one for one in found if one.severity == "warning"):
        note(str(warning))
    pin = any(one.severity == "error" for one in found)
    if as_json:
        told = tuple(one for one in found if one.severity == "warning")
        show_json(asdict(Written(client=client, file=str(path), needs_image=pin, warnings=told)))
        return
    first = f"fixtunnel image pin {client} (its account and venue require a pinned image), " if pin else ""
    print(f"wrote {typed_here(path)}; now: {first}fixtunnel check {client}, then fixtunnel form {client}")


def _defaults() -> configuration.NewDefaults:
    found = configuration.find()
    return found.says.new if found else configuration.NewDefaults()


def _settle_venues(
    interview: ClientInterview, ids: list[str] | None, networks: list[str] | None, sources: list[str] | None
) -> None:
    venues = [joined.venue for joined in interview.draft.venues]
    flags = (("--local-network", networks), ("--source-address", sources), ("--sender-comp-id", ids))
    given = [_by_venue(interview, flag, values) for flag, values in flags]
    for venue in venues:
        network, source, its_ids = (",".join(values[venue.name]) if venue.name in values else None for values in given)
        ours = questions.local_network(interview.draft, venue)
        interview.settle(ours, network, ask=venue.encryption_domain != "elastic-ip")
        own = questions.source_address(interview.draft, venue)
        interview.settle(replace(own, is_needed=True), source, ask=interview.asking and interview.lacks(own.about))
        interview.settle(questions.sender_comp_ids(interview.draft, venue), its_ids)


def _by_venue(interview: ClientInterview, flag: str, given: list[str] | None) -> dict[str, list[str]]:
    """`VENUE=VALUE`, or a plain value where there is one venue."""
    names = [joined.venue.name for joined in interview.draft.venues]
    found: dict[str, list[str]] = {}
    for text in given or []:
        name, separator, value = text.partition("=")
        if not separator and len(names) == 1:
            name, value = names[0], text
        if name in names:
            found.setdefault(name, []).append(value)
        elif names:
            interview.refuse(of_flag(flag, "names no venue of this client; write VENUE=VALUE", value=repr(text)))
    return found
