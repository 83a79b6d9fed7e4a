"""What is in use stays: an Elastic IP that is associated, a security group and a subnet with an interface in them.

ReleaseAddress, API Reference: in a VPC that is not the default one an address must be disassociated first, or the answer is
InvalidIPAddress.InUse. DeleteSecurityGroup and DeleteSubnet, API Reference: DependencyViolation while an instance or an
interface uses them, and a group while another group's rule names it. moto removes each of them.
"""

from __future__ import annotations

from typing import Any

from moto.ec2.models.elastic_ip_addresses import ElasticAddressBackend
from moto.ec2.models.security_groups import SecurityGroupBackend
from moto.ec2.models.subnets import SubnetBackend

from localaws.rules.refused import refused


def install() -> None:
    """Put the rules before moto's own answers."""
    ElasticAddressBackend.release_address = _parted_first(ElasticAddressBackend.release_address)  # type: ignore[method-assign]
    SecurityGroupBackend.delete_security_group = _unused_first(SecurityGroupBackend.delete_security_group)  # type: ignore[method-assign]
    SubnetBackend.delete_subnet = _empty_first(SubnetBackend.delete_subnet)  # type: ignore[method-assign]


def _parted_first(release: Any) -> Any:
    def released(self: Any, address: str | None = None, allocation_id: str | None = None) -> None:
        found = self.address_by_ip([address]) if address else self.address_by_allocation([allocation_id])
        if found[0].eni:
            words = f"Address {found[0].public_ip} is in use."
            raise refused("InvalidIPAddress.InUse", words, "EC2 API Reference, ReleaseAddress")
        release(self, address, allocation_id)

    return released


def _unused_first(delete: Any) -> Any:
    def deleted(self: Any, name: str | None = None, group_id: str | None = None) -> None:
        group = self.get_security_group_by_name_or_id(group_id or name)
        if group and (_wears(self, group.id) or _is_named(self, group.id)):
            words = f"resource {group.id} has a dependent object"
            raise refused("DependencyViolation", words, "EC2 API Reference, DeleteSecurityGroup")
        delete(self, name, group_id)

    return deleted


def _empty_first(delete: Any) -> Any:
    def deleted(self: Any, subnet_id: str) -> Any:
        if any(card.subnet.id == subnet_id for card in _cards(self)):
            words = f"The subnet '{subnet_id}' has dependencies and cannot be deleted."
            raise refused("DependencyViolation", words, "EC2 API Reference, DeleteSubnet")
        return delete(self, subnet_id)

    return deleted


def _cards(ec2: Any) -> list[Any]:
    """Each interface that exists: those of an instance that was terminated are gone with it."""
    return [one for one in ec2.enis.values() if not one.instance or one.instance._state.name != "terminated"]


def _wears(ec2: Any, group_id: str) -> bool:
    return any(group_id in [group.id for group in card.group_set] for card in _cards(ec2))


def _is_named(ec2: Any, group_id: str) -> bool:
    others = [group for groups in ec2.groups.values() for group in groups.values() if group.id != group_id]
    rules = [rule for group in others for rule in [*group.ingress_rules, *group.egress_rules]]
    return any((rule.source_group or {}).get("GroupId") == group_id for rule in rules)
