"""`fixtunnel new` at a terminal: each wrong answer is asked for again, with its reason, and none is lost."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from model.deployment import Deployment
from model.load import load
from tests.ops.conftest import Fixtunnel, Person, Ran, folders


@pytest.fixture
def asked(fixtunnel: Fixtunnel, desk: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run `new` for a person who gives these answers; each question takes the first that is left for its words."""

    def run(answers: list[tuple[str, str]], *arguments: str) -> Ran:
        def prompt(question: str, **_: Any) -> str:
            words, answer = answers.pop(0)
            assert words in question
            return answer

        monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
        monkeypatch.setattr("ops.files.interview.ask", prompt)
        ran = fixtunnel(*folders(desk), "new", *arguments)
        assert answers == []
        return ran

    return run


def made(desk: Path) -> Deployment:
    (deployment,) = load(clients=desk / "clients", venues=desk / "venues", is_deployed=False).deployments
    return deployment


def test_a_wrong_answer_is_asked_for_again_with_its_reason(asked: Any, desk: Path) -> None:
    ran = asked(
        [
            ("Which venues", "harbor"),
            ("Which venues", "harbour, northbridge"),
            ("Network of your FIX engines", "10.64.1.1/24"),
            ("Network of your FIX engines", "8.8.8.0/24"),
            ("Network of your FIX engines", "10.220.4.0/25"),
            ("Network of your FIX engines", "10.64.1.0/24"),
            ("The VPC", "my-vpc"),
            ("The VPC", "vpc-0a1b2c3d"),
            ("public subnet", "subnet-0a1b2c3d"),
            ("availability zone", "eu-west-2"),
            ("availability zone", "eu-west-2a"),
            ("Route tables", "rtb-x"),
            ("Route tables", "rtb-0a1b2c3d"),
            ("Harbour Exchange (an example), FIX order entry: the address of your own", "10.220.4.9"),
            ("Harbour Exchange (an example), FIX order entry: the address of your own", "10.91.0.0/24"),
            ("the address in that network", "10.92.0.1"),
            ("the address in that network", "10.91.0.1"),
            ("Harbour Exchange (an example), FIX order entry: your CompIDs", "AC ME"),
            ("Harbour Exchange (an example), FIX order entry: your CompIDs", "007, ACME"),
            ("(empty: it has not assigned one yet)", ""),
            ("Northbridge Securities (an example), order routing: your CompIDs", ""),
            ("AWS region", "London"),
            ("AWS region", "us-east-1"),
            ("AWS region", "eu-west-2"),
            ("Who gets a mail", "nobody"),
            ("Who gets a mail", "fix-ops@example.com"),
        ],
        "acme",
    )
    assert ran.status == 0
    for reason in (
        "'harbor' is not a venue",
        "did you mean 'harbour'?",
        "'10.64.1.1/24' has host bits set",
        "'8.8.8.0/24' is public",
        "'10.220.4.0/25' overlaps 10.220.4.0/24 of harbour",
        "'my-vpc' is not the id of a VPC",
        "'eu-west-2' is not an availability zone",
        "'rtb-x' is not the id of a route table",
        "'10.220.4.9' overlaps 10.220.4.0/24 of harbour",
        "'10.92.0.1' lies outside 10.91.0.0/24",
        "'AC ME' is not a CompID",
        "'London' is not an AWS region",
        "'eu-west-2a' is not in us-east-1",
        "'nobody' is not a mail address",
    ):
        assert reason in ran.err
    client = made(desk).client
    assert client.tunnels[0].sender_comp_ids == ("007", "ACME")
    assert str(client.tunnels[0].source_address) == "10.91.0.1"
    assert client.tunnels[2].local_network is None


def test_a_wrong_flag_is_asked_for_at_a_terminal(asked: Any, desk: Path) -> None:
    ran = asked(
        [
            ("The client's name", "acme"),
            ("Which venues", "lse-proquote"),
            ("Network of your FIX engines", ""),
            ("your CompIDs", ""),
            ("AWS region", ""),
            ("EC2 instance type", "t3.medium"),
            ("Who gets a mail", ""),
        ],
        "Acme!",
        "--venue",
        "lse-proqoute",
        "--instance-type",
        "huge",
    )
    assert ran.status == 0, ran.err
    assert made(desk).client.gateway.instance_type == "t3.medium"


def test_that_there_is_such_a_client_is_said_before_anything_is_asked(asked: Any, desk: Path) -> None:
    (desk / "clients" / "acme.yaml").write_text("name: acme\n")
    ran = asked([], "acme")
    assert (ran.status, "is there already" in ran.err) == (2, True)


WRONG = {
    "--sender-comp-id": "A B",
    "--account": "12",
    "--region": "eu-west2",
    "--alarm-email": "x",
    "--trading-hosts": "10.0.0.1/24",
    "--instance-type": "huge",
}


