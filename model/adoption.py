"""The names by which what outlives a stack is found and adopted: tags on it, and parameters of the next stack."""

from __future__ import annotations

import re

CLIENT_TAG = "fixtunnel:client"
TUNNEL_TAG = "fixtunnel:tunnel"
ALLOCATION_PARAMETER = "KeptAllocationId"
ADDRESS_PARAMETER = "KeptAddress"
ZONE_PARAMETER = "KeptZone"
LOG_PARAMETER = "KeptLogGroup"


def psk_parameter(tunnel: str) -> str:
    """The parameter for the ARN of a tunnel's secret. A parameter's name has letters and digits only."""
    return f"KeptPskArn{re.sub('[^A-Za-z0-9]', '', tunnel)}"
