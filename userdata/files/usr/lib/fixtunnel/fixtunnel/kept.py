"""How a gateway is, as a log event: for those who cannot get onto it. See docs/decisions/0013-a-gateway-without-an-agent.md."""

import json
import time
from typing import Any

from fixtunnel import contract


def event(instance: str, state: contract.Booting | contract.Watching) -> dict[str, Any]:
    """As PutLogEvents takes it. The tunnels' history stays out: it is in the log already."""
    now = time.time()
    content: Any = {"time": int(now), **state}
    if "tunnels" in content:
        content["tunnels"] = {name: {**one, "changes": []} for name, one in content["tunnels"].items()}
    message: contract.Kept = {"instance": instance, "state": content}
    return {"timestamp": int(now * 1000), "message": json.dumps(message, separators=(",", ":"))}


def gist(state: contract.Watching) -> object:
    """What makes a change of state: words, no counters and no times."""
    tunnels = {name: (one["state"], one["psk"]) for name, one in state["tunnels"].items()}
    chosen = {venue: one["up"] for venue, one in state["groups"].items()}
    agent = state.get("agent")
    about_agent = (agent["running"], agent["why"]) if agent else None
    return (
        state["state"],
        state["engine"],
        tunnels,
        chosen,
        sorted(state["aws"]),
        about_agent,
        sorted(state.get("astray", ())),
        {
            (venue, name): each["state"]
            for venue, all_ in state.get("inbound", {}).items()
            for name, each in all_.items()
        },
        {venue: one["open"] for venue, one in state.get("sessions", {}).items()},
    )
