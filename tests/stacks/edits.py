"""A change of each field of a client and of a venue, that leaves the file without a fault."""

from __future__ import annotations

EXISTING = (
    "{vpc_id: vpc-12345678, subnet_id: subnet-12345678, availability_zone: eu-west-2a, route_table_ids: [rtb-12345678]}"
)
APT = "{uri: https://apt.example.com/debian, suite: bookworm, component: main, key: one.asc}"
ARN = "arn:aws:secretsmanager:eu-west-2:123456789012:secret"
KEY, OTHER_KEY = (f"arn:aws:kms:eu-west-2:123456789012:key/0a1b2c3d-0000-4000-8000-00000000000{n}" for n in (1, 2))
TOPIC = "arn:aws:sns:eu-west-2:123456789012:pager"
BOUNDARY = "arn:aws:iam::123456789012:policy/trading/boundary"
EIP = "{address: 203.0.113.7, allocation_id: eipalloc-12345678}"

VENUE = """
name: exchange
description: An exchange
environment: test
connection: Exchange
peers:
  A: {address: 198.51.100.10, id: "@a.example.com"}
  B: {address: 198.51.100.11, id: "@b.example.com"}
  DR: {address: 198.51.100.12, id: "@dr.example.com"}
remote_networks: [192.0.2.0/24]
ike: {version: 1, proposal: aes256-sha1;modp2048}
esp: {proposal: aes256-sha1}
encryption_domain: assigned
fix:
  - {name: primary, host: 192.0.2.20, port: 5001, target_comp_id: XCH}
  - {name: dropcopy, host: 192.0.2.30, port: 5003, target_comp_id: XCH}
services:
  - {name: data, host: 192.0.2.40, port: 443}
session: {start: "07:00", end: "17:30"}
more_sessions: [{start: "20:00", end: "22:00"}]
breaks: [{start: "12:00", end: "13:00"}]
calendar: {until: 2099-12-31, closed: [2099-12-25], special: [{date: 2099-12-24, start: "07:00", end: "12:30"}]}
maintenance: [{start: "18:00", end: "18:30"}]
contacts: [{role: VPN, name: Ann, email: ann@example.com, phone: "+44 1234"}]
"""
CLIENT = """
name: acme
description: A client
gateway: {ami: ami-0a1b2c3d}
tunnels:
  - {venue: exchange, local_network: 10.9.1.0/28, source_address: 10.9.1.1}
  - {venue: exchange, peer: B, role: standby, local_network: 10.9.1.0/28, source_address: 10.9.1.1}
  - {venue: exchange, peer: DR, role: standby, local_network: 10.9.1.0/28, source_address: 10.9.1.1}
"""
Edits = dict[str, str]
WITH_HOSTS = {"network": EXISTING, "trading_hosts": "[10.1.0.0/24]"}
MAPPED = WITH_HOSTS | {f"tunnels.{n}.mapped_hosts": "[{hosts: 10.1.0.20, seen_as: 10.9.2.1}]" for n in range(3)}
CALLED = WITH_HOSTS | {
    f"tunnels.{n}.inbound": "[{name: drop-copy, from: [192.0.2.30], port: 9001, to: '10.1.0.20:9001'}]"
    for n in range(3)
}

STANDBY = "{subnet_id: subnet-12345679, availability_zone: eu-west-2b}"
WITH_STANDBY = {**WITH_HOSTS, "gateway.standby": STANDBY}

