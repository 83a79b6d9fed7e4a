"""What will stand on a gateway, with references where the deployed gateway has values: the PSK is in none of it.

And why each line is there, and which line of the seed article ("Get your FIX in the cloud") it takes the place of. What was
measured about each keyword: docs and ipsec.conf(5).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass

from model.deployment import Connection, Deployment
from model.identity import as_engines_read
from userdata.contract import LEFT_FILE, stack_name
from userdata.program import FOLDER, archive, mode
from userdata.render import Deployed, File, Object, render, render_files

_SHOWN_OF_PROGRAM = ("etc/sysctl.d/60-fixtunnel.conf",)
"""What of the program's archive takes the place of a line of the article: the rest is the program itself."""


def deployed(
    deployment: Deployment, *, elastic_ip: str | None = None, secrets: Mapping[str, str] | None = None
) -> Deployed:
    """What the renderer needs to know; a name in angle brackets for each thing that is not known yet."""
    client, own = deployment.client, deployment.client.gateway.elastic_ip
    known = dict(secrets or {})
    for connection in deployment.connections:
        given = connection.tunnel.secret.arn if connection.tunnel.secret else None
        known.setdefault(connection.name, given or f"<secret of {connection.name}>")
    return Deployed(
        elastic_ip=elastic_ip or (str(own.address) if own else "<elastic-ip>"),
        allocation=own.allocation_id if own else "<allocation>",
        region=client.region or "<region>",
        stack=stack_name(client.name),
        resource="<logical id>",
        secrets=known,
        program=Object(bucket="<assets>", key="<program>", sha256=hashlib.sha256(archive()).hexdigest()),
        package=_package(deployment),
        assigned="<address that the venue assigns>",
    )


def _package(deployment: Deployment) -> Object | None:
    package = deployment.client.gateway.openswan
    if not package or not package.deb:
        return None
    sha256 = hashlib.sha256((deployment.folder / package.deb).read_bytes()).hexdigest()
    return Object(bucket="<assets>", key="<openswan package>", sha256=sha256)


def user_data(deployment: Deployment, values: Deployed) -> str:
    """The whole `#cloud-config`."""
    return render(deployment, values)


def files(deployment: Deployment, values: Deployed) -> list[File]:
    """Each file that a person would want to read: the engine's, the firewall's, the settings, the sysctls."""
    rendered = render_files(deployment, values)
    program = [_of_program(path) for path in _SHOWN_OF_PROGRAM]
    return [*rendered[:2], *_secrets(deployment, values), *rendered[2:], *program]


def _of_program(path: str) -> File:
    source = FOLDER / path
    return File(path=f"/{path}", content=source.read_text(), mode=f"{mode(source):04o}")


def _secrets(deployment: Deployment, values: Deployed) -> list[File]:
    """The files that the gateway writes at boot, with a reference instead of the PSK."""
    return [
        File(
            path=f"/etc/ipsec.d/{connection.name}.secrets",
            content=f"{_ids(connection, values)} : PSK <{values.secrets[connection.name].strip('<>')}>\n",
            mode="0600",
        )
        for connection in deployment.connections
        if deployment.psk_of(connection) == connection
    ]


def _ids(connection: Connection, values: Deployed) -> str:
    ids = (connection.tunnel.local_id or values.elastic_ip, connection.peer.identity)
    return " ".join(map(as_engines_read, ids))


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """One line's reason. `seed` is the article's own line; empty where it has none."""

    why: str
    seed: str = ""


def _line(why: str, seed: str = "") -> Explanation:
    return Explanation(why=why, seed=seed)


