"""Network namespaces and the links between them. Nothing here touches the host's own interfaces, routes or firewall."""

from rehearsal.network.capture import Capture
from rehearsal.network.command import CommandFailed, run
from rehearsal.network.link import link
from rehearsal.network.namespace import Namespace

__all__ = ["Capture", "CommandFailed", "Namespace", "link", "run"]
