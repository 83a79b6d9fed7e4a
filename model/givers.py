"""Who gave a value that is in no file: an option, a variable of the environment or of make; the CDK's `-c` where none did.

An error of such a value names who gave it. For a default value, such as a folder, it names the folder.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from model.folders import named, namers

COMMAND_LINE = "-c"
PACKAGE_KEY, _PACKAGE = "gateway.openswan.deb", "OPENSWAN_DEB"


def package(environment: Mapping[str, str]) -> dict[str, str]:
    """The operator's OpenSwan package that the environment names."""
    found = environment.get(_PACKAGE)
    return {PACKAGE_KEY: str(Path(found).resolve())} if found else {}


def givers(given: Mapping[str, Any], environment: Mapping[str, str]) -> dict[str, str]:
    """Who gave each value of a CDK context, and each folder that the environment names.

    make hands its variables to the programs that it starts twice, as `-c` and in their environment: a value that such a
    variable has is the variable's.
    """
    of_variables = {
        "CLIENT": {"client": environment.get("CLIENT", "")},
        "CONTEXT": _pairs(environment.get("CONTEXT", "")),
        _PACKAGE: package(environment),
    }
    brought, by = named(environment), namers(environment)
    found = dict.fromkeys(given, COMMAND_LINE)
    found |= {key: giver for key, giver in by.items() if given.get(key, brought[key]) == brought[key]}
    for variable, values in of_variables.items():
        found |= {key: variable for key, value in values.items() if value and given.get(key, value) == value}
    return found


def _pairs(words: str) -> dict[str, str]:
    """`CONTEXT="gateway.image=debian-12 region=eu-west-2"` as make splits it."""
    pairs = (word.partition("=") for word in words.split())
    return {key: value for key, equals, value in pairs if equals}
