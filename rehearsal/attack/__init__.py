"""What a venue, or a trading host, may try against the gateway, and what of it gets through: nothing."""

from rehearsal.attack.attempts import Aim, Attempt, attempts
from rehearsal.attack.witness import Witness

__all__ = ["Aim", "Attempt", "Witness", "attempts"]
