"""`fixtunnel new venue`."""

from __future__ import annotations

import re
import sys
from dataclasses import asdict
from typing import Annotated, Any

import typer

from model.source import typed_here
from ops import completing
from ops.console import note, show_json
from ops.failure import BadInput
from ops.files import catalogue
from ops.files.newclient import refuse_another, wrong_name
from ops.files.newvenue import NewVenue, write
from ops.files.venuequestions import questions, venue_interview
from ops.options import AsJson
from ops.output import VenueWritten

EXAMPLE = "fixtunnel new venue meridian"
_USUAL: dict[str, dict[str, Any]] = {"ike": {"version": 2, "lifetime": "8h"}, "esp": {"lifetime": "8h", "pfs": True}}
"""What a form that is silent about it means, mostly. It stands in the file, so that it is seen."""
_Several = list[str] | None


def new_venue(
    context: typer.Context,
    venue: Annotated[str, typer.Argument(metavar="NAME", help="The new venue's name: a-z, 0-9 and '-'.")],
    *,
    from_: Annotated[
        str | None,
        typer.Option(
            "--from", metavar="SYSTEM", help="Begin with what is public of it.", autocompletion=completing.systems
        ),
    ] = None,
    description: Annotated[str | None, typer.Option(help="The venue in a few words.")] = None,
    environment: Annotated[str | None, typer.Option(help="test or production.")] = None,
    connection: Annotated[str | None, typer.Option(help="The tunnel's name on the gateway.")] = None,
    peer: Annotated[_Several, typer.Option(help="Address of a VPN gateway, A first; or LABEL=ADDRESS.")] = None,
    peer_id: Annotated[_Several, typer.Option(help="Its IKE identity, as A=@vpn.example.com.")] = None,
    remote_network: Annotated[_Several, typer.Option(help="A network behind the venue's gateways.")] = None,
    ike_version: Annotated[str | None, typer.Option(help="1 or 2; 2 if not given.")] = None,
    ike: Annotated[_Several, typer.Option(help="Phase 1, as aes256-sha2_256;modp2048; the preferred first.")] = None,
    ike_lifetime: Annotated[str | None, typer.Option(help="Of phase 1, as 28800s or 8h.")] = None,
    esp: Annotated[_Several, typer.Option(help="Phase 2, as aes256-sha2_256; the preferred first.")] = None,
    esp_lifetime: Annotated[str | None, typer.Option(help="Of phase 2, as 3600s or 1h.")] = None,
    pfs: Annotated[str | None, typer.Option(help="yes or no, or its group; yes if not given.")] = None,
    selector: Annotated[str | None, typer.Option(help="Protocol and port of the selectors, as tcp/9001.")] = None,
    encryption_domain: Annotated[str | None, typer.Option(help="elastic-ip, private or assigned.")] = None,
    fix: Annotated[
        _Several, typer.Option(help="'NAME HOST:PORT COMPID [VERSION [ROLE]] [unprobed]' of a FIX acceptor.")
    ] = None,
    service: Annotated[
        _Several,
        typer.Option(
            help="'NAME HOST:PORT [ROLE] [unprobed]' of what is not FIX; a port is 443, 7001-7004 or udp/5000."
        ),
    ] = None,
    session: Annotated[
        str | None,
        typer.Option(help="'mon-fri 07:00-17:30 Europe/London', or 'sun 17:00 - fri 16:00 America/New_York'."),
    ] = None,
    maintenance: Annotated[_Several, typer.Option(help="When the venue may be away, written alike.")] = None,
    contact: Annotated[str | None, typer.Option(help="VPN operations: 'NAME, MAIL, TELEPHONE'.")] = None,
    ask: Annotated[bool, typer.Option(help="Ask for what is not given, on a terminal.")] = True,
    as_json: AsJson = False,
) -> None:
    """Write a commented venue file: asks what a VPN form asks, or takes flags.

    Each question is explained in a line. An answer that is wrong is asked for again, with the reason. Values may be in the
    spelling of the form. It overwrites nothing, and writes nothing that has a fault.
    """
    folder = context.obj.venues
    refuse_another(venue, folder)  # before anything is asked
    asking = ask and sys.stdin.isatty()
    if asking and (wrong := wrong_name(venue)):
        raise BadInput(f"{venue} {wrong}", advice=_with_another_name(venue))
    draft = _draft(venue, from_, connection)
    given: dict[str, list[str] | str | None] = {
        **{"--description": description, "--environment": environment, "--peer": peer, "--peer-id": peer_id},
        **{"--remote-network": remote_network, "--ike-version": ike_version, "--ike": ike},
        **{"--ike-lifetime": ike_lifetime, "--esp": esp, "--esp-lifetime": esp_lifetime, "--pfs": pfs},
        **{"--selector": selector, "--encryption-domain": encryption_domain, "--fix": fix, "--service": service},
        **{"--session": session, "--maintenance": maintenance, "--contact": contact},
    }
    interview = venue_interview(draft, venues=folder, asking=asking)
    for question in questions(draft):
        answer = given[question.flag]
        interview.settle(question, "\n".join(answer) if isinstance(answer, list) else answer)
    path, found = interview.written(lambda one: write(one, venues=folder))
    for warning in found:
        note(str(warning))
    if as_json:
        show_json(asdict(VenueWritten(venue=venue, file=str(path), warnings=found)))
        return
    print(f"wrote {typed_here(path)}; now: fixtunnel check {venue}, then fixtunnel new CLIENT --venue {venue}")


def _with_another_name(name: str) -> str:
    """The command with the name in the form of names, where that makes one: forms have capitals, spaces, full stops."""
    other = re.sub("[^a-z0-9]+", "-", name.lower()).strip("-")
    return "" if wrong_name(other) else f"fixtunnel new venue {other}"


def _draft(name: str, system: str | None, connection: str | None) -> NewVenue:
    known = catalogue.read_entry(system) if system else None
    words = "_".join(word.capitalize() for word in name.split("-"))
    said = known.venue if known else {}
    for part, usual in _USUAL.items():
        said = {**said, part: usual | said.get(part, {})}
    return NewVenue(name=name, said={**said, "connection": connection or words}, guides=known.lines if known else ())
