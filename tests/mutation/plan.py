"""What is mutated, and by which tests it must be killed: few for each file, so that a mutant takes a second or two."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tests.paths import ROOT

PROGRAM = "userdata/files/usr/lib/fixtunnel/fixtunnel"
UNIT = "tests/unit/gateway"


@dataclass(frozen=True, kw_only=True)
class Target:
    """A file, the tests that hold it, and of which part it is. `within` names the functions that are meant.

    Args:
        sample: of so many mutants, spread over the file, the count is made; 0: of all.
        fresh: each mutant has a Python of its own. The CDK's classes talk with a process that no fork can share.
    """

    part: str
    file: str
    tests: tuple[str, ...]
    within: tuple[str, ...] = ()
    sample: int = 0
    fresh: bool = False


def _program(part: str, name: str, *tests: str) -> Target:
    files = tuple(f"{UNIT}/test_{test}.py" for test in tests)
    return Target(part=part, file=f"{PROGRAM}/{name}.py", tests=(*files, *_SHORT))


def _every(
    folder: str,
    beside: Sequence[tuple[str, ...]],
    *always: str,
    without: Sequence[str] = (),
    otherwise: Sequence[str] = (),
    fresh: bool = False,
) -> Iterator[Target]:
    """Every file of a folder, also one that is new.

    Args:
        beside: a file's name, and its tests beside those that are `always` run; `otherwise` those of a file that is not there.
        without: the files that are tried in whole.
    """
    named = {name: tests for name, *tests in beside}
    for path in sorted((ROOT / folder).glob("[!_]*.py")):
        if path.stem in without:
            continue
        tests = (*always, *named.pop(path.stem, otherwise))
        part = "gateway" if folder == PROGRAM else folder
        files = tuple(f"tests/{test}.py" for test in tests)
        yield Target(part=part, file=f"{folder}/{path.name}", tests=files, sample=_SAMPLE, fresh=fresh)
    assert not named, f"{folder} has no {', '.join(named)}"


_SAMPLE = 20
_MODEL = ("unit/model/test_table", "unit/model/test_example_files", "unit/model/test_overrides")


_GUARD = (
    "tests/rehearsal/test_guard_chains.py",
    "tests/rehearsal/test_closed_guard.py",
    "tests/rehearsal/test_inbound_guard.py",
)
# Whole hours are played in these: a mutant that is alive would take half a minute.
_SHORT = (
    "--deselect=tests/unit/gateway/test_watching.py::test_what_is_up_is_left_alone_for_an_hour",
    "--deselect=tests/unit/gateway/test_watching_troubles.py::test_a_session_at_rest_keeps_the_engine_from_being_restarted",
)
_HELD = (
    "contract",
    "passage",
    "inbound",
    "address",
    "silence",
    "traffic",
    "repair",
    "group",
    "storm",
    "connections",
    "pairs",
    "sight",
    "keeper",
    "rotation",
    "watch",
)
TARGETS = (
    Target(
        part="contract",
        file=f"{PROGRAM}/contract.py",
        tests=tuple(f"{UNIT}/test_{which}.py" for which in ("contract_kept", "contract", "contract_fields", "by_pair")),
    ),
    Target(part="guard", file="userdata/files/usr/lib/fixtunnel/guard.nft", tests=_GUARD),
    Target(part="guard", file="userdata/templates/guard.nft.j2", tests=_GUARD),
    Target(
        part="guard",
        file="userdata/render.py",
        tests=("tests/unit/userdata/test_render.py", "tests/snapshots/test_user_data.py"),
        within=("_guard", "_own", "_local_network"),
    ),
    _program("guard", "passage", "passages"),
    _program("guard", "inbound", "inbound"),
    _program("guard", "address", "held_address"),
    _program("watch", "silence", "traffic", "watching_pairs", "by_pair"),
    _program("watch", "traffic", "traffic", "watching_pairs", "by_pair"),
    _program("watch", "pairs", "by_pair", "watching_pairs", "watching_troubles"),
    _program("watch", "repair", "repairs"),
    _program("watch", "group", "groups", "watching_pairs"),
    _program("watch", "storm", "storms"),
    _program("watch", "connections", "connections"),
    _program("watch", "sight", "sights", "engine_words"),
    _program(
        "watch", "keeper", "keeper", "contract_kept", "watching", "watching_troubles", "siblings", "watching_pairs"
    ),
    _program(
        "watch",
        "watch",
        *("watching_calls", "watching_beside", "watching_turns", "watching", "contract_kept", "watching_troubles"),
        *("siblings", "held_address", "contract_fields", "sessions"),
    ),
    _program("rotation", "rotation", "rotations", "keyed"),
    Target(
        part="rotation",
        file="ops/gateway/psk_change.py",
        tests=("tests/ops/test_psk_change.py",),
        within=("follow", "_look", "_agree"),
    ),
    # Elsewhere it is a count, of a sample.
    *_every(
        PROGRAM,
        (
            ("agent", "unit/gateway/test_agent", "unit/gateway/test_programs", "unit/gateway/test_boot_steps"),
            (
                "aws",
                "unit/gateway/test_reports",
                "unit/gateway/test_boot_steps",
                "unit/gateway/test_secrets_of_tunnels",
            ),
            ("boot", "unit/gateway/test_boot_steps", "unit/gateway/test_contract", "unit/gateway/test_contract_kept"),
            ("card", "unit/gateway/test_card", "unit/gateway/test_boot_steps"),
            ("child", "unit/gateway/test_reports"),
            ("claim", "unit/gateway/test_claim", "unit/gateway/test_boot_steps"),
            ("clash", "unit/gateway/test_clashes"),
            ("command", "unit/gateway/test_programs"),
            (
                "engine",
                "unit/gateway/test_engine_words",
                "unit/gateway/test_boot_steps",
                "unit/gateway/test_openswan_again",
                "unit/gateway/test_siblings",
            ),
            ("errand", "unit/gateway/test_reports"),
            ("history", "unit/gateway/test_history"),
            ("hours", "unit/gateway/test_hours", "unit/gateway/test_operations"),
            ("kept", "unit/gateway/test_reports", "unit/gateway/test_contract_kept"),
            ("keyed", "unit/gateway/test_keyed"),
            ("launch", "unit/gateway/test_programs", "unit/gateway/test_boot_steps"),
            ("metadata", "unit/gateway/test_held_address"),
            ("metrics", "unit/gateway/test_contract", "unit/gateway/test_watching"),
            ("openswan", "unit/gateway/test_openswan_again", "unit/gateway/test_boot_steps"),
            ("operations", "unit/gateway/test_operations", "unit/gateway/test_contract_kept"),
            ("owed", "unit/gateway/test_siblings"),
            ("presence", "unit/gateway/test_agent", "unit/gateway/test_watching_calls"),
            ("probes", "unit/gateway/test_fix_ports", "unit/gateway/test_silence"),
            ("psk", "unit/gateway/test_secrets_of_tunnels", "unit/gateway/test_rotations"),
            ("reclaim", "unit/gateway/test_reclaim", "unit/gateway/test_watching_calls"),
            ("refused", "unit/gateway/test_refused"),
            ("reporter", "unit/gateway/test_reports", "unit/gateway/test_contract_kept"),
            ("routes", "unit/gateway/test_held_address", "unit/gateway/test_watching_troubles"),
            ("sessions", "unit/gateway/test_sessions"),
            ("settings", "unit/gateway/test_contract_kept", "unit/gateway/test_programs"),
            ("state", "unit/gateway/test_programs"),
            ("upgrade", "unit/gateway/test_watching", "unit/gateway/test_watching_turns"),
            ("words", "unit/gateway/test_contract_kept", "unit/gateway/test_programs"),
        ),
        without=_HELD,
        otherwise=("unit/gateway/test_boot_steps", "unit/gateway/test_contract_kept"),
    ),
    *_every(
        "ops/gateway",
        (
            ("psk_change", "ops/test_psk_change"),
            ("journal", "ops/test_logs"),
            ("kept", "ops/test_kept_state"),
            ("session", "ops/test_session"),
            ("state", "unit/gateway/test_contract_kept", "unit/gateway/test_contract", "hostile/test_fuzz_gateway"),
            ("status", "ops/test_status", "hostile/test_fuzz_gateway"),
        ),
        otherwise=("ops/test_status",),
    ),
    *_every(
        "model",
        (
            ("calendar", "ops/test_causes"),
            ("deployment", "unit/userdata/test_render"),
            ("diagnosis", "unit/model/test_diagnosis"),
            ("disk", "ops/test_choice"),
            ("effects", "ops/test_causes"),
            ("faults", "unit/model/test_any_input"),
            ("folders", "unit/model/test_hidden_files", "unit/model/test_origins"),
            ("givers", "unit/model/test_origins"),
            ("identity", "unit/userdata/test_render"),
            ("leaks", "unit/model/test_secrets_in_files"),
            ("load", "unit/model/test_origins"),
            ("openpgp", "unit/userdata/test_agent_keys"),
            ("package_rules", "unit/model/test_package_files"),
            ("private_key", "unit/model/test_package_files"),
            ("proposal", "unit/userdata/test_render"),
            ("reading", "unit/model/test_any_input"),
            ("resolved", "ops/test_causes"),
            ("schema", "unit/model/test_schema"),
            ("source", "hostile/test_reading"),
        ),
        *_MODEL,
    ),
    *_every(
        "constructs",
        (
            ("adoption", "stacks/test_gateway_stack"),
            ("agent", "stacks/test_role"),
            ("alarms", "stacks/test_watching_stack"),
            ("dashboard", "stacks/test_watching_stack"),
            ("firewall", "stacks/test_firewall"),
            ("role", "stacks/test_role"),
            ("secret", "stacks/test_gateway_stack"),
            ("silence", "stacks/test_watching_stack"),
        ),
        "snapshots/test_templates",
        fresh=True,
    ),
)
