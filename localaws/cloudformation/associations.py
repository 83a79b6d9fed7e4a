"""Elastic IPs at private addresses, as EC2 has them: each private address of an interface may have one.

moto knows an Elastic IP by its interface alone, has no secondary addresses at launch, and refuses a move unless
AllowReassociation is true; EC2 refuses where it is false. Source: Amazon EC2 API Reference, AssociateAddress and
RunInstances; EC2 User Guide, "Elastic IP addresses" and "Secondary IP addresses".
"""

from __future__ import annotations

from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.models.elastic_ip_addresses import ElasticAddress, ElasticAddressBackend
from moto.ec2.models.elastic_network_interfaces import NetworkInterface, NetworkInterfaceBackend
from moto.ec2.models.instances import Instance
from moto.ec2.responses.elastic_ip_addresses import ElasticIPAddresses
from moto.ec2.utils import generate_dns_from_ip, random_eip_association_id

from localaws.rules.refused import refused

_ASSOCIATE, _ASSIGN = "EC2 API Reference, AssociateAddress", "EC2 API Reference, AssignPrivateIpAddresses"


def install() -> None:
    """Put EC2's rules instead of moto's; once."""
    if ElasticIPAddresses.associate_address is _answer:
        return
    ElasticIPAddresses.associate_address = _answer  # type: ignore[method-assign]
    ElasticAddressBackend.disassociate_address = _disassociate  # type: ignore[method-assign]
    ElasticAddress.private_ip_address = property(_private_of)  # type: ignore[assignment, method-assign]
    NetworkInterface.instance_private_ip_address_list = property(_told)  # type: ignore[assignment, method-assign]
    NetworkInterfaceBackend.assign_private_ip_addresses = _assign  # type: ignore[method-assign]
    Instance.prep_nics = _with_secondary_addresses(Instance.prep_nics)  # type: ignore[method-assign]
    Instance.start = _starting(Instance.start)  # type: ignore[method-assign]
    Instance.terminate = _giving_up_addresses(Instance.terminate)  # type: ignore[method-assign]


def _answer(self: ElasticIPAddresses) -> ActionResult:
    """AssociateAddress: it moves the address from wherever it is, unless AllowReassociation says otherwise."""
    ec2 = self.ec2_backend
    interface = _interface(ec2, self._get_param("InstanceId"), self._get_param("NetworkInterfaceId"))
    allocation = self._get_param("AllocationId")
    (eip,) = ec2.address_by_allocation([allocation]) if allocation else ec2.address_by_ip([self._get_param("PublicIp")])
    self.error_on_dryrun()
    private = self._get_param("PrivateIpAddress") or interface.private_ip_address
    may_move = str(self._get_param("AllowReassociation", True)).lower() == "true"
    return ActionResult({"AssociationId": _associate(ec2, eip, interface, private, may_move)})


def _interface(ec2: Any, instance_id: str | None, interface_id: str | None) -> Any:
    if bool(instance_id) == bool(interface_id):
        words = "Specify either an instance or a network interface, not both"
        raise refused("InvalidParameterCombination", words, _ASSOCIATE)
    return ec2.get_network_interface(interface_id) if interface_id else ec2.get_instance(instance_id).nics[0]


def _associate(ec2: Any, eip: Any, interface: Any, private: str, may_move: bool) -> str:
    if private not in [one["PrivateIpAddress"] for one in interface.private_ip_addresses]:
        raise refused("InvalidParameterValue", f"{private} is not an address of {interface.id}", _ASSOCIATE)
    if eip.eni is interface and eip.private_ip_address == private:
        return str(eip.association_id)  # asked again
    if not any(gateway.vpc and gateway.vpc.id == interface.subnet.vpc_id for gateway in ec2.internet_gateways.values()):
        words = f"Network {interface.subnet.vpc_id} is not attached to any internet gateway"
        raise refused("Gateway.NotAttached", words, "EC2 API Reference, Error codes")
    if eip.eni and not may_move:
        words = f"resource {eip.public_ip} is already associated"
        raise refused("Resource.AlreadyAssociated", words, f"{_ASSOCIATE}; aws-cdk#26423")
    for one in [eip, *_at(ec2, interface)]:
        if one is eip or one.private_ip_address == private:
            _part(one)
    eip.eni, eip.instance, eip.private = interface, interface.instance, private
    eip.association_id = random_eip_association_id()
    if private == interface.private_ip_address:
        interface.public_ip = eip.public_ip
    return str(eip.association_id)


