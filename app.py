#!/usr/bin/env python3
"""One stack for each client that the CDK context selects: `cdk deploy -c client=lse-proquote`."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from aws_cdk import App

from model.deployment import Deployment
from model.faults import InvalidInput
from model.load import load
from ops.streams import streams
from stacks.gateway_stack import GatewayStack
from stacks.parameters import read_context
from userdata.size import check_size

ROOT = Path(__file__).parent
_BOUNDARY = "@aws-cdk/core:permissionsBoundary"


def main() -> int:
    """Synthesise; 2 if the files have faults."""
    with streams():
        return _synthesise()


def _synthesise() -> int:
    app = App()
    context = app.node.get_all_context() or {}
    if isinstance(context.get(_BOUNDARY), str):
        # The CDK takes an object alone; of a text it says nothing, and bounds no role.
        print(f"-c {_BOUNDARY} bounds no role: write it into cdk.json, or role.permissions_boundary", file=sys.stderr)
        return 2
    parameters = read_context(context, ROOT, os.environ)
    try:
        loaded = load(
            clients=parameters.clients,
            venues=parameters.venues,
            selected=parameters.selected,
            overrides=parameters.overrides,
            origins=parameters.origins,
        )
        check_sizes(loaded.deployments)
    except InvalidInput as invalid:
        print(invalid, file=sys.stderr)
        return 2
    for warning in loaded.warnings:
        print(warning, file=sys.stderr)
    for deployment in loaded.deployments:
        GatewayStack(app, deployment=deployment)
    app.synth()
    return 0


def check_sizes(deployments: Sequence[Deployment]) -> None:
    """Raises InvalidInput where user data is larger than AWS takes."""
    if faults := [fault for deployment in deployments for fault in check_size(deployment)]:
        raise InvalidInput(faults)


if __name__ == "__main__":
    sys.exit(main())
