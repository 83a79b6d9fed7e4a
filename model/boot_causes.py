"""What the words of a gateway's boot mean: why it does not get as far as its tunnels, and what to do."""

from __future__ import annotations

import re
from collections.abc import Sequence

from model.causes import Cause

ENGINE_REFUSES = Cause(
    name="engine-refuses-configuration",
    side="us",
    meaning="The engine does not take its configuration: it does not start, or leaves the connection out.",
    advice="Read which key it names. A configuration for OpenSwan is not one for libreswan: let the files be rendered for "
    "the engine that is installed (gateway.engine).",
)
PERMISSION_MISSING = Cause(
    name="permission-missing",
    side="us",
    meaning="AWS refused the gateway something that its role does not allow.",
    advice="Look at the action and the resource in the words; a key policy or a service control policy may forbid it too.",
)
CHECKSUM_DIFFERS = Cause(
    name="checksum-differs",
    side="us",
    meaning="A file from S3 is not the one that was deployed.",
    advice="Deploy again; if it stays so, somebody else writes to the assets' bucket.",
)
WRONG_ENGINE = Cause(
    name="wrong-engine",
    side="us",
    meaning="The engine that was installed is not the one that the client file asks for, or it is too old.",
    advice="Bring a package of the engine that gateway.engine names: OpenSwan of at least 2.6.41-4, and 3.0.0 for IKEv2.",
)
SECRETS_MANAGER = Cause(
    name="secrets-manager-unreachable",
    side="between",
    meaning="The gateway could not read the tunnel's secret.",
    advice="Check that port 443 is open outwards and that the secret is there; the boot tries again by itself.",
)
ARCHIVE = Cause(
    name="archive-unreachable",
    side="between",
    meaning="The gateway could not install its packages: the package archive did not answer.",
    advice="Check that the subnet is public and that ports 80 and 443 are open outwards; the boot tries again by itself.",
)
ADDRESS_CLASH = Cause(
    name="address-clash",
    side="us",
    meaning="A tunnel would take away an address that the gateway needs: its router's, its resolver's or its own.",
    advice="Correct local_network or source_address in the client file, or remote_networks in the venue file; or choose "
    "another subnet. Then deploy again.",
)
_SAYINGS: tuple[tuple[str, Cause], ...] = (
    (r"AccessDenied|not authorized to perform", PERMISSION_MISSING),
    (r"checksum", CHECKSUM_DIFFERS),
    (r"address clash", ADDRESS_CLASH),
    (r"engine is not|is older than", WRONG_ENGINE),
    (r"not loaded|refused by the engine|ipsec.service.*failed|unrecognized keyword|syntax error|FATAL", ENGINE_REFUSES),
    (r"AWS: get secret value failed|AWS: secret cannot be read", SECRETS_MANAGER),
    (r"install: |apt-get|Unable to locate package|Failed to fetch|^E: |Err:", ARCHIVE),
)


def diagnose_boot(lines: Sequence[str]) -> Cause | None:
    """The cause in a boot's words, which are in the order of the log. The last word first: an earlier trouble may be over."""
    found = (cause for line in reversed(lines) for saying, cause in _SAYINGS if re.search(saying, line))
    return next(found, None)
