"""A page of the documentation: its prose, its commands, its links."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

from botocore import xform_name
from botocore.session import Session
from typer.main import get_command

from ops.command import app
from tests.paths import ROOT

BANNED = ("told", "anew", "of ours", "whoever", "nobody", "that which", "ourselves")
"""Words that make a text hard to read."""
_AWS_OPTIONS = {"region", "profile", "output", "query", "no-cli-pager"}


_OF_THE_CLI = {("sso", "login")}
"""Commands that the AWS CLI makes of no service's model."""


class Page:
    """One page, by its path in the repository. `bare` is its text without blocks of code."""

    def __init__(self, path: str, text: str = "") -> None:
        self._path = ROOT / path
        self.text = text or self._path.read_text()
        self.bare = re.sub(r"^( *)```.*?^\1```$", "", self.text, flags=re.MULTILINE | re.DOTALL)

    def section(self, word: str) -> Page:
        """What stands under the heading with this word in code, or with this text alone."""
        in_code = re.compile(rf"##+ (.*`{re.escape(word)}`.*|{re.escape(word)})")
        parts = re.split(r"^(##.*)\n", self.text, flags=re.MULTILINE)
        return next(Page(str(self._path), body) for title, body in pairwise(parts) if in_code.fullmatch(title))

    def commands(self) -> Iterator[list[str]]:
        """Every command line, as a shell splits it at pipes and redirections, without `sudo`."""
        blocks = re.findall(r"^ *```sh\n(.*?)^ *```$", self.text, re.MULTILINE | re.DOTALL)
        lines = [line.strip() for block in blocks for line in re.sub(r"\\\n", " ", block).splitlines()]
        spans = re.findall(r"`((?:\./fixtunnel|make|aws|sudo) [^`]+)`", self.bare)
        for line in filter(None, [*lines, *spans]):
            yield from filter(None, _split(line))

    def of(self, program: str) -> list[list[str]]:
        """The arguments of each command of one program."""
        return [words[1:] for words in self.commands() if words[0] == program]

    def plain(self) -> str:
        """The prose alone: messages of a program stand in code, as they are."""
        return re.sub("`[^`]+`", "", self.bare)

    def banned(self) -> list[str]:
        """The words of BANNED that are in its prose."""
        return [word for word in BANNED if re.search(rf"\b{word}\b", self.plain(), re.IGNORECASE)]

    def dead_links(self) -> list[str]:
        """Links to a file or a heading that is not there."""
        return [link for link in re.findall(r"\]\(([^)]+)\)", self.bare) if not self._leads(link)]

    def _leads(self, link: str) -> bool:
        file, _, anchor = link.partition("#")
        if file.startswith("https:"):
            return True
        path = (self._path.parent / file).resolve() if file else self._path
        return path.exists() and (not anchor or anchor in Page(str(path)).anchors())

    def anchors(self) -> list[str]:
        """How each heading is linked to."""
        titles = re.findall(r"^#+ (.*)$", self.bare, re.MULTILINE)
        return [re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles]


def _split(line: str) -> Iterator[list[str]]:
    lexer = shlex.shlex(line, posix=True, punctuation_chars="|;&>")
    lexer.whitespace_split = True
    command: list[str] = []
    redirected = False
    for word in lexer:
        if set(word) <= set("|;&"):
            yield command
            command, redirected = [], False
        elif set(word) == {">"}:
            redirected = True
        elif not redirected and word != "sudo":
            command.append(word)
    yield command


def parse_fixtunnel(words: list[str]) -> None:
    """Read a command line as `fixtunnel` itself does. Raises where verb, argument or option do not exist."""
    if words in (["--version"], ["--help"]):
        return  # each shows something, and ends
    group: Any = get_command(app)
    context = group.make_context("fixtunnel", list(words))
    name, command, rest = group.resolve_command(context, [*context._protected_args, *context.args])
    while family := getattr(command, "commands", None):
        name, *rest = rest
        command = family[name]
    if rest != ["--help"]:
        command.make_context(name, list(rest))


def unknown_to_make(words: list[str]) -> list[str]:
    """The targets and variables of a command line that the Makefile does not have."""
    makefile = (ROOT / "Makefile").read_text()
    targets = [word for word in words if "=" not in word and not re.search(rf"^{re.escape(word)}:", makefile, re.M)]
    variables = [word.partition("=")[0] for word in words if "=" in word]
    return [*targets, *(one for one in variables if f"$({one})" not in makefile and f"{one} " not in makefile)]


def unknown_to_aws(service: str, verb: str, *rest: str) -> list[str]:
    """What of a command line the AWS CLI does not have, by the models that it makes its commands and options of."""
    if (service, verb) in _OF_THE_CLI:
        return []
    model = Session().get_service_model(service)
    operation = next((name for name in model.operation_names if xform_name(name, "-") == verb), None)
    if operation is None:
        return [verb]
    asked: Any = model.operation_model(operation).input_shape
    options = {xform_name(name, "-") for name in asked.members} | _AWS_OPTIONS
    return [word for word in rest if word.startswith("--") and word.removeprefix("--") not in options]


def texts(folder: str) -> Iterator[Path]:
    """The files of a folder of the repository."""
    return (path for path in (ROOT / folder).rglob("*") if path.is_file() and path.suffix != ".pyc")