@pytest.mark.parametrize(
    ("venues", "missing"),
    [
        (["harbour"], ["--vpc-id", "--subnet-id", "--zone", "--route-table", "--local-network"]),
        (["harbor"], ["--vpc-id", "--subnet-id", "--zone", "--route-table", "--venue"]),
        (["harbor", "harbour"], ["--vpc-id", "--subnet-id", "--zone", "--route-table", "--local-network", "--venue"]),
        ([], ["--vpc-id", "--subnet-id", "--zone", "--route-table", "--venue"]),
    ],
)
def test_without_a_terminal_every_flag_that_is_missing_or_wrong_is_told_at_once(
    fixtunnel: Fixtunnel, desk: Path, monkeypatch: pytest.MonkeyPatch, venues: list[str], missing: list[str]
) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: False, raising=False)
    given = [word for name in venues for word in ("--venue", name)]
    wrong = [word for pair in WRONG.items() for word in pair]
    ran = fixtunnel(*folders(desk), "new", "acme", *given, *wrong)
    assert (ran.status, list((desk / "clients").iterdir())) == (2, [])
    told = [line.split(": ")[0] for line in ran.err.splitlines()]
    known = WRONG.keys() - ({"--sender-comp-id"} if "harbour" not in venues else set())
    assert sorted(told) == sorted([*missing, *known]), ran.err
    for name, value in WRONG.items():
        assert name not in known or f"'{value}'" in ran.err


def test_a_value_for_no_venue_of_the_client_is_told_with_the_rest(fixtunnel: Fixtunnel, desk: Path) -> None:
    given = ("--venue", "harbour", "--venue", "northbridge", "--sender-comp-id", "ACME", "--account", "12")
    ran = fixtunnel(*folders(desk), "new", "acme", *given)
    assert [line.split(": ")[0] for line in ran.err.splitlines()] == [
        "--local-network",
        "--sender-comp-id",
        "--account",
    ]


@pytest.mark.parametrize("typed", [(), ("harbour",), ("harbour", "", "10.91.0.1")])
def test_input_that_ends_says_that_no_file_was_written(
    fixtunnel: Fixtunnel, desk: Path, monkeypatch: pytest.MonkeyPatch, typed: tuple[str, ...]
) -> None:
    monkeypatch.setattr("sys.stdin", Person(*typed))
    ran = fixtunnel(*folders(desk), "new", "acme")
    assert (ran.status, list((desk / "clients").iterdir())) == (1, [])
    assert "no file was written" in ran.err and "Aborted" not in ran.err
    asked = [line for line in ran.err.splitlines() if line.rstrip().endswith(":")]
    assert len(asked) == len(set(asked))


@pytest.mark.parametrize(
    ("flag", "value"),
    [
        ("--region", "eu-west-2\nalarm_email: a@example.com"),
        ("--region", "eu-west-2 # x"),
        ("--alarm-email", "a@example.com, tags: {a: b}"),
        ("--instance-type", "t3.small}"),
        ("--image", "debian-13\n  ami: ami-0a1b2c3d"),
        ("--trading-hosts", "10.0.0.0/24], tags: [x"),
    ],
)
def test_a_flag_adds_no_key_to_the_file(fixtunnel: Fixtunnel, desk: Path, flag: str, value: str) -> None:
    ran = fixtunnel(*folders(desk), "new", "acme", "--venue", "lse-proquote", flag, value)
    assert ran.status == 2
    assert not list((desk / "clients").iterdir())


@pytest.mark.parametrize("text", ["null", "true", "1.5", "007", "0x1", "- a", "a: b", "a # b", "é", '"', "~", "@x"])
def test_a_description_is_the_text_that_was_given(fixtunnel: Fixtunnel, desk: Path, text: str) -> None:
    arguments = ("--venue", "lse-proquote", "--description", text, "--sender-comp-id", "007")
    assert fixtunnel(*folders(desk), "new", "acme", *arguments).status == 0
    assert made(desk).client.description == text
    assert made(desk).client.tunnels[0].sender_comp_ids == ("007",)


@pytest.mark.parametrize("name", ["../../acme", ".git", "a/b", "Acme!", "x" * 300])
def test_a_name_that_is_none_is_told_with_the_rest(fixtunnel: Fixtunnel, desk: Path, name: str) -> None:
    (desk.parent / "acme.yaml").touch()
    ran = fixtunnel(*folders(desk), "new", name, "--venue", "lse-proquote", "--account", "12")
    (desk.parent / "acme.yaml").unlink()
    assert (ran.status, list((desk / "clients").iterdir())) == (2, [])
    told = ran.err.splitlines()
    assert [line.split(": ")[0] for line in told] == ["CLIENT", "--account"], ran.err
    assert "is not a name; write 2 to 32 of a-z" in told[0]


@pytest.mark.parametrize(
    ("flag", "value", "words"),
    [
        ("--local-network", "10.1.0.0/24", "'10.1.0.0/24' has no use: lse-proquote knows us by the Elastic IP"),
        ("--source-address", "10.1.0.1", "'10.1.0.1' has no use: lse-proquote knows us by the Elastic IP"),
        ("--zone", "eu-west-2a", "--vpc-id: error: is missing"),
        ("--route-table", "rtb-0a1b2c3d", "--vpc-id: error: is missing"),
    ],
)
def test_no_flag_is_passed_over_in_silence(fixtunnel: Fixtunnel, desk: Path, flag: str, value: str, words: str) -> None:
    ran = fixtunnel(*folders(desk), "new", "acme", "--venue", "lse-proquote", flag, value)
    assert (ran.status, list((desk / "clients").iterdir())) == (2, [])
    assert words in ran.err
