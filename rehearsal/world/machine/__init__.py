"""The gateway's machine: QEMU with EC2's DMI, an NVMe disk, two processors and the release's own kernel."""

from rehearsal.world.machine.agent import AgentRefused, AgentSilent, Completed
from rehearsal.world.machine.machine import Machine, MachineFailed
from rehearsal.world.machine.qemu import LINE, Card, Identity

__all__ = ["LINE", "AgentRefused", "AgentSilent", "Card", "Completed", "Identity", "Machine", "MachineFailed"]
