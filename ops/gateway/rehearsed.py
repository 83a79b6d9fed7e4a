"""A rehearsal that is up, in the place of AWS: its account, and the way onto its gateway."""

from __future__ import annotations

import json
import os
from pathlib import Path

from ops.failure import BadInput
from ops.gateway.session import GUEST, VARIABLE

_ADVICE = "start one that stays: make rehearse CLIENT=… KEEP=1"


def enter(project: Path) -> None:
    """Let everything that asks AWS in this process, and in those it starts, ask the rehearsal. Raises BadInput."""
    try:
        run_dir = Path((project / "out" / "rehearsal" / "up").read_text().splitlines()[0])
        where = json.loads((run_dir / "aws" / "aws.json").read_text())
    except (OSError, ValueError, IndexError):
        raise BadInput("no rehearsal is up", advice=_ADVICE) from None
    # A profile, a role or an endpoint of the desk's own would be asked before, or beside, what stands below.
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ |= {
        # By name: the embedded AWS reads its own addresses of templates only so.
        "AWS_ENDPOINT_URL": f"http://localhost:{where['port']}",
        "AWS_ACCESS_KEY_ID": "rehearsal",
        "AWS_SECRET_ACCESS_KEY": "rehearsal",
        "AWS_REGION": where["region"],
        "AWS_DEFAULT_REGION": where["region"],
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        VARIABLE: f"{GUEST}{run_dir}/{{instance}}/agent.sock",
    }
