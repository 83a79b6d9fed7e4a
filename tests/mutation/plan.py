"""What is mutated, and by which tests it must be killed: few for each file, so that a mutant takes a second or two."""

from __future__ import annotations

from dataclasses import dataclass

PROGRAM = "userdata/files/usr/lib/fixtunnel/fixtunnel"
UNIT = "tests/unit/gateway"


@dataclass(frozen=True, kw_only=True)
class Target:
    """A file, the tests that hold it, and of which part it is. `within` names the functions that are meant."""

    part: str
    file: str
    tests: tuple[str, ...]
    within: tuple[str, ...] = ()


def _program(part: str, name: str, *tests: str) -> Target:
    files = tuple(f"{UNIT}/test_{test}.py" for test in tests)
    return Target(part=part, file=f"{PROGRAM}/{name}.py", tests=(*files, *_SHORT))


_GUARD = ("tests/rehearsal/test_closed_guard.py",)
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
    _program("watch", "keeper", "keeper"),
    _program("watch", "watch", "watching", "watching_troubles", "siblings", "contract_kept"),
    _program("rotation", "rotation", "rotations", "keyed"),
    Target(
        part="rotation",
        file="ops/gateway/psk_change.py",
        tests=("tests/ops/test_psk_change.py",),
        within=("follow", "_look", "_agree"),
    ),
)
