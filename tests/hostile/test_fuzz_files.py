"""Mutated client and venue files: judged in two seconds, in words; and what is accepted has no line or key too many."""

from __future__ import annotations

import contextlib
import html.parser
import io
import re
import shutil
import tempfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from model.deployment import Deployment
from model.faults import InvalidInput
from model.load import load
from ops.console import console, show
from ops.failure import Failure
from ops.files.checking import check_files
from ops.form.answer import sheet
from ops.form.comparison import compare
from ops.form.content import forms
from ops.form.document import markdown, page
from ops.streams import visible
from ops.verbs.form import _show as show_differences
from tests.hostile.bounds import bounded
from tests.hostile.mutation import CANARY, MARK, encoded, fuzzed
from tests.literal import example
from tests.paths import ROOT
from tests.unit.model.example import CLIENT, VENUE
from tests.unit.userdata.cloud import Instance, boot

TEXTS = {kind: {path.stem: path.read_text() for path in (ROOT / kind).glob("*.yaml")} for kind in ("clients", "venues")}
TEXTS["clients"]["acme"], TEXTS["venues"]["exchange"] = CLIENT, VENUE
FILES = [(kind, name) for kind in TEXTS for name in TEXTS[kind]]


@pytest.fixture(scope="module")
def desk() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        for kind, texts in TEXTS.items():
            shutil.copytree(ROOT / kind, Path(folder, kind))
            for name, text in texts.items():
                Path(folder, kind, f"{name}.yaml").write_text(text)
        yield Path(folder)


@contextlib.contextmanager
def replaced(path: Path, content: bytes) -> Iterator[None]:
    before = path.read_bytes()
    path.write_bytes(content)
    try:
        yield
    finally:
        path.write_bytes(before)


def harmless(text: str) -> None:
    """What the command says holds no secret; on its way out `visible` takes what could steer a terminal."""
    assert CANARY not in text
    assert all(one in "\t\n" or one.isprintable() for one in visible(text))


@given(st.data())
@fuzzed(0.35)
def test_files(desk: Path, data: st.DataObject) -> None:
    kind, name = data.draw(st.sampled_from(FILES))
    content = data.draw(encoded(TEXTS[kind][name]))
    with replaced(desk / kind / f"{name}.yaml", content):
        with bounded():
            faults = check_files([str(desk / kind / f"{name}.yaml")], clients=desk / "clients", venues=desk / "venues")
        for fault in faults:
            harmless(str(fault))
            assert len(str(fault).splitlines()) == 1, fault
        try:
            with bounded():
                found = load(clients=desk / "clients", venues=desk / "venues", selected=_about(name)).deployments
        except InvalidInput as invalid:
            event("refused")
            harmless(str(invalid))
            return
    event("accepted")
    for deployment in found:
        _renders_no_more(deployment)


def _about(name: str) -> tuple[str, ...]:
    """The client of that name, or those of the venue."""
    return tuple(client for client, text in TEXTS["clients"].items() if client == name or f"venue: {name}\n" in text)


def _renders_no_more(deployment: Deployment) -> None:
    with bounded():
        instance = boot(deployment)
    names = {f"/etc/ipsec.d/{one.name}.conf" for one in deployment.connections}
    assert {path for path in instance.files if path.startswith("/etc/ipsec.d/")} == names
    assert {path for path in instance.files if path not in names} <= KNOWN_FILES
    assert instance.config.keys() <= KNOWN.config.keys()
    assert instance.setup.keys() in [one.setup.keys() for one in EXAMPLES]
    assert {one["name"] for one in instance.settings["tunnels"]} == {one.name for one in deployment.connections}
    for one in deployment.connections:
        assert set(instance.connection(one.name)) <= KNOWN_KEYS
    for path, text in instance.files.items():
        assert CANARY not in text, path
        assert not any(line.strip().startswith(MARK) for line in text.splitlines()), path
    _forms_have_no_more(deployment)


def _forms_have_no_more(deployment: Deployment) -> None:
    with bounded():
        made = forms(deployment, address="203.0.113.7", today=date(2026, 11, 27))
    for form in made:
        text, rows = markdown(form), sum(len(section.rows) for section in form.sections)
        assert text.count("\n") == len(text.splitlines()) == 4 + 5 * len(form.sections) + rows
        assert CANARY not in text
        Tags().feed(page(form))
    for group in deployment.groups.values():
        assert MARK not in sheet(deployment.client.name, group[0])


class Tags(html.parser.HTMLParser):
    """No element of a page is somebody else's."""

    def handle_starttag(self, tag: str, attrs: object) -> None:
        assert tag not in ("script", "a", "img", "iframe", MARK), self.get_starttag_text()


EXAMPLES = [boot(example(name)) for name in ("lse-proquote", "acme-capital", "lse-proquote-openswan")]
KNOWN: Instance = EXAMPLES[0]
KNOWN_FILES = {path for one in EXAMPLES for path in one.files if not path.startswith("/etc/ipsec.d/")}
TEMPLATES = "".join(path.read_text() for path in (ROOT / "userdata/templates").glob("*.conf.j2"))
KNOWN_KEYS = {"forceencaps", "encapsulation", *re.findall(r"^    ([a-z0-9_-]+)=", TEMPLATES, re.MULTILINE)}

PLACE = {"lse-proquote": "lse-proquote", "acme-capital": "northbridge"}
ANSWERS = {client: TEXTS["venues"][venue] for client, venue in PLACE.items()}
DEPLOYED = {name: example(name) for name in PLACE}


def _sheet(client: str) -> str:
    (group,) = (one for venue, one in DEPLOYED[client].groups.items() if venue == PLACE[client])
    return sheet(client, group[0])


@given(st.data())
@fuzzed(0.25)
def test_answers(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    client = data.draw(st.sampled_from(sorted(PLACE)))
    content = data.draw(encoded(ANSWERS[client], _sheet(client)))
    path = tmp_path_factory.getbasetemp() / "answer.yaml"
    path.write_bytes(content)
    with contextlib.redirect_stdout(io.StringIO()) as out:
        console.cache_clear()
        try:
            with bounded():
                show_differences(compare(path, DEPLOYED[client], address="203.0.113.7"))
        except InvalidInput as invalid:
            event("refused")
            assert len(str(invalid).splitlines()) == len(invalid.faults)
            show(str(invalid))
        except Failure as failure:
            show(str(failure))
        else:
            event("read")
    console.cache_clear()
    harmless(out.getvalue())
