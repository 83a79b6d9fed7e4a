"""What is mutated, and by which tests it must be killed: few for each file, so that a mutant takes a second or two."""

from __future__ import annotations

from dataclasses import dataclass

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


def _program(part: str, name: str, *tests: str, sample: int = 0) -> Target:
    files = tuple(f"{UNIT}/test_{test}.py" for test in tests)
    return Target(part=part, file=f"{PROGRAM}/{name}.py", tests=(*files, *_SHORT), sample=sample)


def _counted(folder: str, name: str, *tests: str, fresh: bool = False) -> Target:
    files = tuple(f"tests/{test}.py" for test in tests)
    return Target(part=folder, file=f"{folder}/{name}.py", tests=files, sample=_SAMPLE, fresh=fresh)


_SAMPLE = 20
_MODEL = ("unit/model/test_table", "unit/model/test_example_files", "unit/model/test_overrides")


_GUARD = ("tests/rehearsal/test_guard_chains.py", "tests/rehearsal/test_closed_guard.py")
# Whole hours are played in these: a mutant that is alive would take half a minute.
_SHORT = (
    "--deselect=tests/unit/gateway/test_watching.py::test_what_is_up_is_left_alone_for_an_hour",
    "--deselect=tests/unit/gateway/test_watching_troubles.py::test_a_session_at_rest_keeps_the_engine_from_being_restarted",
)
TARGETS = (
    Target(
        part="contract",
        file=f"{PROGRAM}/contract.py",
        tests=(f"{UNIT}/test_contract_kept.py", f"{UNIT}/test_contract.py"),
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
    _program("guard", "address", "held_address"),
    _program("watch", "silence", "traffic"),
    _program("watch", "traffic", "traffic"),
    _program("watch", "repair", "repairs"),
    _program("watch", "group", "groups"),
    _program("watch", "storm", "storms"),
    _program("watch", "connections", "connections"),
    _program("watch", "sight", "sights", "engine_words"),
    _program("watch", "keeper", "keeper", "contract_kept", "watching", "watching_troubles", "siblings"),
    _program(
        "watch", "watch", "watching_calls", "watching", "contract_kept", "watching_troubles", "siblings", "held_address"
    ),
    _program("rotation", "rotation", "rotations", "keyed"),
    Target(
        part="rotation",
        file="ops/gateway/psk_change.py",
        tests=("tests/ops/test_psk_change.py",),
        within=("follow", "_look", "_agree"),
    ),
    # Elsewhere it is a count, of a sample.
    *(
        _program("gateway", name, *tests, sample=_SAMPLE)
        for name, *tests in (
            ("agent", "programs", "boot_steps"),
            ("aws", "reports", "boot_steps", "secrets_of_tunnels"),
            ("boot", "boot_steps", "contract", "contract_kept"),
            ("card", "card", "boot_steps"),
            ("child", "reports"),
            ("claim", "claim", "boot_steps"),
            ("clash", "clashes"),
            ("command", "programs"),
            ("engine", "engine_words", "boot_steps", "openswan_again", "siblings"),
            ("errand", "reports"),
            ("history", "history"),
            ("kept", "reports", "contract_kept"),
            ("keyed", "keyed"),
            ("launch", "programs", "boot_steps"),
            ("metadata", "held_address"),
            ("metrics", "contract", "watching"),
            ("openswan", "openswan_again", "boot_steps"),
            ("operations", "operations", "contract_kept"),
            ("owed", "siblings"),
            ("presence", "agent", "watching_calls"),
            ("probes", "fix_ports", "silence"),
            ("psk", "secrets_of_tunnels", "rotations"),
            ("reclaim", "reclaim", "watching_calls"),
            ("refused", "refused"),
            ("reporter", "reports", "contract_kept"),
            ("routes", "held_address", "watching_troubles"),
            ("settings", "contract_kept", "programs"),
            ("state", "programs"),
            ("upgrade", "watching", "watching_turns"),
            ("words", "contract_kept", "programs"),
        )
    ),
    *(
        _counted("ops/gateway", name, *tests)
        for name, *tests in (
            ("journal", "ops/test_logs"),
            ("kept", "ops/test_kept_state"),
            ("session", "ops/test_session"),
            ("state", "unit/gateway/test_contract_kept", "unit/gateway/test_contract", "hostile/test_fuzz_gateway"),
            ("status", "ops/test_status", "hostile/test_fuzz_gateway"),
        )
    ),
    *(
        _counted("model", name, *tests, *_MODEL)
        for name, *tests in (
            ("account",),
            ("adoption",),
            ("base",),
            ("calendar", "ops/test_causes"),
            ("client",),
            ("client_rules",),
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
            ("networks",),
            ("openpgp", "unit/userdata/test_agent_keys"),
            ("overrides",),
            ("package_rules", "unit/model/test_package_files"),
            ("private_key", "unit/model/test_package_files"),
            ("product",),
            ("proposal", "unit/userdata/test_render"),
            ("reading", "unit/model/test_any_input"),
            ("resolved", "ops/test_causes"),
            ("rules",),
            ("schema", "unit/model/test_schema"),
            ("source", "hostile/test_reading"),
            ("tunnel_rules",),
            ("values",),
            ("venue",),
            ("venue_rules",),
        )
    ),
    *(
        _counted("constructs", name, "snapshots/test_templates", *tests, fresh=True)
        for name, *tests in (
            ("address",),
            ("adoption", "stacks/test_gateway_stack"),
            ("agent", "stacks/test_role"),
            ("alarms", "stacks/test_watching_stack"),
            ("dashboard", "stacks/test_watching_stack"),
            ("firewall", "stacks/test_firewall"),
            ("gateway",),
            ("metric",),
            ("network",),
            ("operations",),
            ("role", "stacks/test_role"),
            ("routes",),
            ("secret", "stacks/test_gateway_stack"),
            ("silence", "stacks/test_watching_stack"),
            ("user_data",),
        )
    ),
)
