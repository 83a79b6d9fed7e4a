"""What a rehearsal showed: as numbers for a machine, as a page for a person."""

from rehearsal.report.content import (
    AttemptSeen,
    Course,
    Failure,
    FaultSeen,
    Fix,
    Nat,
    Report,
    ServiceSeen,
    Since,
    States,
    Step,
    TunnelSeen,
    fault_seen,
)
from rehearsal.report.origin import EMULATED, Origin
from rehearsal.report.page import write

__all__ = [
    "EMULATED", "AttemptSeen", "Course", "Failure", "FaultSeen", "Fix", "Nat", "Origin", "Report", "ServiceSeen", "Since",
    "States", "Step", "TunnelSeen", "fault_seen", "write",
]  # fmt: skip