# Field: what the client is before (where the field asks for it), and the change.
OF_CLIENT: dict[str, tuple[Edits, Edits]] = {
    "name": ({}, {"name": "zenith"}),
    "description": ({}, {"description": "Another"}),
    "legal_name": ({}, {"legal_name": "Acme Capital Limited"}),
    "account": ({}, {"account": "'123456789012'"}),
    "region": ({}, {"region": "eu-west-2"}),
    "network.cidr": ({}, {"network": "{cidr: 10.65.0.0/26}"}),
    "network.vpc_id": (WITH_HOSTS, {"network.vpc_id": "vpc-87654321"}),
    "network.subnet_id": (WITH_HOSTS, {"network.subnet_id": "subnet-87654321"}),
    "network.availability_zone": (WITH_HOSTS, {"network.availability_zone": "eu-west-2b"}),
    "network.public_address": (WITH_HOSTS, {"network.public_address": "false"}),
    "network.route_table_ids": (WITH_HOSTS, {"network.route_table_ids": "[rtb-12345678, rtb-87654321]"}),
    "gateway.instance_type": ({}, {"gateway.instance_type": "t3.medium"}),
    "gateway.image": ({"gateway.ami": "null"}, {"gateway.image": "debian-12"}),
    "gateway.ami": ({}, {"gateway.ami": "ami-87654321"}),
    "gateway.engine": ({}, {"gateway.engine": "openswan"}),
    "gateway.openswan.deb": (
        {"gateway.engine": "openswan", "gateway.openswan": "{deb: one.deb}"},
        {"gateway.openswan.deb": "two.deb"},
    ),
    **{
        f"gateway.openswan.apt.{key}": (
            {"gateway.engine": "openswan", "gateway.openswan": f"{{apt: {APT}}}"},
            {f"gateway.openswan.apt.{key}": value},
        )
        for key, value in {
            "uri": "https://apt.example.com/other",
            "suite": "trixie",
            "component": "contrib",
            "key": "two.asc",
        }.items()
    },
    "gateway.elastic_ip.address": ({"gateway.elastic_ip": EIP}, {"gateway.elastic_ip.address": "203.0.113.8"}),
    "gateway.elastic_ip.allocation_id": (
        {"gateway.elastic_ip": EIP},
        {"gateway.elastic_ip.allocation_id": "eipalloc-87654321"},
    ),
    "gateway.standby.subnet_id": (WITH_STANDBY, {"gateway.standby.subnet_id": "subnet-87654321"}),
    "gateway.standby.availability_zone": (WITH_STANDBY, {"gateway.standby.availability_zone": "eu-west-2c"}),
    "tunnels.venue": ({}, {f"tunnels.{n}.venue": "broker" for n in range(3)}),
    "tunnels.peer": (
        {"tunnels": "[{venue: exchange, name: Main, local_network: 10.9.1.1}]"},
        {"tunnels.0.peer": "B"},
    ),
    "tunnels.name": ({}, {"tunnels.0.name": "Main"}),
    "tunnels.role": ({}, {"tunnels.0.role": "standby", "tunnels.1.role": "active"}),
    "tunnels.secret.arn": (
        {"tunnels.0.secret": f"{{arn: '{ARN}:one-abcdef'}}"},
        {"tunnels.0.secret.arn": f"'{ARN}:two-abcdef'"},
    ),
    "tunnels.secret.key": (
        {"tunnels.0.secret": f"{{arn: '{ARN}:one-abcdef', key: psk}}"},
        {"tunnels.0.secret.key": "other"},
    ),
    "tunnels.secret.kms_key_arn": (
        {"tunnels.0.secret": f"{{arn: '{ARN}:one-abcdef', kms_key_arn: '{KEY}'}}"},
        {"tunnels.0.secret.kms_key_arn": f"'{OTHER_KEY}'"},
    ),
    "tunnels.local_network": ({}, {f"tunnels.{n}.local_network": "10.9.1.0/27" for n in range(3)}),
    "tunnels.source_address": ({}, {f"tunnels.{n}.source_address": "10.9.1.2" for n in range(3)}),
    "tunnels.mapped_hosts.hosts": (MAPPED, {f"tunnels.{n}.mapped_hosts.0.hosts": "10.1.0.21" for n in range(3)}),
    "tunnels.mapped_hosts.seen_as": (MAPPED, {f"tunnels.{n}.mapped_hosts.0.seen_as": "10.9.2.2" for n in range(3)}),
    "tunnels.host_networks": (WITH_HOSTS, {f"tunnels.{n}.host_networks": "[10.1.0.8/29]" for n in range(3)}),
    **{
        f"tunnels.inbound.{key}": (CALLED, {f"tunnels.{n}.inbound.0.{key}": value for n in range(3)})
        for key, value in {
            "name": "quotes",
            "from": "[192.0.2.31]",
            "port": "9002",
            "to": "'10.1.0.21:9001'",
        }.items()
    },
    "tunnels.local_id": ({}, {"tunnels.0.local_id": "'@acme.example.com'"}),
    "tunnels.sender_comp_ids": ({}, {"tunnels.0.sender_comp_ids": "[ACME]"}),
    "tunnels.weak_psk": ({}, {"tunnels.0.weak_psk": "true"}),
    "trading_hosts": (WITH_HOSTS, {"trading_hosts": "[10.1.0.0/24, 10.2.0.0/24]"}),
    "alarm_email": ({}, {"alarm_email": "ops@example.com"}),
    "alarm_topics": ({}, {"alarm_topics": f"[{TOPIC}]"}),
    "keys.volume": ({}, {"keys": f"{{volume: '{KEY}'}}"}),
    "keys.log": ({}, {"keys": f"{{log: '{KEY}'}}"}),
    "keys.alarms": ({"alarm_email": "ops@example.com"}, {"keys": f"{{alarms: '{KEY}'}}"}),
    "keys.secrets": ({}, {"keys": f"{{secrets: '{KEY}'}}"}),
    "log_group": ({}, {"log_group": "/acme/fix"}),
    "role.name": ({}, {"role": "{name: acme-gateway}"}),
    "role.path": ({}, {"role": "{path: /trading/}"}),
    "role.permissions_boundary": ({}, {"role": f"{{permissions_boundary: '{BOUNDARY}'}}"}),
    "sessions.key": ({}, {"sessions": f"{{key: '{KEY}'}}"}),
    "sessions.bucket": ({}, {"sessions": "{bucket: acme-sessions}"}),
    "sessions.bucket_account": (
        {"sessions": "{bucket: acme-sessions}"},
        {"sessions.bucket_account": "'210987654321'"},
    ),
    "sessions.bucket_key": ({"sessions": "{bucket: acme-sessions}"}, {"sessions.bucket_key": f"'{KEY}'"}),
    "sessions.log_group": ({}, {"sessions": "{log_group: /acme/sessions}"}),
    "services.dns": ({}, {"services": "{dns: [10.0.0.2]}"}),
    "services.ntp": ({}, {"services": "{ntp: [10.0.0.3]}"}),
    "services.proxy": ({}, {"services": "{proxy: 'http://10.0.0.8:3128'}"}),
    "services.no_proxy": (
        {"services": "{proxy: 'http://10.0.0.8:3128'}"},
        {"services.no_proxy": "[.amazonaws.com]"},
    ),
    "services.apt_mirror": ({}, {"services": "{apt_mirror: 'http://10.0.0.9/debian'}"}),
    "restart_window.days": ({}, {"restart_window": "{days: [sun], start: '06:00', end: '08:00'}"}),
    "restart_window.start": ({}, {"restart_window": "{days: [sat], start: '05:00', end: '08:00'}"}),
    "restart_window.end": ({}, {"restart_window": "{days: [sat], start: '06:00', end: '09:00'}"}),
    "restart_window.timezone": (
        {},
        {"restart_window": "{days: [sat], start: '06:00', end: '08:00', timezone: Europe/London}"},
    ),
    "psk_rotation": ({}, {"psk_rotation": "in-window"}),
    "tags": ({}, {"tags": "{owner: ops}"}),
}
WEEKLY = "{from: sun 17:00, to: fri 16:00}"
OF_VENUE: dict[str, str] = {
    "description": "Another",
    "environment": "production",
    "connection": "Other",
    "peers.address": "198.51.100.20",
    "peers.id": "'@other.example.com'",
    "remote_networks": "[192.0.2.0/25]",
    "ike.version": "2",
    "ike.proposal": "aes128-sha1;modp2048",
    "ike.alternatives": "[aes128-sha1;modp1536]",
    "esp.selector": "tcp",
    "esp.alternatives": "[aes128-sha1]",
    "ike.lifetime": "1h",
    "esp.proposal": "aes128-sha1",
    "esp.lifetime": "1h",
    "esp.pfs": "false",
    "dpd.delay": "6",
    "dpd.timeout": "30",
    "fix.name": "first",
    "fix.host": "192.0.2.21",
    "fix.port": "5002",
    "fix.version": "FIX.4.2",
    "fix.target_comp_id": "OTHER",
    "fix.probe": "false",
    "fix.role": "secondary",
    "services.name": "other",
    "services.host": "192.0.2.41",
    "services.port": "8443",
    "services.role": "disaster-recovery",
    "services.probe": "false",
    **{f"{window}.days": "[sun]" for window in ("session", "more_sessions", "breaks", "maintenance")},
    "session.start": "'08:00'",
    "session.end": "'16:30'",
    "session.timezone": "Etc/UTC",
    "session.from": WEEKLY,
    "session.to": WEEKLY,
    "more_sessions.start": "'20:10'",
    "more_sessions.end": "'22:10'",
    "more_sessions.timezone": "Etc/UTC",
    "more_sessions.from": WEEKLY,
    "more_sessions.to": WEEKLY,
    "breaks.start": "'12:10'",
    "breaks.end": "'13:10'",
    "calendar.until": "2100-12-31",
    "calendar.exchange": "XLON",
    "calendar.closed": "[2099-12-28]",
    "calendar.special.date": "2099-12-23",
    "calendar.special.start": "'08:00'",
    "calendar.special.end": "'12:00'",
    "maintenance.start": "'18:10'",
    "maintenance.end": "'18:40'",
    "maintenance.timezone": "Europe/London",
    "contacts.role": "FIX",
    "contacts.name": "Bob",
    "contacts.email": "bob@example.com",
    "contacts.phone": "'+44 5678'",
}


def place_of(field: str) -> str:
    """Where in the example a field of a venue is changed: of a list in its first entry, of the gateways in A."""
    first, _, rest = field.partition(".")
    if rest in ("from", "to"):  # of another kind of session, so all of it changes
        return "session" if first == "session" else f"{first}.0"
    if field.startswith("calendar.special."):
        return field.replace("special.", "special.0.")
    return f"{first}.0.{rest}" if first in LISTS else f"peers.A.{rest}" if first == "peers" else field


LISTS = ("fix", "services", "more_sessions", "breaks", "maintenance", "contacts")
