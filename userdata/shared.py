"""What the gateway's own program and the command decide alike: one file, shipped to the gateway and imported here."""

from userdata.files.usr.lib.fixtunnel.fixtunnel import keyed

__all__ = ["keyed"]
