"""What is known of an incident, for somebody who looks into it later: texts by name, without a secret."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from model.deployment import Deployment
from model.product import version
from ops.aws import Account
from ops.aws.ec2 import console_tail
from ops.aws.stack import events
from ops.doctor import Broken, examine
from ops.doctor.examination import Examination
from ops.failure import Failure
from ops.gateway import journal
from ops.gateway.session import Session, session_of
from ops.gateway.status import status_of

_DAY = 86400
_ON_GATEWAY: Mapping[str, str] = {
    "journal.txt": journal.command("2h", None),
    "gateway/state.json": "/usr/sbin/fixtunnel-status --json",
    "gateway/engine.txt": "ipsec auto --status",
    "gateway/units.txt": "systemctl --no-pager status 'fixtunnel-*' ipsec",
    "gateway/addresses.txt": "ip -s address; ip route show table all; ip rule",
    # `ip xfrm state` would show the keys of the SAs.
    "gateway/policies.txt": "ip -s xfrm policy",
    "gateway/guard.txt": "nft list ruleset",
    "gateway/disk-and-clock.txt": "df -h; timedatectl; uptime",
}
"""What is asked on the gateway: each by a command of its own, since SSM passes on 24,000 characters of an answer."""


@dataclass
class Evidence:
    """Texts by their names, and what is missing, each with the reason."""

    texts: dict[str, str] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)


def gather(examination: Examination, account: Account) -> Evidence:
    """Ask each source. One that fails is missing, and ends nothing."""
    evidence = Evidence()
    for name, ask in _sources(examination, account):
        try:
            evidence.texts[name] = ask()
        except Failure as failure:
            evidence.missing[name] = f"{failure.what} {failure.evidence}".strip()
    _without_secrets(evidence, examination, account)
    evidence.texts["about.json"] = _written({**_about(examination, account), "missing": evidence.missing})
    return evidence


def _sources(examination: Examination, account: Account) -> Iterator[tuple[str, Callable[[], str]]]:
    client, deployment = examination.client, examination.deployment
    yield "doctor.json", lambda: _written(_doctor(examination))
    yield "status.json", lambda: _written(status_of(account, deployment).as_dict())
    yield "changes.txt", lambda: _changes(account, deployment)
    yield "stack.json", lambda: _written([asdict(one) for one in events(account.access, account.stack(client).name)])
    yield "console.txt", lambda: console_tail(account.access, account.stack(client).instance_id or "", lines=1000)
    for name, command in _ON_GATEWAY.items():
        yield name, lambda command=command: _asked(session_of(account, deployment), command)  # type: ignore[misc]
    folders = {"clients": [client], "venues": [venue.name for venue in deployment.venues]}
    for folder, names in folders.items():
        for name in names:
            path = getattr(examination.settings, folder) / f"{name}.yaml"
            yield f"files/{folder}/{name}.yaml", path.read_text


def _doctor(examination: Examination) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    try:
        found.extend(finding.as_dict() for finding in examine(examination))
    except Broken as broken:
        found.append(broken.as_dict())
    return found


def _changes(account: Account, deployment: Deployment) -> str:
    since = datetime.now(UTC).timestamp() - 3 * _DAY
    told = journal.told(account.access, journal.log_of(deployment), since=since)
    return "".join(f"{datetime.fromtimestamp(one.time, UTC):%Y-%m-%d %H:%M:%SZ} {one.text}\n" for one in told)


def _asked(session: Session, command: str) -> str:
    ran = session.run(f"{command} 2>&1")
    return ran.out + (f"\nexit status {ran.status}\n" if ran.status else "")


def _without_secrets(evidence: Evidence, examination: Examination, account: Account) -> None:
    """No source shows a PSK. If one did after all, it is cut out here."""
    for connection in examination.deployment.connections:
        try:
            account.secret_of(examination.deployment, connection).use(lambda psk: _cut(evidence, psk))
        except Failure as failure:
            evidence.missing[f"comparison with the PSK of {connection.name}"] = failure.what


def _cut(evidence: Evidence, psk: bytes) -> None:
    forms = (psk.decode(errors="replace"), base64.b64encode(psk).decode(), psk.hex())
    for name, text in evidence.texts.items():
        for form in forms:
            text = text.replace(form, "<PSK>")  # noqa: PLW2901
        evidence.texts[name] = text


def _about(examination: Examination, account: Account) -> dict[str, Any]:
    return {
        "client": examination.client,
        "made": f"{datetime.now(UTC):%Y-%m-%d %H:%M:%SZ}",
        "fixtunnel": version(),
        "account": account.identity.account,
        "region": account.region,
    }


def _written(what: Any) -> str:
    return json.dumps(what, indent=2, default=str, ensure_ascii=False) + "\n"
