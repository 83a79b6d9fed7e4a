"""Network namespaces and the links between them. Nothing here touches the host's own interfaces, routes or firewall."""

from rehearsal.world.network.capture import Capture
from rehearsal.world.network.command import CommandFailed, run
from rehearsal.world.network.link import link
from rehearsal.world.network.namespace import Namespace

__all__ = ["Capture", "CommandFailed", "Namespace", "link", "run"]
