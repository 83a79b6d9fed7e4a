"""No input makes a traceback: whatever is in a file or behind `-c`, it is accepted or its faults are named."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from model.client import Client
from model.faults import InvalidInput
from model.load import load
from model.reading import keys_at
from model.venue import Venue
from tests.unit.model.example import CLIENT, VENUE, plain, write

FAST = (Phase.explicit, Phase.generate)  # to make a failure smaller would take minutes
BOUNDED = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True, phases=FAST
)


def _keys(model: Any, path: tuple[str | int, ...] = ()) -> set[str]:
    keys = set(keys_at(model, path))
    return keys.union(*(_keys(model, (*path, key)) for key in keys))


KEYS = st.sampled_from(sorted(_keys(Client) | _keys(Venue)))
YAML_ISH = st.text(alphabet="ab:-?[]{},#&*!|>'\"%@`\\ \n\t\r0.~<=\x00\x85\u2028\ufeff", max_size=60)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=20),
    YAML_ISH,
    st.sampled_from(["exchange", "acme", "A", "192.0.2.0/24", "1.2.3.4", "0.0.0.0/0", "12h", "07:00", "libreswan"]),
)
DATA = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.one_of(KEYS, YAML_ISH), inner, max_size=5)),
    max_leaves=12,
)


def survives(client: bytes, venue: bytes, overrides: dict[str, Any] | None = None) -> None:
    """Accepted, or refused with at least one fault of one line."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(folder, clients={}, venues={})
        (folder / "clients/acme.yaml").write_bytes(client)
        (folder / "venues/exchange.yaml").write_bytes(venue)
        try:
            load(clients=folder / "clients", venues=folder / "venues", selected=("acme",), overrides=overrides)
        except InvalidInput as invalid:
            assert any(fault.severity == "error" for fault in invalid.faults)
            assert len(str(invalid).splitlines()) == len(invalid.faults)


@pytest.mark.parametrize("kind", ["client", "venue"])
@given(content=st.one_of(st.binary(max_size=80), YAML_ISH.map(str.encode), st.text(max_size=60).map(str.encode)))
@BOUNDED
def test_bytes(kind: str, content: bytes) -> None:
    both = {"client": CLIENT.encode(), "venue": VENUE.encode(), kind: content}
    survives(both["client"], both["venue"])


@pytest.mark.parametrize("kind", ["client", "venue"])
@given(data=DATA)
@BOUNDED
def test_data(kind: str, data: Any) -> None:
    both = {"client": CLIENT.encode(), "venue": VENUE.encode(), kind: json.dumps(data).encode()}
    survives(both["client"], both["venue"])


@given(st.data())
@BOUNDED
def test_one_part_replaced(data: st.DataObject) -> None:
    """The likeliest mistakes: a file that is right but for one part, anywhere in it."""
    client, venue = (data.draw(_replaced(plain(text))) for text in (CLIENT, VENUE))
    survives(json.dumps(client).encode(), json.dumps(venue).encode())


@given(
    st.dictionaries(
        st.one_of(
            st.text(max_size=20), YAML_ISH, st.lists(st.one_of(KEYS, st.sampled_from("0129")), max_size=4).map(".".join)
        ),
        st.one_of(st.text(max_size=20), YAML_ISH, DATA),
        max_size=3,
    )
)
@BOUNDED
def test_command_line(overrides: dict[str, Any]) -> None:
    survives(CLIENT.encode(), VENUE.encode(), overrides)


def _replaced(data: Any) -> st.SearchStrategy[Any]:
    """The data with one part of it, at any depth, replaced by something, or gone, or with something beside it."""
    if not isinstance(data, dict | list) or not data:
        return DATA
    places = list(data) if isinstance(data, dict) else list(range(len(data)))

    def at(place: Any) -> st.SearchStrategy[Any]:
        return _replaced(data[place]).map(lambda new: _with(data, place, new))

    beside = st.tuples(KEYS, DATA).map(lambda pair: _with(data, pair[0], pair[1]) if isinstance(data, dict) else data)
    gone = st.sampled_from(places).map(lambda place: _without(data, place))
    return st.one_of(st.sampled_from(places).flatmap(at), DATA, gone, beside)


def _with(data: Any, place: Any, new: Any) -> Any:
    copy = data.copy()
    copy[place] = new
    return copy


def _without(data: Any, place: Any) -> Any:
    copy = data.copy()
    del copy[place]
    return copy
