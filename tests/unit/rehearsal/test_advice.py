"""From what was seen of a failure to its cause: a table of (what was seen, cause)."""

from __future__ import annotations

from typing import Any

import pytest

from rehearsal.run.failure import Evidence, advise

HOLDING = {"state": "holding", "tunnels": {"T": {"state": "trying"}}}
BOOTING: dict[str, Any] = {}

SEEN: tuple[tuple[str, dict[str, Any]], ...] = (
    ("wrong-psk", {"state": HOLDING, "complaint": "psk"}),
    (
        "no-proposal-phase-1",
        {"state": HOLDING, "complaint": "proposal", "venue": ("received proposals: IKE:AES_CBC_192",)},
    ),
    (
        "no-proposal-phase-2",
        {"state": HOLDING, "complaint": "proposal", "venue": ("received proposals: ESP:AES_CBC_192",)},
    ),
    ("selectors-refused", {"state": HOLDING, "complaint": "selectors"}),
    ("id-mismatch", {"state": HOLDING, "complaint": "identity"}),
    ("unknown-peer", {"state": HOLDING, "complaint": "unknown-peer"}),
    (
        "no-answer",
        {"state": HOLDING, "engine": ('"T" #1: STATE_MAIN_I1: retransmission; will wait 4 seconds for response',)},
    ),
    ("secret-empty", {"state": {"state": "holding", "tunnels": {"T": {"state": "waiting-for-psk"}}}}),
    ("address-not-here", {"state": {"state": "waiting-for-address"}}),
    ("venue-port-closed", {"state": HOLDING, "tunnels_up": True, "port_closed": True}),
    ("fix-session", {"state": HOLDING, "tunnels_up": True}),
    ("unclean", {"state": HOLDING, "tunnels_up": True, "unclean": True}),
    (
        "archive-unreachable",
        {
            "state": BOOTING,
            "boot": ("Err:1 https://deb.debian.org trixie", "fixtunnel: install: status 100; again in 2 s"),
        },
    ),
    (
        "secrets-manager-unreachable",
        {"state": {"state": "booting", "step": "fetch_secrets"}, "boot": ("AWS: get secret value failed: timed out",)},
    ),
    (
        "permission-missing",
        {
            "state": {"state": "booting", "step": "fetch_secrets"},
            "boot": (
                "AWS: get secret value failed: (AccessDeniedException): not authorized to perform GetSecretValue",
            ),
        },
    ),
    (
        "engine-refuses-configuration",
        {"state": HOLDING, "engine": ("FATAL ERROR: unrecognized keyword 'nat_traversal'",)},
    ),
    # The venue has not heard yet that our engine is gone.
    (
        "engine-refuses-configuration",
        {"state": HOLDING, "tunnels_up": True, "engine": ("FATAL ERROR: unrecognized keyword 'nat_traversal'",)},
    ),
    (
        "engine-refuses-configuration",
        {"state": {"state": "boot-failed"}, "boot": ("fixtunnel: the boot failed: not loaded: T",)},
    ),
    (
        "wrong-engine",
        {"state": {"state": "boot-failed"}, "boot": ("fixtunnel: the boot failed: engine is not openswan",)},
    ),
    ("unknown", {"state": HOLDING}),
)


@pytest.mark.parametrize(("cause", "seen"), SEEN, ids=[f"{cause}-{number}" for number, (cause, _) in enumerate(SEEN)])
def test_cause(cause: str, seen: dict[str, Any]) -> None:
    found = advise(Evidence(error="a limit was reached", **seen))
    assert found.name == cause
    assert found.meaning.endswith(".")
    assert found.advice.endswith(".")


def test_an_earlier_trouble_of_the_boot_that_is_over_is_not_the_cause() -> None:
    boot = ("fixtunnel: install: status 100; again in 2 s", "AWS: get secret value failed: timed out")
    assert advise(Evidence(error="", boot=boot)).name == "secrets-manager-unreachable"


def test_where_nobody_said_a_word_the_error_itself_is_told() -> None:
    assert Evidence(error="cdk deploy failed\nwith status 1").words == ("cdk deploy failed", "with status 1")
