"""What comes from registries is what was locked, file by file, and is listed for a firm's scanner."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import tomllib
import zipfile
from pathlib import Path

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from jsonschema import Draft7Validator

from tests.paths import ROOT

_LOCKS = (
    "requirements-setup.txt",
    "requirements.txt",
    "requirements-dev.txt",
    "requirements-mutation.txt",
    "requirements-site.txt",
)
_REQUIREMENT = re.compile(r"^([\w.-]+)==(\S+)(?: ; (.+?))? \\$", re.MULTILINE)


def test_every_package_that_we_name_is_locked() -> None:
    """After a change of pyproject.toml, run `make lock`."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    named = {
        "requirements-setup.txt": project["dependency-groups"]["setup"],
        "requirements.txt": project["project"]["dependencies"],
        "requirements-dev.txt": project["project"]["dependencies"] + project["dependency-groups"]["dev"],
        "requirements-mutation.txt": project["dependency-groups"]["mutation"],
        "requirements-site.txt": project["dependency-groups"]["site"],
    }
    for lock, requirements in named.items():
        versions = _locked(lock)
        for requirement in requirements:
            name, version = re.sub(r"\[.*\]", "", requirement).split("==")
            assert versions.get(_normal(name)) == version, f"{requirement} is not in {lock}: make lock"


def test_the_operator_and_the_tests_have_the_same_versions() -> None:
    assert _locked("requirements.txt").items() <= _locked("requirements-dev.txt").items()


def test_the_rehearsal_of_the_wheel_has_the_pins_of_the_tests_and_the_pip_that_it_runs() -> None:
    """An environment of uv's has no pip of its own, and the image of a gateway needs one."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wheel = set(project["project"]["optional-dependencies"]["rehearsal"])
    assert wheel <= {*project["dependency-groups"]["dev"], *project["dependency-groups"]["setup"]}
    assert any(one.startswith("pip==") for one in wheel)


def test_every_npm_package_is_locked_by_its_hash() -> None:
    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    assert all(package["integrity"].startswith("sha512-") for path, package in packages.items() if path)


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which no set-up comes to its end: its virtual environment is made once."""
    return tmp_path_factory.mktemp("begun")


@pytest.mark.parametrize("lock", ["requirements-setup.txt", "requirements-dev.txt"])
@pytest.mark.parametrize("fault", ["another hash", "no hash"])
def test_the_set_up_fails_for_a_package_with(fault: str, lock: str, begun: Path) -> None:
    pinned = {"another hash": f" --hash=sha256:{'0' * 64}", "no hash": ""}[fault]
    ended = _set_up(begun, {lock: f"harmless==1.0{pinned}\n"})
    assert ended.returncode == 2
    assert "hash" in ended.stderr.lower()
    assert not (begun / ".venv/.ready").exists()
    assert not list((begun / ".venv").rglob("harmless*"))


def test_the_set_up_takes_a_package_with_its_hash(tmp_path: Path) -> None:
    right = f"harmless==1.0 --hash=sha256:{hashlib.sha256(_wheel(tmp_path).read_bytes()).hexdigest()}\n"
    ended = _set_up(tmp_path, {"requirements-setup.txt": right, "requirements-dev.txt": right})
    assert ended.returncode == 0, ended.stderr
    assert list((tmp_path / ".venv").rglob("harmless.py"))


def test_the_scanner_gets_every_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each package of the locks is in a document that CycloneDX's schema allows.

    The tool validates too, before it writes; its grammar for 484 addresses takes 20 s, and a pattern does here.
    """
    made = ["make", "--old-file=setup", "sbom", f"SBOM={tmp_path}", "SBOM_OPTIONS=--no-validate"]
    subprocess.run(made, cwd=ROOT, check=True, capture_output=True)
    python, npm = ((tmp_path / f"{name}.cdx.json").read_text() for name in ("python", "npm"))
    address = re.compile(r"[^\s<>\"{}|\\^`]*")  # RFC 3987: what is in no IRI, but for what is not in ours either
    is_address = (lambda value: not isinstance(value, str) or bool(address.fullmatch(value)), ())
    monkeypatch.setitem(Draft7Validator.FORMAT_CHECKER.checkers, "iri-reference", is_address)
    for document in (python, npm):
        schema = SchemaVersion.from_version(json.loads(document)["specVersion"])
        assert JsonStrictValidator(schema).validate_str(document) is None
    listed = {_normal(each["name"]): each for each in json.loads(python)["components"]}
    for name, version in _locked("requirements-dev.txt").items():
        assert listed[name]["version"] == version
        assert listed[name]["purl"].lower().endswith(f"@{version}")
    cdk = json.loads((ROOT / "package.json").read_text())["devDependencies"]["aws-cdk"]
    assert [each["purl"] for each in json.loads(npm)["components"]] == [f"pkg:npm/aws-cdk@{cdk}"]


def _locked(lock: str) -> dict[str, str]:
    """What is for this machine: the version of each package by its name."""
    found = _REQUIREMENT.findall((ROOT / lock).read_text())
    return {_normal(name): version for name, version, marker in found if "win32" not in marker}


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _set_up(folder: Path, locks: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """`make setup`'s Python part in a folder with these locks; the registry is one wheel in this folder."""
    _wheel(folder)
    (folder / "Makefile").write_text((ROOT / "Makefile").read_text())
    for name in ("requirements-setup.txt", "requirements-dev.txt"):
        (folder / name).write_text(locks.get(name, ""))
    if not (folder / ".venv").exists():
        (folder / ".venv/bin").mkdir(parents=True)
        (folder / ".venv/bin/uv").symlink_to(ROOT / ".venv/bin/uv")  # the set-up's own is not in this registry
    registry = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(folder), "UV_NO_INDEX": "1", "UV_FIND_LINKS": str(folder)}
    environment = {**os.environ, **registry, "PIP_CONFIG_FILE": os.devnull}
    return subprocess.run(
        ["make", ".venv/.ready"], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def _wheel(folder: Path) -> Path:
    """The smallest package that pip and uv install. Its bytes are the same each time."""
    about = "harmless-1.0.dist-info"
    files = {
        "harmless.py": "",
        f"{about}/METADATA": "Metadata-Version: 2.1\nName: harmless\nVersion: 1.0\n",
        f"{about}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    files[f"{about}/RECORD"] = "".join(f"{name},,\n" for name in [*files, f"{about}/RECORD"])
    wheel = folder / "harmless-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    return wheel
