"""The fault table: each bad day of a trading connection as a named scenario, in the order of the issue."""

from rehearsal.faults import gateway, load, pair, path, replacement, secret, services, siblings, silence, venue
from rehearsal.faults.desk import Desk
from rehearsal.faults.fault import Fault
from rehearsal.faults.scene import STORE, Scene, SceneFailed
from rehearsal.faults.witness import Witness, detected_seconds

__all__ = ["STORE", "TABLE", "Desk", "Fault", "Scene", "SceneFailed", "Witness", "detected_seconds"]

_SUBJECTS = (gateway, load, pair, path, replacement, secret, services, siblings, silence, venue)
TABLE = sorted((row for subject in _SUBJECTS for row in subject.FAULTS), key=lambda row: (row.is_last, row.number))
"""Every fault, in the order of the issue; at the end what leaves another gateway."""
