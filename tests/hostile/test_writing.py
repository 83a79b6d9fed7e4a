"""What the command writes is there whole or not at all, and where it was asked for; of an edited file one line changes."""

from __future__ import annotations

import os
import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from model.source import read
from ops.failure import Failure
from ops.files.editing import mark, pin
from ops.files.writing import write_new, write_whole
from ops.form.document import _cell
from tests.hostile.command import ran

AMI = "ami-0a1b2c3d"
CLIENT = "name: acme\ntunnels:\n  - venue: exchange\n"
ODD = {
    "a comment behind a key": "description: # c\n  b\n\nname: acme\ntunnels:\n  - venue: exchange\n",
    "a text over lines": "description: 'a\n  b: c'\nname: acme\ntunnels:\n  - venue: >-\n      exchange\n",
    "all in one line": "{name: acme, tunnels: [{venue: exchange}]}",
    "keys in question": "? name\n: acme\n? tunnels\n: - ? venue\n    : exchange\n",
    "a byte order mark": f"\ufeff{CLIENT}",
    "a document's marks": "%YAML 1.2\n---\nname: acme\ntunnels:\n  - venue: exchange\n...\n",
    "quoted keys": '\'name\': acme\n"tunnels":\n  - "venue": exchange\n',
}


@pytest.mark.parametrize("name", ODD)
def test_an_unusual_file_is_edited_rightly_or_left_to_a_person(tmp_path: Path, name: str) -> None:
    path = tmp_path / "acme.yaml"
    changes: list[tuple[Callable[[], None], dict[str, Any]]] = [
        (lambda: pin(path, AMI, "x"), {"gateway": {"ami": AMI}}),
        (lambda: mark(path, 0, is_weak=True), {"tunnels": [{"venue": "exchange", "weak_psk": True}]}),
    ]
    for change, added in changes:
        path.write_text(ODD[name])
        before = read(path).data
        try:
            change()
        except Failure as failure:
            assert "yourself" in failure.advice
            assert path.read_text() == ODD[name]
        else:
            assert read(path).data == {**before, **added}


def test_a_windows_file_keeps_its_line_ends(tmp_path: Path) -> None:
    path = tmp_path / "acme.yaml"
    path.write_bytes(CLIENT.replace("\n", "\r\n").encode())
    pin(path, AMI, "x")
    assert set(CLIENT.replace("\n", "\r\n").encode().splitlines(keepends=True)) <= set(
        path.read_bytes().splitlines(keepends=True)
    )


def test_a_link_stays_a_link_and_a_file_keeps_its_mode(tmp_path: Path) -> None:
    real, link = tmp_path / "real.yaml", tmp_path / "acme.yaml"
    real.write_text(CLIENT)
    real.chmod(0o640)
    link.symlink_to(real)
    pin(link, AMI, "x")
    assert link.is_symlink()
    assert AMI in real.read_text()
    assert real.stat().st_mode & 0o777 == 0o640
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.skipif(os.geteuid() != 0, reason="to give a link to another user needs root")
def test_another_users_link_to_a_file_of_ours_is_not_followed(tmp_path: Path) -> None:
    real, link = tmp_path / "real.yaml", tmp_path / "acme.yaml"
    real.write_text(CLIENT)
    (tmp_path / "between").symlink_to(real)
    link.symlink_to("between")
    for strangers in (tmp_path / "between", link):
        os.chown(strangers, 65534, 65534, follow_symlinks=False)
        with pytest.raises(Failure, match="is another user's link"):
            pin(link, AMI, "x")
    assert real.read_text() == CLIENT


@pytest.mark.parametrize("is_there", [True, False])
def test_a_form_is_written_over_a_link_and_not_through_it(tmp_path: Path, is_there: bool) -> None:
    """Anybody who guesses its name may have put one there."""
    treasure, form = tmp_path / "treasure", tmp_path / "lse-proquote-lse-proquote.md"
    if is_there:
        treasure.write_text("treasure")
    form.symlink_to(treasure)
    assert ran("form", "lse-proquote", "--offline", "--to", str(tmp_path), "--format", "md").returncode == 0
    assert form.read_text().startswith("# VPN") and not form.is_symlink()
    assert not treasure.exists() if not is_there else treasure.read_text() == "treasure"


