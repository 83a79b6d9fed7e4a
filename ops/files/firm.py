"""A firm's own repository: its files lie there, and this program in none of its folders."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from model.configuration import NAME
from model.product import version
from model.source import Unreadable, content
from ops.failure import BadInput
from ops.files.writing import write_whole
from ops.options import PROJECT

_MOST = 4 * 1024 * 1024
LOCK = "fixtunnel-requirements.txt"
"""The Python packages that the command needs, by hash, for the firm's CI."""
SCHEMA = "schema"
"""The folder of the editor's schemas, beside those of the files."""

_CONFIGURATION = """\
# Where our files lie, and as whom AWS is asked. An option or a variable of the environment counts more.
clients = "clients"
venues = "venues"
# profile = "desk"
# region = "eu-west-2"

# What `fixtunnel new` writes into a client file, where no option says it.
[new]
# account = "123456789012"
# region = "eu-west-2"
# alarm_email = "fix-ops@example.com"
"""
_IGNORED = """\
.venv/
node_modules/
out/
.cache/
cdk.context.json
*.psk
"""
_README = """\
# Our FIX connections

`venues/` has a file for each venue, `clients/` one for each client. What `venues/` has at first are examples.

```sh
fixtunnel new venue meridian
fixtunnel new acme --venue meridian
fixtunnel check acme
fixtunnel rehearse acme --keep   # boots its gateway on this machine: Linux, root
fixtunnel form acme
```

`fixtunnel --help` has the rest.
"""
_WORKFLOW = """\
name: fixtunnel
on:
  push: {{branches: [main]}}
  pull_request:
permissions: {{contents: read}}
jobs:
  check:
    runs-on: ubuntu-24.04
    steps:
      - uses: actions/checkout@11bd71901bbe5b1630ceea73d27597364c9af683  # v4.2.2
      # What the command needs comes by hash. The command itself comes from wheel/ in this repository, where you put the file that
      # `make wheel` made: no index is asked for its name, which anybody could have registered.
      - run: python3 -m venv .venv
      - run: .venv/bin/pip install --require-hashes --only-binary :all: -r {lock}
      - run: .venv/bin/pip install --no-index --no-deps wheel/fixtunnel-{version}-*.whl
      - run: .venv/bin/fixtunnel check
      - run: .venv/bin/fixtunnel fmt --check
"""
_FIRST = {
    NAME: _CONFIGURATION,
    ".gitignore": _IGNORED,
    "README.md": _README,
    ".github/workflows/fixtunnel.yml": _WORKFLOW.format(version=version(), lock=LOCK),
}


def make(folder: Path) -> Iterator[Path]:
    """Write what is missing, and the program's own files of this version. Yields what was written.

    Raises:
        BadInput: somebody put there what is no regular file, or a link that leads out.
    """
    _stay_inside(folder)
    for name, text in _FIRST.items():
        yield from _written(folder / name, text, again=False)
    (folder / "clients").mkdir(parents=True, exist_ok=True)
    if not any((folder / "venues").glob("*.yaml")):
        for venue in sorted((PROJECT / "venues").glob("*.yaml")):
            yield from _written(folder / "venues" / venue.name, _with_schema(venue.read_text()), again=False)
    for schema in sorted((PROJECT / "model" / "schema").glob("*.schema.json")):
        yield from _written(folder / SCHEMA / schema.name, schema.read_text(), again=True)
    for name, ours in (
        ("package.json", "package.json"),
        ("package-lock.json", "package-lock.json"),
        (LOCK, "requirements.txt"),
    ):
        yield from _written(folder / name, (PROJECT / ours).read_text(), again=True)


def _with_schema(text: str) -> str:
    return text.replace("$schema=../model/schema/", f"$schema=../{SCHEMA}/", 1)


def _written(path: Path, text: str, *, again: bool) -> Iterator[Path]:
    """`again`: it is the program's own, and follows its version."""
    if path.exists() and (not again or _content(path) == text.encode()):
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, text.encode())
    yield path


def _content(path: Path) -> bytes:
    """Somebody else may have filled the folder: with a pipe, a device, a file without end."""
    try:
        return content(path, most=_MOST)
    except Unreadable as why:
        raise BadInput(f"{path} {why}", advice="take it away, or name another folder") from None


def _stay_inside(folder: Path) -> None:
    """A link in place of a folder could lead to anything. Raises BadInput."""
    for name in (SCHEMA, "clients", "venues", ".github", ".github/workflows"):
        if not (folder / name).resolve().is_relative_to(folder.resolve()):
            raise BadInput(
                f"{folder / name} leads out of {folder}", advice="take the link away, or name another folder"
            )
