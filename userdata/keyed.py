"""Which part of a secret is the PSK, decided as the gateway decides it: the file lies with the program, which ships it."""

from userdata.files.usr.lib.fixtunnel.fixtunnel.keyed import *  # noqa: F403
