"""EC2's association of the Elastic IP, which is a pair's lock: the calls that `pair` wants, and what EC2 says to them."""

from dataclasses import asdict

from fixtunnel.card import Card
from fixtunnel.command import Failed
from fixtunnel.pair import FAILED, Call, Told
from fixtunnel.resident import Resident


class Lock:
    """Has the calls made that `pair` wants. Each raises nothing: what failed is `FAILED`, and `failing` says why.

    `partner` is the other gateway's instance.
    """

    def __init__(self, own: Card, calls: Resident) -> None:
        self._own = own
        self._calls = calls
        self.partner = ""
        self.failing = ""

    def do(self, call: Call) -> Told:
        """EC2's answer to one call."""
        given = {"call": asdict(call), "card": asdict(self._own), "partner": self.partner}
        try:
            told = Told(**self._calls.ask({"part": "lock", "given": given}))
        except Failed as failure:
            self.failing = str(failure)[-300:]
            return FAILED
        self.failing = ""
        return told
