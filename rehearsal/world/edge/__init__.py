"""EC2's edge, as far as a gateway can tell, in one network namespace.

    gateway ──tap0──┐                                  ┌──peer0── venue's gateway A
      (MTU 9001)    │  edge                            │
    second ───tap1──┤  router .1, DNS .2, DHCP         ├──peer1── venue's gateway B
      gateway       │  169.254.169.254 metadata        │           (MTU 1500)
    trading ──host0─┤  AWS front, package archive      │
      host          └─ security group, 1:1 NAT ────────┘

Each interface is a link of its own, as on EC2, where the router answers ARP for the whole subnet: so every packet
passes the security group, also between two instances of one subnet. Raw ESP and AH never pass; what is larger than
1500 does not pass to the outside; nothing is ever said about it by ICMP.
"""

from rehearsal.world.edge.edge import ARCHIVE_ADDRESS, FRONT_ADDRESS, METADATA_ADDRESS, Edge
from rehearsal.world.edge.firewall import Counters
from rehearsal.world.edge.ports import GatewayPort, Rule, SecurityGroup

__all__ = [
    "ARCHIVE_ADDRESS",
    "FRONT_ADDRESS",
    "METADATA_ADDRESS",
    "Counters",
    "Edge",
    "GatewayPort",
    "Rule",
    "SecurityGroup",
]
