"""What a rehearsal showed: as numbers for a machine, as a page for a person."""

from rehearsal.report.content import AttemptSeen, Failure, FaultSeen, Fix, Nat, Report, Step, TunnelSeen
from rehearsal.report.origin import EMULATED, Origin
from rehearsal.report.page import write

__all__ = [
    "EMULATED", "AttemptSeen", "Failure", "FaultSeen", "Fix", "Nat", "Origin", "Report", "Step", "TunnelSeen", "write",
]  # fmt: skip
