"""What a rehearsal showed: as numbers for a machine, as a page for a person."""

from rehearsal.report.content import AttemptSeen, Failure, FaultSeen, Fix, Nat, Report, ServiceSeen, Step, TunnelSeen
from rehearsal.report.origin import EMULATED, Origin
from rehearsal.report.page import write

__all__ = [
    "EMULATED", "AttemptSeen", "Failure", "FaultSeen", "Fix", "Nat", "Origin", "Report", "ServiceSeen", "Step", "TunnelSeen",
    "write",
]  # fmt: skip
