"""A sheet for the venue's answer: the keys of the form, empty, to be filled in and given back to `form --read`."""

from __future__ import annotations

from model.deployment import Connection

_HEAD = """# What {venue} answered about the connection of {client}. Fill in what its form says, leave the rest empty, then:
#   fixtunnel form {client} --read THIS-FILE
name: {venue}
"""
_OURS = """
ours:                          # what the venue has noted about us
  public_address:
  identity:
  encryption_domain:           # such as 203.0.113.7/32
  sender_comp_ids: []
"""
_THEIRS = """
ike:
  version:                     # 1 or 2
  proposal:                    # such as aes256-sha2_256;modp2048
  lifetime:                    # such as 28800s or 8h
esp:
  proposal:                    # such as aes256-sha2_256
  lifetime:
  pfs:                         # true or false
dpd:                           # its own timers, which need not be ours
  delay:
  timeout:
encryption_domain:             # elastic-ip, private or assigned
remote_networks: []            # such as [192.0.2.0/24]
"""


def sheet(client: str, tunnel: Connection) -> str:
    """The empty sheet of a venue, with a place for each gateway and FIX endpoint that its file knows."""
    venue = tunnel.venue
    peers = "".join(f"  {label}:\n    address:\n    id:\n" for label in venue.peers.labels)
    fix = "".join(
        f"  - name: {one.name}\n    host:\n    port:\n    version:\n    target_comp_id:\n" for one in venue.fix
    )
    head = _HEAD.format(venue=venue.name, client=client)
    return f"{head}{_OURS}\npeers:\n{peers}{_THEIRS}\nfix:\n{fix}"
