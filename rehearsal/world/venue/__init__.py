"""A venue: its VPN gateways, and the exchange's network behind them.

    client ══ NAT ══╦══ gateway A ──┐
      (IKE, ESP in  ║  (strongSwan) ├── exchange (FIX endpoints, TCP echo)
       UDP 4500)    ╚══ gateway B ──┘

The exchange answers through the gateway whose tunnel came up last, so a session's addresses outlive a failover.
"""

from rehearsal.world.venue.charon import ChildSa, IkeSa, VenueError
from rehearsal.world.venue.exchange import ECHO_PORT, Exchange
from rehearsal.world.venue.gateway import VenueGateway
from rehearsal.world.venue.journal import Complaint, ComplaintKind
from rehearsal.world.venue.terms import ClientSide, Terms

__all__ = [
    "ECHO_PORT",
    "ChildSa",
    "ClientSide",
    "Complaint",
    "ComplaintKind",
    "Exchange",
    "IkeSa",
    "Terms",
    "VenueError",
    "VenueGateway",
]
