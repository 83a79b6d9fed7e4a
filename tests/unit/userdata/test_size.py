"""What AWS would refuse half-way through a deploy is refused before it."""

from __future__ import annotations

from dataclasses import replace

from model.deployment import Deployment
from tests.literal import example
from userdata.size import check_size


def with_endpoints(count: int) -> Deployment:
    """The larger client, whose first venue has so many FIX endpoints."""
    deployment = example("acme-capital")
    first = deployment.connections[0].venue.fix[0]
    fix = tuple(first.model_copy(update={"name": f"{'x' * 28}-{n:03}"}) for n in range(count))
    connections = [
        replace(one, venue=one.venue.model_copy(update={"fix": fix})) if one.venue.name == "northbridge" else one
        for one in deployment.connections
    ]
    return replace(deployment, connections=tuple(connections))


def test_as_many_endpoints_as_one_venue_may_have() -> None:
    assert check_size(with_endpoints(16)) == []


def test_more_than_a_parameter_holds() -> None:
    (fault,) = check_size(with_endpoints(90))
    assert "a parameter takes 4096; name fewer FIX endpoints" in fault.message
    assert fault.file.endswith("acme-capital.yaml")
