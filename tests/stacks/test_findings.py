"""What the tools of AWS find in a client's stack: nothing that is not acknowledged with a reason."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from aws_cdk import App, Validations
from cdk_nag import AwsSolutionsChecks

from stacks.acknowledged import REASONS
from stacks.gateway_stack import GatewayStack
from tests.literal import example
from tests.stacks.conftest import EXAMPLES
from tests.stacks.synthesis import CONTEXT, synthesise
from tests.stacks.test_account import STRICT, client, moved


@pytest.fixture(scope="module")
def assembly(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every example client and a strict account's, with CDK's validator and AwsSolutions: a finding fails the synthesis."""
    folder = tmp_path_factory.mktemp("assembly")
    app = App(context=CONTEXT, outdir=str(folder))
    for name in EXAMPLES:
        GatewayStack(app, deployment=example(name))
    GatewayStack(app, deployment=client(tmp_path_factory.mktemp("strict"), STRICT))
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    app.synth()
    return folder


def test_no_finding(assembly: Path) -> None:
    report = assembly / "validation-report.json"
    assert not report.exists() or _violations(json.loads(report.read_text())) == []


def _violations(report: object) -> list[object]:
    if isinstance(report, dict):
        own = report.get("violations")
        return [
            *(own if isinstance(own, list) else []),
            *(one for inner in report.values() for one in _violations(inner)),
        ]
    return [one for inner in report for one in _violations(inner)] if isinstance(report, list) else []


def test_cfn_lint(assembly: Path) -> None:
    templates = [str(path) for path in assembly.glob("*.template.json")]
    assert len(templates) == len(EXAMPLES) + 1
    assert _linted(*templates) == (0, "")


@pytest.mark.parametrize("region", ["us-gov-west-1", "cn-north-1", "eusc-de-east-1"])
def test_each_kind_of_resource_is_known_in_other_partitions(tmp_path: Path, region: str) -> None:
    """By AWS's own schemas of that region: it has fewer kinds, and some with fewer properties."""
    there = client(tmp_path, {**{key: moved(value, region) for key, value in STRICT.items()}, "region": region})
    synthesise([there], folder=tmp_path / "out")
    assert _linted("--regions", region, "--", str(tmp_path / "out/fixtunnel-acme.template.json")) == (0, "")


def _linted(*arguments: str) -> tuple[int, str]:
    linter = Path(sys.executable).parent / "cfn-lint"
    done = subprocess.run([linter, *arguments], capture_output=True, text=True, check=False, timeout=120)
    return done.returncode, done.stdout


def test_reasons_are_reasons() -> None:
    assert all(len(reason.split()) > 12 for reason in REASONS.values())
