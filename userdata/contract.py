"""What both sides agree on, under a name that is easy to say: the file itself lies with the program, which ships it."""

from userdata.files.usr.lib.fixtunnel.fixtunnel.contract import *  # noqa: F403
from userdata.files.usr.lib.fixtunnel.fixtunnel.contract_of_calls import *  # noqa: F403
from userdata.files.usr.lib.fixtunnel.fixtunnel.contract_of_pair import *  # noqa: F403
