"""A venue copies lines of our own form into its answer: read back, nothing differs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.ops.conftest import Fixtunnel
from tests.paths import CLIENTS


def answered(form: Any) -> dict[str, Any]:
    """An answer in the form's words, of what a person would copy line by line."""
    rows = {one["title"]: [(row["label"], row["value"]) for row in one["rows"]] for one in form["sections"]}

    def phase(title: str) -> dict[str, Any]:
        said = dict(rows[title])
        named = (said["Cipher"], said["Hash"], said.get("Diffie-Hellman group"))
        more = {"alternatives": one} if (one := said.get("Also offered, in this order")) else {}
        return {
            "proposal": ", ".join(part for part in named if part),
            "lifetime": said["Lifetime"].partition(";")[0],
            **more,
        }

    gateways, second = dict(rows["VPN gateways"]), dict(rows["Phase 2 (ESP)"])
    labels = [label.split()[2][:-1] for label in gateways if label.endswith("public address") and "Venue" in label]
    networks = [value for label, value in rows["Encryption domains"] if label == "Venue's encryption domain"]
    return {
        "name": form["subtitle"].rpartition("Venue: ")[2].rstrip("."),
        "peers": {
            label: {
                "address": gateways[f"Venue's gateway {label}: public address"],
                "id": gateways[f"Venue's gateway {label}: IKE identity"],
            }
            for label in labels
        },
        "ike": {"version": dict(rows["Phase 1 (IKE)"])["Version and mode"].partition(",")[0], **phase("Phase 1 (IKE)")},
        "esp": {
            **phase("Phase 2 (ESP)"),
            "pfs": second["Perfect forward secrecy"],
            "selector": second.get("Selectors: protocol and port at the venue"),
        },
        "remote_networks": ", ".join(networks),
    }


@pytest.mark.parametrize("client", sorted(path.stem for path in CLIENTS.glob("*.yaml")))
def test_our_own_form_read_back_is_no_difference(client: str, fixtunnel: Fixtunnel, tmp_path: Path) -> None:
    for form in json.loads(fixtunnel("form", client, "--offline", "--json").out):
        answer = tmp_path / "answer.yaml"
        answer.write_text(json.dumps(answered(form)))
        ran = fixtunnel("form", client, "--offline", "--read", str(answer), "--json")
        assert ran.out, ran.err
        said = json.loads(ran.out)
        assert (said["differences"], said["own_to_each"]) == ([], [])
