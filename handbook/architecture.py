"""docs/pictures/architecture.svg: what stands where, once a client is deployed, and who speaks with whom."""

from __future__ import annotations

from handbook.drawing import Arrow, Box, svg

_ACCOUNT = Box(x=10, y=130, width=600, height=290, title="Your AWS account", is_area=True)
_VENUE = Box(x=730, y=130, width=260, height=290, title="The venue", is_area=True)
_PARTS = (
    _ACCOUNT,
    _VENUE,
    Box(x=30, y=20, width=200, height=66, title="Your files", lines=("clients/*.yaml, venues/*.yaml",)),
    Box(x=290, y=20, width=200, height=66, title="fixtunnel deploy", lines=("plan, CDK, CloudFormation",)),
    Box(x=560, y=20, width=220, height=66, title="fixtunnel rehearse", lines=("or the same, on this machine",)),
    Arrow(start=(230, 53), end=(290, 53)),
    Arrow(start=(490, 53), end=(560, 53)),
    Arrow(start=(440, 86), end=(440, 175)),
    Box(x=30, y=205, width=150, height=66, title="Trading hosts", lines=("your FIX engine",)),
    Box(
        x=260,
        y=175,
        width=260,
        height=126,
        title="Gateway (EC2)",
        lines=(
            "Elastic IP, which the venue knows",
            "guard: a tunnel or nothing",
            "engine: libreswan or OpenSwan",
            "watch: up, and kept up",
        ),
    ),
    Arrow(start=(180, 238), end=(260, 238)),
    Box(x=30, y=345, width=170, height=60, title="Secrets Manager", lines=("the PSK",)),
    Box(x=220, y=345, width=170, height=60, title="CloudWatch", lines=("metrics, alarms, log",)),
    Box(x=410, y=345, width=180, height=60, title="Systems Manager", lines=("settings, a shell",)),
    Arrow(start=(300, 301), end=(140, 345)),
    Arrow(start=(390, 301), end=(320, 345)),
    Arrow(start=(450, 301), end=(500, 345)),
    Box(x=750, y=175, width=100, height=54, title="Gateway A", lines=("active",)),
    Box(x=750, y=275, width=100, height=54, title="Gateway B", lines=("standby",)),
    Box(x=880, y=225, width=95, height=54, title="FIX", lines=("acceptors",)),
    Arrow(start=(520, 215), end=(750, 202), words="IKE, ESP in UDP 4500", is_tunnel=True),
    Arrow(start=(520, 265), end=(750, 302), words="if A is silent"),
    Arrow(start=(850, 202), end=(880, 240)),
    Arrow(start=(850, 302), end=(880, 264)),
)


def picture() -> str:
    """The picture, as SVG."""
    about = "Trading hosts reach the venue through the gateway, whose tunnel begins at its Elastic IP"
    return svg(_PARTS, width=1000, height=430, name="architecture", label=about)
