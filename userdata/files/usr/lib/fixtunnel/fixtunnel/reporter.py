"""What the gateway tells the world: metrics once a minute, its changes as log events, and how it is, at each change and each
minute: who cannot get onto it reads that.

When AWS does not answer, events wait (so many, the oldest go first), metrics of that minute are gone, and it is said once.
"""

import json
import time
from collections import deque
from typing import Any

from fixtunnel import contract, kept
from fixtunnel.child import Child
from fixtunnel.command import Failed
from fixtunnel.settings import Settings

PERIOD_SECONDS = 60.0
SOON_SECONDS = 20.0
OPERATIONS_SECONDS = 50.0
"""With each minute's errand: a deploy in place says that its settings hold within two minutes."""
CHANGE_SECONDS = 5.0
"""A tunnel that changes with every look must not keep an errand running."""
MOST_EVENTS = 500
EVENTS_AT_ONCE = 100
MOST_MILLISECONDS = 24 * 3600 * 1000  # of one batch (API: PutLogEvents)


class Reporter:
    """Sends errands out, and takes their answers in. `instance` stands in each event."""

    def __init__(self, here: Settings, instance: str, child: Child) -> None:
        self._here = here
        self._instance = instance
        self._child = child
        self._events: deque[dict[str, Any]] = deque(maxlen=MOST_EVENTS)
        self._sent: list[dict[str, Any]] = []
        self._sent_at = float("-inf")
        self._operations_at = float("-inf")
        self._minute = 0.0
        self._asked_operations = False
        self._state: contract.Watching | None = None
        self._kept: object = None
        self.failing: dict[str, str] = {}

    def tell(self, text: str) -> None:
        """Say something in the journal, and in the client's log group."""
        self._say({"said": text, "instance": self._instance})

    def tell_change(self, tunnel: str, state: contract.TunnelState) -> None:
        """Say that a tunnel came into another state."""
        text = contract.changed(tunnel, state)
        self._say({"said": text, "instance": self._instance, "tunnel": tunnel, "state": state})

    def _say(self, event: contract.Event) -> None:
        print(contract.said(event["said"]), flush=True)
        self._events.append({"timestamp": int(time.time() * 1000), "message": json.dumps(event)})

    def keep(self, state: contract.Watching) -> None:
        """How the gateway is now."""
        self._state = state

    def is_due(self, *, soon: bool, now: float) -> bool:
        """Whether the next errand may go out. `soon`: a tunnel waits for its PSK."""
        changed = self._state is not None and kept.gist(self._state) != self._kept
        since = now - self._sent_at
        due = now >= self._minute or (soon and since >= SOON_SECONDS) or (changed and since >= CHANGE_SECONDS)
        return due and not self._child.is_busy

    def begin(self, *, secrets: dict[str, Any], metrics: list[dict[str, Any]], now: float) -> bool:
        """Send an errand; True if the metrics went with it: not more than one call a minute."""
        self._sent_at = now
        request: dict[str, Any] = {"secrets": secrets}
        is_minute = now >= self._minute
        with_metrics = bool(metrics) and is_minute
        if is_minute:
            # On a grid: late looks that added up would leave one minute in an hour without a metric.
            self._minute = (
                self._minute + PERIOD_SECONDS if now - self._minute < PERIOD_SECONDS else now + PERIOD_SECONDS
            )
        if with_metrics:
            request["metrics"] = {"namespace": contract.namespace(self._here.client), "data": metrics}
        self._asked_operations = now - self._operations_at >= OPERATIONS_SECONDS
        if self._asked_operations:
            request["operations"] = contract.operations_parameter(self._here.client)
        place = self._here.log
        if self._state:
            self._kept = kept.gist(self._state)
            event = kept.event(self._instance, self._state)
            request["state"] = {"group": place.group, "stream": place.state, "events": [event]}
        self._sent = self._batch()
        if self._sent:
            request["events"] = {"group": place.group, "stream": place.said, "events": self._sent}
        try:
            self._child.begin(request)
        except Failed as failure:
            self._take_back()
            self._note({"errand": str(failure)})
        return with_metrics

    def answer(self, now: float) -> dict[str, Any] | None:
        """What an errand brought back, once."""
        told = self._child.answer()
        if told is None:
            return None
        if "events" not in told and "InvalidParameter" not in told.get("errors", {}).get("events", ""):
            self._take_back()
        self._sent = []
        if "operations" in told:
            self._operations_at = now
        self._note(told.get("errors", {}))
        return told

    def _batch(self) -> list[dict[str, Any]]:
        """The oldest events, as CloudWatch Logs takes them: in the order of their time, and of a day at most."""
        waiting = sorted(self._events, key=lambda event: int(event["timestamp"]))
        end = waiting[0]["timestamp"] + MOST_MILLISECONDS if waiting else 0
        batch = [event for event in waiting[:EVENTS_AT_ONCE] if event["timestamp"] < end]
        self._events = deque(waiting[len(batch) :], maxlen=MOST_EVENTS)
        return batch

    def _take_back(self) -> None:
        room = MOST_EVENTS - len(self._events)
        self._events.extendleft(reversed(self._sent[len(self._sent) - min(room, len(self._sent)) :]))
        self._sent = []

    def _note(self, errors: dict[str, str]) -> None:
        for part in errors.keys() - self.failing.keys():
            self.tell(f"AWS does not take or give {part}: {errors[part]}")
        for part in self.failing.keys() - errors.keys():
            self.tell(f"AWS answers again for {part}")
        self.failing = errors
