"""Ports of several services together: AWS takes sixty rules in a group, so none is spent on what another holds."""

from __future__ import annotations

import pytest

from model.ports import merged, parse


@pytest.mark.parametrize(
    ("several", "together"),
    [
        (["udp/500", "udp/1-65535", "udp/4500"], ["udp/1-65535"]),
        (["21-30", "20-21", "udp/25"], ["20-30", "udp/25"]),
        ([443, 444, 443], ["443", "444"]),
    ],
)
def test_what_overlaps_is_one(several: list[int | str], together: list[str]) -> None:
    """Neighbours stay apart: the rules of files from before there were ranges stay as they are."""
    assert [str(one) for one in merged(map(parse, several))] == together