def _at(ec2: Any, interface: Any) -> list[Any]:
    return [one for one in ec2.addresses if one.eni is interface]


def _part(eip: Any) -> None:
    """The primary address gets a temporary one again, if it began with one; a secondary one has none."""
    interface = eip.eni
    was_primary = interface and eip.private_ip_address == interface.private_ip_address
    eip.eni = eip.instance = eip.private = eip.association_id = None
    if was_primary:
        interface.public_ip = None
        if interface.instance and interface.instance.is_running():
            interface.check_auto_public_ip()


def _disassociate(self: Any, address: str | None = None, association_id: str | None = None) -> None:
    """DisassociateAddress: by an association that is gone nothing happens to a newer one."""
    eips = self.address_by_ip([address]) if address else self.address_by_association([association_id])
    _part(eips[0])


def _private_of(eip: Any) -> str | None:
    private: str | None = getattr(eip, "private", None)
    return private or (eip.eni.private_ip_address if eip.eni else None)


def _told(interface: Any) -> list[dict[str, Any]]:
    """DescribeInstances: each private address with the public one that is associated with it."""
    public = {one.private_ip_address: one for one in _at(interface.ec2_backend, interface)}
    return [_address(interface, one["PrivateIpAddress"], public) for one in interface.private_ip_addresses]


def _address(interface: Any, private: str, public: dict[str, Any]) -> dict[str, Any]:
    is_primary = private == interface.private_ip_address
    told: dict[str, Any] = {"PrivateIpAddress": private, "Primary": is_primary}
    ip = public[private].public_ip if private in public else interface.public_ip if is_primary else None
    if ip:
        owner = interface.owner_id if private in public else "amazon"
        told["Association"] = {"PublicIp": ip, "PublicDnsName": generate_dns_from_ip(ip), "IpOwnerId": owner}
    return told


def _assign(
    self: Any, eni_id: str, private_ip_addresses: list[str] | None = None, secondary_ips_count: int | None = None
) -> Any:
    """AssignPrivateIpAddresses: of the subnet's free ones; moto takes any, those of other instances too."""
    interface = self.get_network_interface(eni_id)
    chosen = list(private_ip_addresses or [])
    for address in chosen:
        interface.subnet.request_ip(address, interface.instance)
    count = int(secondary_ips_count or 0)
    if count > interface.subnet.available_ip_address_count:
        words = f"insufficient free addresses in subnet '{interface.subnet.id}'"
        raise refused("InsufficientFreeAddressesInSubnet", words, _ASSIGN)
    chosen += [interface.subnet.get_available_subnet_ip(interface.instance) for _ in range(count)]
    interface.private_ip_addresses += [{"Primary": False, "PrivateIpAddress": address} for address in chosen]
    return interface


def _with_secondary_addresses(prepare: Any) -> Any:
    """RunInstances: SecondaryPrivateIpAddressCount, or PrivateIpAddresses that are not primary."""

    def prepared(self: Any, nic_spec: list[dict[str, Any]], *args: Any, **kwargs: Any) -> None:
        prepare(self, nic_spec, *args, **kwargs)
        for given in nic_spec:
            others = [one["PrivateIpAddress"] for one in given.get("PrivateIpAddresses", []) if not one.get("Primary")]
            interface = self.nics[int(given["DeviceIndex"])]
            self.ec2_backend.assign_private_ip_addresses(
                interface.id, others, given.get("SecondaryPrivateIpAddressCount")
            )

    return prepared


def _starting(start: Any) -> Any:
    """An instance that was stopped gets no public address at its start while a secondary private one has an Elastic IP (EC2 User
    Guide, "Amazon EC2 instance IP addressing", Public IPv4 addresses); moto gives it another one."""

    def started(self: Any) -> Any:
        state = start(self)
        for interface in self.nics.values():
            if state.name == "stopped" and _at(self.ec2_backend, interface):
                primary = [
                    one
                    for one in _at(self.ec2_backend, interface)
                    if one.private_ip_address == interface.private_ip_address
                ]
                interface.public_ip = primary[0].public_ip if primary else None
        return state

    return started


def _giving_up_addresses(terminate: Any) -> Any:
    """EC2 takes the Elastic IPs of an instance away that is terminated; moto does not."""

    def terminated(self: Any) -> Any:
        held = [eip for interface in self.nics.values() for eip in _at(self.ec2_backend, interface)]
        state = terminate(self)
        for eip in held:
            _part(eip)
        return state

    return terminated
