"""Sessions that a venue begins, as the rehearsal plays them: from which address, to which host, and what it leaves out."""

from __future__ import annotations

from ipaddress import IPv4Address

import pytest

from model.client import Inbound
from model.deployment import Deployment
from rehearsal.faults.command import _call
from rehearsal.fix.inbound import all_calls, caller_of, inbound_name, why_not
from rehearsal.run.rehearsal import all_to_try
from tests.literal import example


@pytest.fixture
def deployment() -> Deployment:
    return example("larkfield")


def test_a_whole_rehearsal_is_called_too(deployment: Deployment) -> None:
    assert list(all_to_try(deployment)) == [
        "northbridge/primary",
        "northbridge/secondary",
        "northbridge calls drop-copy",
    ]
    assert list(all_calls(example("acme-capital"))) == []


def test_the_venue_calls_from_an_address_that_may(deployment: Deployment) -> None:
    ((connection, one),) = all_calls(deployment)
    assert inbound_name(connection, one) == "northbridge calls drop-copy"
    assert caller_of(connection, one) == IPv4Address("10.210.8.20"), "the second endpoint's"
    elsewhere = Inbound.model_validate(one.model_dump(by_alias=True) | {"from": ["10.210.8.64/26"]})
    assert caller_of(connection, elsewhere) == IPv4Address("10.210.8.65")


def test_an_engine_on_the_gateway_is_left_out_and_said(deployment: Deployment) -> None:
    ((_, one),) = all_calls(deployment)
    assert why_not(one) == ""
    assert "no acceptor" in why_not(Inbound.model_validate(one.model_dump(by_alias=True) | {"to": "gateway:9302"}))


def test_faults_befall_the_first_call_of_the_first_venue(deployment: Deployment) -> None:
    ((_, one),) = all_calls(deployment)
    assert _call(deployment) == one
    assert _call(example("lse-proquote")) is None
