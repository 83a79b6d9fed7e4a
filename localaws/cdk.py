"""The CDK's command line, as an operator would run it, against any AWS that its environment names."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from localaws.program import RehearsalFailed
from ops.deploying.cdk import CdkRun, OnLine, ours_without, silent
from ops.failure import Failure
from ops.options import PROJECT

_OF_AWS = re.compile(r"(AWS|CDK)_.*")


class CdkFailed(RehearsalFailed):
    """The command failed: which, its status, its last lines."""


class Cdk(CdkRun):
    """One run; at the end of its `with` block it is gone."""

    def __init__(
        self,
        arguments: Sequence[str],
        *,
        environment: Mapping[str, str],
        on_line: OnLine = silent,
        folder: Path = PROJECT,
    ) -> None:
        """Start it. `environment` comes on top of our own, without what that says of AWS. In a `folder` without a
        cdk.json it synthesises nothing. Raises CdkFailed.
        """
        self._command = " ".join(["cdk", *arguments])
        try:
            whole = {**ours_without(_OF_AWS), **environment}
            super().__init__(arguments, environment=whole, on_line=on_line, folder=folder)
        except Failure as failure:
            raise CdkFailed(str(failure)) from None

    @property
    def is_running(self) -> bool:
        """Whether it has not ended yet."""
        return self.status is None

    def wait(self, *, limit: float) -> None:
        """Wait for a good end, for `limit` seconds at most. Raises CdkFailed."""
        if not self.ended(within=limit):
            self.stop()
            raise CdkFailed(self._words(f"has not ended after {limit:.0f} s"))
        if self.status:
            raise CdkFailed(self._words(f"failed with status {self.status}"))

    def _words(self, what: str) -> str:
        return f"`{self._command}` {what}; its last lines:\n{self.last_lines}"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
