"""No accepted value puts a second key, line or word into a file that root reads.

Values are drawn from the model's own patterns, and then spoilt by what a pattern is most likely to overlook. What the
model accepts is rendered, and read back as the engine, nft and the gateway's program would read it.
"""

from __future__ import annotations

import json
import re
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, event, given, settings
from hypothesis import strategies as st

from model.client import Client
from model.deployment import Deployment
from model.faults import InvalidInput
from model.venue import Venue
from tests.literal import deployed, loaded
from tests.unit.model.example import CLIENT, VENUE, plain, write
from tests.unit.userdata.cloud import boot
from userdata.render import render

FAST = (Phase.explicit, Phase.generate)  # to make a failure smaller would take minutes
BOUNDED = settings(
    max_examples=80, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True, phases=FAST
)
# Line breaks of every kind, Unicode digits and look-alikes, and what means something to ipsec.conf, nft, YAML or a shell.
SPOIL = st.sampled_from(
    [
        *"\n\r\x00\x0b\x0c\x1c\x85\u2028\u2029 \t#'\"{}\\$;|&<>%!*`,=:@/()",
        *("\u0661", "\uff11", "\u212a", "\u0131", "\ufeff", " #", "}; drop", "${Token}", "{{ 7*7 }}"),
        *("\n    leftupdown=/bin/sh", "\n- path: /etc/passwd"),
    ]
)


def pattern(model: Any, *path: str) -> str:
    """The pattern in the JSON Schema of a field: what an editor lets pass."""
    schema = model.model_json_schema(mode="validation")
    node = schema
    for part in path:
        node = _resolved(schema, node)["properties"][part]
    node = _resolved(schema, node)
    return str(node["pattern"])


def _resolved(schema: Any, node: Any) -> Any:
    for key in ("items", "anyOf"):
        if key in node:
            return _resolved(schema, node[key] if key == "items" else node[key][0])
    return _resolved(schema, schema["$defs"][node["$ref"].rsplit("/", 1)[1]]) if "$ref" in node else node


def good(model: Any, *path: str) -> st.SearchStrategy[str]:
    """A value of the field's pattern."""
    return st.from_regex(re.compile(pattern(model, *path).removesuffix("$") + r"\Z"))


GOOD = st.fixed_dictionaries(
    {
        "connection": good(Venue, "connection"),
        "name": st.one_of(st.none(), good(Client, "tunnels", "name")),
        "id": st.one_of(st.none(), good(Venue, "peers", "A", "id")),
        "local_id": st.one_of(st.none(), good(Client, "tunnels", "local_id")),
        "ike": st.sampled_from(["aes256-sha1;modp2048", "3des-md5;modp1536", "aes128-sha2_512;dh31"]),
        "esp": st.one_of(st.sampled_from(["aes256-sha1", "aes_gcm256"]), good(Venue, "esp", "proposal")),
        "lifetime": st.one_of(st.integers(1, 86400).map(str), st.from_regex(r"[1-9][0-9]{0,2}[sm]?\Z")),
        "peer": st.ip_addresses(v=4, network="198.51.100.0/24").map(str),
        "remote": st.sampled_from(["192.0.2.0/24", "192.0.2.0/255.255.255.0"]),
        "secret": st.one_of(st.none(), good(Client, "tunnels", "secret", "arn")),
    }
)


@st.composite
def cases(draw: st.DrawFn) -> dict[str, Any]:
    """Good values, in half of the cases with one that is spoilt in one place."""
    case: dict[str, Any] = draw(GOOD)
    field = draw(st.one_of(st.none(), st.sampled_from([key for key, value in case.items() if value])))
    if field:
        at = round(draw(st.floats(0, 1)) * len(case[field]))
        case[field] = case[field][:at] + draw(SPOIL) + case[field][at:]
    return case


