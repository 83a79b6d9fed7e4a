"""What the gateway follows while it stays: a text that changes in place, where other user data would replace it.

The gateway's own side is `files/usr/lib/fixtunnel/fixtunnel/operations.py`.
"""

from __future__ import annotations

import json
from ipaddress import IPv4Address, collapse_addresses
from typing import Any

from model.client import ExistingNetwork
from model.deployment import Connection, Deployment
from model.venue import Venue
from userdata.contract import Operations
from userdata.hours import hours_of, written

MAX_CHARACTERS = 4096
"""What a standard parameter of Systems Manager holds (AWS: "Managing parameter tiers")."""


def _calls(connection: Connection) -> list[list[Any]]:
    """What a venue calls. The tunnels of a group have the same."""
    return [
        [
            one.name,
            [str(network) for network in collapse_addresses(one.from_)],
            _dotted(connection.called_at(one) if one.host else None, connection.source_address),
            one.port,
            str(one.host or ""),
            one.host_port,
        ]
        for one in connection.tunnel.inbound
    ]


def _dotted(called: IPv4Address | None, own: IPv4Address | None) -> str:
    """The gateway knows its own address, which may be an Elastic IP that is not there yet."""
    return "" if called in (None, own) else str(called)


def render_operations(deployment: Deployment) -> str:
    """The restart window, how a new PSK is taken, the trading hosts, and each venue's endpoints, the primary first; of a venue
    that keeps no plain hours those too. Ports that are not probed are for the hosts alone.

    `fix` is for a gateway of an earlier version, which knows no other than the first.
    """
    client = deployment.client
    endpoints = {venue: group[0].venue.probed for venue, group in deployment.groups.items()}
    operations: Operations = {
        "restart_window": client.restart_window.model_dump(mode="json"),
        "psk_rotation": client.psk_rotation,
        "trading_hosts": [str(network) for network in client.trading_hosts],
        "route_tables": list(client.network.route_table_ids) if isinstance(client.network, ExistingNetwork) else [],
        "fix": {venue: [str(each[0].host), each[0].ports.first] for venue, each in endpoints.items() if each},
        "endpoints": {
            venue: [[one.name, str(one.host), one.ports.first] for one in each] for venue, each in endpoints.items()
        },
    }
    # A text that says no more than before changes no template.
    if inbound := {venue: calls for venue, group in deployment.groups.items() if (calls := _calls(group[0]))}:
        operations["inbound"] = inbound
    if unprobed := {venue.name: ports for venue in deployment.venues if (ports := _unprobed(venue))}:
        operations["unprobed"] = unprobed
    if hours := {venue.name: written(hours_of(venue)) for venue in deployment.venues if not venue.keeps_plain_hours}:
        operations["hours"] = hours
    return json.dumps(operations, sort_keys=True, separators=(",", ":"))


def _unprobed(venue: Venue) -> list[str]:
    return [str(ports) for ports in sorted({one.ports for one in venue.endpoints if one.why_unprobed})]
