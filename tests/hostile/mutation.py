"""Examples, mutated: what a careless person, a venue, a gateway or an attacker could make of them.

Every input follows from FIXTUNNEL_HOSTILE_SEED (0), and hypothesis prints the one that fails. What stands for a secret in
them is CANARY, which is none.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Sequence
from copy import deepcopy
from typing import Any, TypeVar

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st

Test = TypeVar("Test", bound=Callable[..., None])
INPUTS = int(os.environ.get("FIXTUNNEL_HOSTILE_INPUTS", "200"))
"""Of all kinds together; 20,000 in `make fuzz`."""
_SEED = int(os.environ.get("FIXTUNNEL_HOSTILE_SEED", "0"))
CANARY = "Zq7w3Xk9Lm2Vb5Nt8Rp1-canary"
MARK = "zqz"
"""What is to be a line or a key of its own begins with it."""


def fuzzed(share: float) -> Callable[[Test], Test]:
    """Give a test its share of the inputs."""
    chosen = settings(
        max_examples=max(1, round(INPUTS * share)),
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.explicit, Phase.generate),  # to make a failure smaller would take minutes
    )
    return lambda test: seed(_SEED)(chosen(test))


STEERING = [
    "\x1b]52;c;cm0gLXJmIC8=\x07",
    "\x1b[2J",
    "\x9b2J",
    "\r",
    "\x08",
    "\x7f",
    "\u202egpj",
    "\u2066",
    "\u200b",
    "\ufeff",
]
WORDS = [
    *STEERING,
    *(
        "\n",
        "\r\n",
        "\x00",
        "\x0b",
        "\x0c",
        "\x85",
        "\u2028",
        "\u2029",
        "\t",
        " #",
        "#",
        "'",
        '"',
        "\\",
        "`id`",
        "$(id)",
    ),
    *(
        "${AWS::AccountId}",
        "{{ 7*7 }}",
        "{% raw %}",
        "{}",
        "{0}",
        "%s",
        "[red]",
        "[/]",
        "[link=http://x]",
        ":smile:",
        "|",
        ">",
    ),
    *(
        "<script>",
        "&amp;",
        "&a",
        "*a",
        "!!python/object/apply:os.system [id]",
        "!x",
        "<<: *a",
        "%YAML 1.1",
        "---",
        "...",
        "? ",
    ),
    *(
        "9" * 4000,
        "-1",
        "1e400",
        ".inf",
        ".nan",
        "0o17",
        "0x1f",
        "017",
        "1_000",
        "2026-11-27",
        "12:30:45",
        "~",
        "null",
        "yes",
    ),
    *(
        "\ud800",
        "\u0661",
        "\uff11",
        "\u212a",
        "\u0131",
        "Å" * 100,
        "x" * 300,
        "../../../etc/passwd",
        "/dev/zero",
        "-rf",
        "--help",
    ),
    *(
        f"\n{MARK}: 1\n",
        f"\n    {MARK}=/bin/sh\n",
        f"\n- path: /{MARK}\n",
        f"; {MARK}",
        f"}} {MARK} {{",
        f'", "{MARK}": "',
    ),
]
LINES = [
    *(f"psk: {CANARY}", f"    secret: {CANARY}", f"    secret: {{arn: {CANARY}}}", f"secret: {{{CANARY}: 1}}"),
    *(f'description: "PSK 0s{CANARY}"', f"tags: {{a: password={CANARY}}}", f"description: BEGIN PRIVATE KEY {CANARY}"),
    *(
        "a: &a [x]",
        "b: *a",
        "<<: {name: x}",
        "name: acme",
        "? [a]",
        ": b",
        "- - - - - - - - -",
        "[" * 40,
        "{a: " * 40,
        "name: !!str x",
    ),
    *(
        "ike: {version: 1.0}",
        "tunnels: []",
        "tunnels: {}",
        "peers: 1",
        "fix: [1]",
        "session: 1",
        "network: {}",
        "gateway:",
        "  ami:",
    ),
    *(
        "remote_networks: [0.0.0.0/0]",
        "local_network: 10.0.0.0/33",
        "trading_hosts: [10.0.0.1]",
        "\t",
        "\ufeff",
        "# c",
        "a: # c",
        "  b",
    ),
]
ENCODINGS = ["utf-16", "utf-8-sig", "latin-1", "utf-32-le", "utf-7", "cp500"]


@st.composite
def mutated(draw: st.DrawFn, *texts: str) -> str:
    """One of the texts with a few changes, each of a kind that people and programs make."""
    text = draw(st.sampled_from(texts))
    for _ in range(draw(st.sampled_from([1, 1, 1, 2, 4]))):
        text = draw(st.sampled_from(_CHANGES))(draw, text)
    return text


@st.composite
def encoded(draw: st.DrawFn, *texts: str) -> bytes:
    """The same as a file has it: mostly UTF-8."""
    text = draw(mutated(*texts))
    how = draw(st.sampled_from(["", "", "", "", "", "crlf", "cr", *ENCODINGS]))
    ends = {"crlf": "\r\n", "cr": "\r"}.get(how, "\n")
    encoding = how if how in ENCODINGS else "utf-8"
    return text.replace("\n", ends).encode(
        encoding, "surrogatepass" if encoding[:5] in ("utf-8", "utf-1") else "replace"
    )


def _one(draw: st.DrawFn, of: Sequence[Any]) -> Any:
    """By number: hypothesis looks at all that it samples from, and that takes seconds."""
    return of[draw(st.integers(0, len(of) - 1))]


def _word_in_value(draw: st.DrawFn, text: str) -> str:
    """In the place of a value, or at one of its ends."""
    values = list(re.finditer(r"(?<=[:,\[] )[^\s,\[\]{}#]+", text))
    if not values:
        return text
    found, word = _one(draw, values), draw(st.sampled_from(WORDS))
    new = draw(
        st.sampled_from([word, found[0] + word, word + found[0], json.dumps(word), json.dumps(found[0] + word), ""])
    )
    return text[: found.start()] + new + text[found.end() :]


def _word_anywhere(draw: st.DrawFn, text: str) -> str:
    at = draw(st.integers(0, len(text)))
    return text[:at] + draw(st.sampled_from(WORDS)) + text[at:]


def _line_anywhere(draw: st.DrawFn, text: str) -> str:
    lines = text.split("\n")
    lines.insert(draw(st.integers(0, len(lines))), draw(st.sampled_from(LINES)))
    return "\n".join(lines)


def _line_again_or_gone(draw: st.DrawFn, text: str) -> str:
    lines = text.split("\n")
    at = draw(st.integers(0, len(lines) - 1))
    lines[at : at + 1] = draw(st.sampled_from([[], [lines[at]] * 2, [f"  {lines[at]}"], [lines[at].lstrip()]]))
    return "\n".join(lines)


def _end_gone(draw: st.DrawFn, text: str) -> str:
    return text[: draw(st.integers(0, len(text)))]


def _key_changed(draw: st.DrawFn, text: str) -> str:
    keys = list(re.finditer(r"[A-Za-z_]+(?=:)", text))
    if not keys:
        return text
    one, other = _one(draw, keys), _one(draw, keys)
    return (
        text[: one.start()]
        + draw(st.sampled_from([other[0], one[0].upper(), "psk", "shared_key", ""]))
        + text[one.end() :]
    )


_CHANGES = (
    _word_in_value,
    _word_in_value,
    _word_in_value,
    _word_anywhere,
    _line_anywhere,
    _line_again_or_gone,
    _end_gone,
    _key_changed,
)

ODD: st.SearchStrategy[Any] = st.sampled_from(
    [None, True, -1, 0, 1 << 31, 1 << 63, 10**400, 1.5, float("nan"), float("inf"), "", [], {}, [[]], {"": {}}, *WORDS]
)


@st.composite
def spoilt(draw: st.DrawFn, data: Any) -> Any:
    """The data with a few of its parts replaced, gone, renamed, or many."""
    data = json.loads(json.dumps(data))
    for _ in range(draw(st.integers(1, 3))):
        holder, key = _one(draw, _places(data) or [({}, "")])
        value = holder[key] if isinstance(holder, list) else holder.get(key)
        way = draw(st.sampled_from(["other", "other", "word", "gone", "many", "deep"]))
        if way == "gone":
            del holder[key]
            continue
        deep: Any = value
        for _ in range(120 if way == "deep" else 0):
            deep = [deep]
        word = draw(st.sampled_from(WORDS))
        new = {"other": deepcopy(draw(ODD)), "word": f"{value}{word}", "many": [value] * 2000, "deep": deep}[way]
        holder[key] = new
    return data


def _places(data: Any) -> list[tuple[Any, Any]]:
    keys = (
        list(data) if isinstance(data, dict) else range(len(data)) if isinstance(data, list) and len(data) < 50 else ()
    )
    return [place for key in keys for place in [(data, key), *_places(data[key])]]
