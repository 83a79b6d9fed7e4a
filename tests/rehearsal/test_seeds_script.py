"""The article's script, taken literally, in front of the engines of today: line by line, what they say of it.

The engine's own checker and pluto, in a root file system of their own; the scenario of the seed's client puts the same
files onto a booted gateway.
"""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network

import pytest

from rehearsal.seed import files_of_the_script
from tests.rehearsal.pluto import Verdict, load_configuration
from userdata.render import File

# release, the lines taken out so far, what the engine then says
REFUSED = (
    ("debian-12", (), "syntax error [nat_traversal]"),
    ("debian-12", ("nat_traversal",), "syntax error [oe]"),
    ("debian-13", (), "unrecognized keyword 'nat_traversal'"),
    ("debian-13", ("nat_traversal",), "unrecognized keyword 'oe'"),
    ("debian-13", ("nat_traversal", "oe"), "unrecognized keyword 'forceencaps'"),
)


def script(*, without: tuple[str, ...] = ()) -> list[File]:
    """What the script writes, less the lines with these keys."""
    files = files_of_the_script(
        elastic_ip=IPv4Address("203.0.113.7"),
        peer=IPv4Address("198.51.100.10"),
        inside=IPv4Network("192.0.2.0/24"),
        psk="canary-of-the-script",
    )
    return [replace(file, content=_less(file.content, without)) for file in files]


def _less(content: str, keys: tuple[str, ...]) -> str:
    return "".join(line for line in content.splitlines(keepends=True) if not line.strip().startswith(keys or ("\0",)))


def loaded(release: str, *without: str) -> Verdict:
    return load_configuration(release, script(without=without))


@pytest.mark.parametrize(("release", "without", "words"), REFUSED, ids=str)
def test_the_engine_does_not_start_and_names_the_line(release: str, without: tuple[str, ...], words: str) -> None:
    with pytest.raises(RuntimeError) as refused:
        loaded(release, *without)
    assert words in str(refused.value)
    assert "canary" not in str(refused.value)


def test_on_libreswan_4_it_then_loads_without_forced_encapsulation_and_without_dpd() -> None:
    """Both are what the article asks for; the engine drops them with a warning."""
    verdict = loaded("debian-12", "nat_traversal", "oe")
    assert verdict.loaded == ("LSE_Proquote",)
    assert "obsolete keyword 'forceencaps' ignored" in verdict.complaints
    assert "dpdaction= is ignored unless dpddelay= is set" in verdict.complaints


def test_on_libreswan_5_the_connection_is_not_there_and_the_checker_is_content() -> None:
    """`leftsourceip` without `leftsubnet`: nothing says so but the missing connection."""
    verdict = loaded("debian-13", "nat_traversal", "oe", "forceencaps")
    assert verdict.loaded == ()
    assert "leftsourceip" not in verdict.complaints