@pytest.mark.parametrize("name", ["package.json", "package-lock.json", "schema/client.schema.json"])
@pytest.mark.parametrize("kind", ["a pipe", "no text", "endless", "a folder"])
def test_init_in_a_folder_that_somebody_else_filled(tmp_path: Path, name: str, kind: str) -> None:
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    if kind == "a pipe":
        os.mkfifo(path)
    elif kind == "no text":
        path.write_bytes(b"\xff\xfe")
    elif kind == "endless":
        path.symlink_to("/dev/zero")
    else:
        path.mkdir()
    done = ran("init", str(tmp_path), "--no-npm")
    assert (done.returncode, path.is_file()) == ((0, True) if kind == "no text" else (2, False))


@pytest.mark.parametrize("name", ["package.json", "README.md"])
def test_init_writes_no_file_elsewhere(tmp_path: Path, name: str) -> None:
    folder, elsewhere = tmp_path / "ours", tmp_path / "elsewhere"
    folder.mkdir()
    (folder / name).symlink_to(elsewhere)
    if name == "package.json":
        elsewhere.write_text("theirs")
    assert ran("init", str(folder), "--no-npm").returncode == 0
    assert elsewhere.read_text() == "theirs" if name == "package.json" else not elsewhere.exists()
    assert not (folder / name).is_symlink()


@pytest.mark.parametrize("name", ["schema", "clients", "venues", ".github"])
def test_init_follows_no_folder_that_leads_out(tmp_path: Path, name: str) -> None:
    folder, elsewhere = tmp_path / "ours", tmp_path / "elsewhere"
    folder.mkdir()
    elsewhere.mkdir()
    (folder / name).symlink_to(elsewhere)
    done = ran("init", str(folder), "--no-npm")
    assert (done.returncode, [*elsewhere.iterdir()]) == (2, [])
    assert "leads out of" in done.stderr


def test_what_a_neighbour_put_beside_a_file_is_not_written_through(tmp_path: Path) -> None:
    """The name of what is written first cannot be known beforehand."""
    (tmp_path / "acme.yaml").write_text(CLIENT)
    (tmp_path / "treasure").write_text("treasure")
    (tmp_path / ".acme.yaml.new").symlink_to(tmp_path / "treasure")
    pin(tmp_path / "acme.yaml", AMI, "x")
    assert (tmp_path / "treasure").read_text() == "treasure"


def test_a_pipe_in_the_place_of_a_form_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "lse-proquote-lse-proquote.md")
    done = ran("form", "lse-proquote", "--offline", "--to", str(tmp_path), "--format", "md")
    assert done.returncode == 0
    assert (tmp_path / "lse-proquote-lse-proquote.md").read_text().startswith("# VPN")


@contextmanager
def full(at: int = 0) -> Iterator[None]:
    """No file may have more bytes; not for a whole test, of which pytest writes to a log what became of it."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (at, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("write", [write_new, write_whole])
def test_a_full_disk_leaves_nothing_half_written(tmp_path: Path, write: Callable[[Path, bytes], None]) -> None:
    with full(), pytest.raises(OSError, match="File too large"):
        write(tmp_path / "acme.yaml", CLIENT.encode())
    assert not list(tmp_path.iterdir())


def test_a_full_disk_leaves_the_file_that_was(tmp_path: Path) -> None:
    path = tmp_path / "acme.yaml"
    path.write_text(CLIENT)
    with full(at=len(CLIENT)), pytest.raises(OSError, match="File too large"):
        write_whole(path, CLIENT.encode() * 10)
    assert [one.read_text() for one in tmp_path.iterdir()] == [CLIENT]


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("&lt; &copy;", r"\&lt; \&copy;"),
        ("~~x~~ _y_ a_b", r"\~\~x\~\~ \_y\_ a_b"),
        ("[a](b) <i> | `c` *d* \\", r"\[a\](b) \<i> \| \`c\` \*d\* \\"),
    ],
)
def test_markdown_shows_what_is_written(text: str, written: str) -> None:
    assert _cell(text) == written