def files(folder: Path, case: dict[str, Any]) -> Deployment:
    venue, client = json.loads(json.dumps(plain(VENUE))), json.loads(json.dumps(plain(CLIENT)))
    venue["connection"], venue["remote_networks"] = case["connection"], [case["remote"]]
    venue["peers"] = {"A": {"address": case["peer"], "id": case["id"]}}
    venue["ike"] = {"version": 1, "proposal": case["ike"], "lifetime": case["lifetime"]}
    venue["esp"]["proposal"] = case["esp"]
    client["tunnels"][0] |= {
        "name": case["name"],
        "local_id": case["local_id"],
        "secret": {"arn": case["secret"]} if case["secret"] else None,
    }
    write(folder, clients={"acme": json.dumps(client)}, venues={"exchange": json.dumps(venue)})
    return loaded(folder / "clients", folder / "venues", "acme")


@given(cases())
@BOUNDED
def test_what_is_accepted_is_what_is_read(case: dict[str, Any]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        try:
            deployment = files(Path(folder), case)
        except InvalidInput:
            event("refused")
            return
    event("accepted")
    instance = boot(deployment)
    name = case["name"] or case["connection"]
    found = instance.connection(name)
    assert [path.replace(f"/{name}.conf", "/Exchange.conf") for path in instance.files] == list(EXAMPLE.files)
    assert instance.setup == EXAMPLE.setup
    assert found.keys() == EXAMPLE.connection("Exchange").keys()
    assert (found["right"], found["rightid"]) == (case["peer"], _as_engines_read(case["id"] or case["peer"]))
    assert found["leftid"] == _as_engines_read(case["local_id"] or "203.0.113.107")
    assert (found["ike"], found["esp"]) == (case["ike"], case["esp"])
    assert re.fullmatch("[0-9]+s", found["ikelifetime"], re.ASCII)
    assert found["rightsubnet"] == "192.0.2.0/24"
    (tunnel,) = instance.settings["tunnels"]
    assert (tunnel["name"], tunnel["peer"]) == (name, case["peer"])
    assert tunnel["secret"] == (case["secret"] or deployed(deployment).secrets[name])
    assert re.findall("define remote = {(.*)}", instance.guard) == [" 192.0.2.0/24 "]
    assert _without_size(instance.guard) == _without_size(EXAMPLE.guard)


def _as_engines_read(identity: str) -> str:
    plain = re.sub(", (?=[A-Z]{1,2}=)", ",", identity)
    return f'"{plain}"' if " " in plain else plain


def _without_size(guard: str) -> str:
    return re.sub("mss = [0-9]+", "mss = …", guard, flags=re.ASCII)


with tempfile.TemporaryDirectory() as _folder:
    write(Path(_folder), clients={"acme": CLIENT}, venues={"exchange": VENUE})
    EXAMPLE = boot(loaded(Path(_folder) / "clients", Path(_folder) / "venues", "acme"))


def test_free_text_reaches_no_file_of_the_gateway(tmp_path: Path) -> None:
    """Descriptions, contacts and tags are for people: they may hold anything, because they are never rendered."""
    venue, client = json.loads(json.dumps(plain(VENUE))), json.loads(json.dumps(plain(CLIENT)))
    write(tmp_path, clients={"acme": json.dumps(client)}, venues={"exchange": json.dumps(venue)})
    before = _rendered(tmp_path)
    free = "zq'\"#{}$(reboot)`reboot`\\ ;%"
    venue |= {
        "description": free,
        "contacts": [{"role": free, "name": free, "email": "zq@example.com", "phone": "+44 1234"}],
    }
    client |= {"description": free, "tags": {"zq": "zq"}, "alarm_email": "zq@example.com"}
    write(tmp_path, clients={"acme": json.dumps(client)}, venues={"exchange": json.dumps(venue)})
    assert _rendered(tmp_path) == before


def _rendered(folder: Path) -> str:
    deployment = loaded(folder / "clients", folder / "venues", "acme")
    return render(deployment, deployed(deployment))