_ENGINE: dict[str, Explanation] = {
    "version": _line("OpenSwan's file grammar", "version 2.0"),
    "config": _line("settings of the engine as a whole", "config setup"),
    "protostack": _line("the kernel's own IPsec", "protostack=netkey"),
    "nat_traversal": _line("ESP in UDP, which EC2 lets through; libreswan has it always on", "nat_traversal=yes"),
    "virtual_private": _line("private networks that a peer may claim", "virtual_private=%v4:10.0.0.0/8,…"),
    "oe": _line("no opportunistic encryption; fatal on libreswan, which has none by default", "oe=off"),
    "ikev1-policy": _line("Debian's libreswan refuses IKEv1 without it, silently"),
    "include": _line("one file for each tunnel", "include /etc/ipsec.d/*.conf"),
    f"include {LEFT_FILE}": _line("our end: written at boot, when EC2 has chosen its address", "left=%defaultroute"),
    "conn": _line("the tunnel's name, of the venue file or the tunnel", "conn $CONN_NAME"),
    "conn %default": _line("what all tunnels have in common"),
    "type": _line("whole packets inside, not transport mode", "type=tunnel"),
    "authby": _line("by PSK", "authby=secret"),
    "leftnexthop": _line("by that route's router; superfluous on libreswan", "leftnexthop=%defaultroute"),
    "leftid": _line(
        "who we say we are: the Elastic IP, which is not on the interface, or local_id", "leftid=$ELASTIC_IP"
    ),
    "leftsubnet": _line("our encryption domain: libreswan 5 refuses leftsourceip without it"),
    "leftsubnets": _line("our encryption domain, a child SA for each pair of networks"),
    "leftsourceip": _line("what leaves this host for the venue has this address", "leftsourceip=$SOURCE_IP"),
    "right": _line("the venue's gateway", "right=$RIGHT_PUBLIC_IP"),
    "rightid": _line("who it must prove to be", "rightid=$RIGHT_PUBLIC_IP"),
    "rightsubnet": _line("the venue's network; a bare address here is never loaded", "rightsubnet=$RIGHT_SUBNET"),
    "leftprotoport": _line("the one protocol that esp.selector lets through"),
    "rightprotoport": _line("the same, and the port on the venue's side"),
    "rightsubnets": _line("the venue's networks, a child SA for each", "rightsubnet=$RIGHT_SUBNET"),
    "keyexchange": _line(
        "the IKE version, said outright: `ike` means 1 on OpenSwan, 2 on libreswan", "keyexchange=ike"
    ),
    "ikev2": _line("the IKE version, said outright: `ike` means 1 on OpenSwan, 2 on libreswan", "keyexchange=ike"),
    "ike": _line("phase 1, with its group: engines guess different ones", "ike=aes192-sha1"),
    "ikelifetime": _line("phase 1 is renegotiated after this; engines default to 1 h or 8 h"),
    "esp": _line("phase 2", "esp=aes192-sha1"),
    "salifetime": _line("phase 2 is renegotiated after this", "salifetime=43200s"),
    "pfs": _line("each phase 2 has a key exchange of its own", "pfs=yes"),
    "encapsulation": _line("ESP in UDP always: EC2 passes no raw ESP", "forceencaps=yes"),
    "forceencaps": _line("ESP in UDP always: EC2 passes no raw ESP", "forceencaps=yes"),
    "dpddelay": _line("the venue is asked after this silence; without it DPD is off on every engine"),
    "dpdtimeout": _line("the tunnel counts as dead after this; without it DPD is off on every engine"),
    "retransmit-timeout": _line("the tunnel counts as dead after this (IKEv2 has no DPD timeout)"),
    "dpdaction": _line("a dead tunnel is negotiated again", "dpdaction=restart"),
    "leftupdown": _line("routes and addresses are our program's work: they outlive a restart of the engine"),
    "auto": _line("our program starts it, once this host holds the Elastic IP and the PSK has a value", "auto=start"),
}
_FIREWALL: dict[str, Explanation] = {
    "set remote": _line("the networks that only a tunnel may carry"),
    "set venue_gateways": _line("filled once this host holds the Elastic IP: until then it is silent"),
    "type nat": _line("decides what the venue sees as our address"),
    "snat ip to": _line("hosts behind the gateway reach the venue as the agreed address"),
    "rt ipsec missing": _line("nothing for the venue leaves in the clear, tunnel up or down"),
    "udp dport": _line("no IKE from a gateway that does not hold the Elastic IP"),
    "maxseg size set": _line("full segments fit into the tunnel: path-MTU discovery does not work over IPsec"),
}
_SYSCTL: dict[str, Explanation] = {
    "net.ipv4.ip_forward": _line("trading hosts behind the gateway", "net.ipv4.ip_forward=1"),
    "send_redirects": _line("on every interface, not on one called eth0", "net.ipv4.conf.eth0.send_redirects = 0"),
    "accept_redirects": _line("on every interface, not on one called eth0", "net.ipv4.conf.eth0.accept_redirects = 0"),
    "rp_filter": _line("strict would drop what comes out of the tunnel"),
}
_SECRET = _line("written at boot from Secrets Manager; in base64, which carries any bytes", 'PSK "$SECURE_PSK"')
_SETTINGS = _line("the settings of the gateway's program; the secret's ARN, never its value")

ELSEWHERE: tuple[tuple[str, str], ...] = (
    ("sudo apt-get install -y openswan", "fixtunnel-start installs the engine, with retries, and checks its version"),
    ("sudo ipsec verify", "its useful findings are settings here: redirects, forwarding, rp_filter"),
    ("sudo mv sysctl.conf /etc/sysctl.conf", "a drop-in: the system's own file stays"),
    ("sudo sysctl -p", "systemd-sysctl, at every boot"),
    (
        "EC2 security groups: open UDP access on 500 and 4500",
        "a rule for each of the venue's gateways, no other address",
    ),
    ('SECURE_PSK="<your psk>"', "Secrets Manager; in no file, template or command line"),
)
"""Lines of the article that are no line of a file here, and what does their work."""


def explain(path: str, line: str) -> Explanation | None:
    """Why a line of a gateway's file is there; None for comments, brackets, and what explains itself."""
    text = line.strip()
    if not text or text.startswith("#"):
        return None
    if path.endswith(".secrets") and "PSK" in text:
        return _SECRET
    if path.startswith("/etc/ipsec."):
        return _ENGINE.get(text) or _ENGINE.get(re.split(r"[=\s]", text, maxsplit=1)[0])
    if path.endswith("gateway.json"):
        return _SETTINGS if text.startswith('{"client"') else None
    table = _FIREWALL if path.endswith(".nft") else _SYSCTL if "/sysctl.d/" in path else {}
    return next((explanation for words, explanation in table.items() if words in text), None)
