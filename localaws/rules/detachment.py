"""An internet gateway stays where public addresses are mapped through it.

DetachInternetGateway, API Reference: "The VPC must not contain any running instances with Elastic IP addresses or public
IPv4 addresses." The words are EC2's, as hashicorp/terraform#1303 shows them.
"""

from __future__ import annotations

from typing import Any

from moto.ec2.models.internet_gateways import InternetGatewayBackend

from localaws.rules.refused import refused

SOURCE = "EC2 API Reference, DetachInternetGateway"


def install() -> None:
    """Put the rule before moto's own answer."""
    InternetGatewayBackend.detach_internet_gateway = _unmapped_first(InternetGatewayBackend.detach_internet_gateway)  # type: ignore[method-assign]


def _unmapped_first(detach: Any) -> Any:
    def detached(self: Any, internet_gateway_id: str, vpc_id: str) -> None:
        if mapped(self, vpc_id):
            words = (
                f"Network {vpc_id} has some mapped public address(es). "
                "Please unmap those public address(es) before detaching the gateway."
            )
            raise refused("DependencyViolation", words, SOURCE)
        detach(self, internet_gateway_id, vpc_id)

    return detached


def mapped(ec2: Any, vpc_id: str) -> set[str]:
    """The public addresses of a VPC: Elastic IPs at its interfaces, and the temporary ones of what runs in it."""
    elastic = {one.public_ip for one in ec2.addresses if one.eni and one.eni.subnet.vpc_id == vpc_id}
    running = [one for one in ec2.all_instances() if one.is_running()]
    cards = [card for one in running for card in one.nics.values() if card.subnet.vpc_id == vpc_id]
    return elastic | {card.public_ip for card in cards if card.public_ip}
