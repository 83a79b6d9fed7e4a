"""What a changed value means for a client that is deployed: nothing, a change in place, or another gateway.

A replacement is a trading event: the new gateway is complete before the address moves, but the tunnel is negotiated again.
Calendar, contacts, alarms and tags never replace. `tests/stacks/test_what_replaces.py` edits each field and looks.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Effect(StrEnum):
    """What CloudFormation does with the gateway."""

    NONE = "none"
    IN_PLACE = "in place"
    REPLACE = "replace"


_NONE, _IN_PLACE, _REPLACE = Effect.NONE, Effect.IN_PLACE, Effect.REPLACE

CLIENT: Mapping[str, Effect] = {
    # Another name, account or region is another stack; the old one stays until somebody ends it.
    "name": _REPLACE,
    "description": _NONE,
    "legal_name": _NONE,
    "account": _REPLACE,
    "region": _REPLACE,
    "network.cidr": _REPLACE,
    "network.vpc_id": _REPLACE,
    "network.subnet_id": _REPLACE,
    "network.availability_zone": _NONE,
    "network.public_address": _REPLACE,
    "network.route_table_ids": _IN_PLACE,
    "gateway.instance_type": _REPLACE,
    "gateway.image": _REPLACE,
    "gateway.ami": _REPLACE,
    "gateway.engine": _REPLACE,
    "gateway.openswan.deb": _REPLACE,
    "gateway.openswan.apt.uri": _REPLACE,
    "gateway.openswan.apt.suite": _REPLACE,
    "gateway.openswan.apt.component": _REPLACE,
    "gateway.openswan.apt.key": _REPLACE,
    "gateway.elastic_ip.address": _REPLACE,
    "gateway.elastic_ip.allocation_id": _REPLACE,
    "gateway.standby.subnet_id": _REPLACE,
    "gateway.standby.availability_zone": _NONE,
    "tunnels.venue": _REPLACE,
    "tunnels.peer": _REPLACE,
    "tunnels.name": _REPLACE,
    "tunnels.role": _REPLACE,
    "tunnels.secret.arn": _REPLACE,
    "tunnels.secret.key": _REPLACE,
    "tunnels.secret.kms_key_arn": _IN_PLACE,
    "tunnels.local_network": _REPLACE,
    "tunnels.source_address": _REPLACE,
    "tunnels.host_networks": _REPLACE,
    "tunnels.mapped_hosts.hosts": _REPLACE,
    "tunnels.mapped_hosts.seen_as": _REPLACE,
    # The watch's rules, and the security group's.
    **{f"tunnels.inbound.{key}": _IN_PLACE for key in ("name", "from", "port", "to")},
    "tunnels.local_id": _REPLACE,
    "tunnels.sender_comp_ids": _NONE,
    "tunnels.weak_psk": _NONE,
    "trading_hosts": _IN_PLACE,
    "alarm_email": _IN_PLACE,
    "alarm_topics": _IN_PLACE,
    "keys.volume": _REPLACE,
    "keys.log": _IN_PLACE,
    "keys.alarms": _IN_PLACE,
    "keys.secrets": _IN_PLACE,
    "log_group": _REPLACE,
    "role.name": _IN_PLACE,
    "role.path": _IN_PLACE,
    "role.permissions_boundary": _IN_PLACE,
    "sessions.key": _IN_PLACE,
    "sessions.bucket": _IN_PLACE,
    "sessions.bucket_account": _IN_PLACE,
    "sessions.bucket_key": _IN_PLACE,
    "sessions.log_group": _IN_PLACE,
    # What they are is in the user data; the boot needs each.
    "services.dns": _REPLACE,
    "services.ntp": _REPLACE,
    "services.proxy": _REPLACE,
    "services.no_proxy": _REPLACE,
    "services.apt_mirror": _REPLACE,
    "restart_window.days": _IN_PLACE,
    "restart_window.start": _IN_PLACE,
    "restart_window.end": _IN_PLACE,
    "restart_window.timezone": _IN_PLACE,
    "psk_rotation": _IN_PLACE,
    "tags": _IN_PLACE,
}

VENUE: Mapping[str, Effect] = {
    "name": _REPLACE,
    "description": _NONE,
    "environment": _NONE,
    "connection": _REPLACE,
    # Of each gateway alike: its label is left out.
    "peers.address": _REPLACE,
    "peers.id": _REPLACE,
    "remote_networks": _REPLACE,
    "ike.version": _REPLACE,
    "ike.mode": _NONE,
    "ike.proposal": _REPLACE,
    "ike.alternatives": _REPLACE,
    "ike.lifetime": _REPLACE,
    "esp.proposal": _REPLACE,
    "esp.alternatives": _REPLACE,
    "esp.lifetime": _REPLACE,
    "esp.pfs": _REPLACE,
    "esp.selector": _REPLACE,
    "dpd.delay": _REPLACE,
    "dpd.timeout": _REPLACE,
    "encryption_domain": _REPLACE,
    # The gateway probes each, and each has its alarm; the security group lets trading hosts in by port.
    "fix.name": _IN_PLACE,
    "fix.host": _IN_PLACE,
    "fix.port": _IN_PLACE,
    "fix.version": _NONE,
    "fix.target_comp_id": _NONE,
    "fix.role": _IN_PLACE,
    "fix.probe": _IN_PLACE,
    **{f"services.{key}": _IN_PLACE for key in ("name", "host", "port", "role", "probe")},
    **{
        f"{window}.{key}": _IN_PLACE
        for window in ("session", "more_sessions", "maintenance")
        for key in ("days", "start", "end", "timezone")
    },
    **{f"{session}.{key}": _IN_PLACE for session in ("session", "more_sessions") for key in ("from", "to")},
    **{f"breaks.{key}": _IN_PLACE for key in ("days", "start", "end")},
    "calendar.until": _IN_PLACE,
    # Where the dates come from: they are in the file.
    "calendar.exchange": _NONE,
    "calendar.closed": _IN_PLACE,
    **{f"calendar.special.{key}": _IN_PLACE for key in ("date", "start", "end")},
    **{f"contacts.{key}": _NONE for key in ("role", "name", "email", "phone")},
}


def of_client(key: str) -> Effect:
    """The effect of a value of a client file, by its dotted key; of an entry of a list the worst of its values'."""
    return _worst(CLIENT, "tags" if key.startswith("tags.") else key)


def of_venue(key: str) -> Effect:
    """The effect of a value of a venue file, as `of_client`."""
    first, *rest = key.split(".")
    return _worst(VENUE, ".".join([first, *rest[1:]]) if first == "peers" else key)


def _worst(effects: Mapping[str, Effect], key: str) -> Effect:
    field = ".".join(part for part in key.split(".") if not part.isdigit())
    found = {effect for one, effect in effects.items() if f"{one}.".startswith(f"{field}.")}
    return next((effect for effect in (_REPLACE, _IN_PLACE) if effect in found), _NONE)
