"""Network namespaces and the links between them. Nothing here touches the host's own interfaces, routes or firewall."""

from rehearsal.world.network.capture import Capture
from rehearsal.world.network.namespace import CommandFailed, Namespace, link, run

__all__ = ["Capture", "CommandFailed", "Namespace", "link", "run"]
