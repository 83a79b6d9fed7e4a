"""YAML as a settings file needs it: no anchor, no alias, no tag, and not deep."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.events import AliasEvent, CollectionEndEvent, CollectionStartEvent, NodeEvent
from ruamel.yaml.nodes import Node
from ruamel.yaml.parser import Parser
from ruamel.yaml.resolver import VersionedResolver

_MAX_DEPTH = 16


class NotPlain(MarkedYAMLError):
    """YAML with more than a settings file needs."""


@lru_cache(maxsize=4)
def compose(text: str) -> Node | None:
    """The text as a tree of nodes with their places. Raises NotPlain, or ruamel's YAMLError.

    One command reads a file more than once, and need not parse it again: nobody changes a node.
    """
    # "safe" keeps no comments: that is faster, and ruamel fails on some comments where it keeps them.
    yaml = YAML(typ="safe", pure=True)
    yaml.Parser, yaml.Resolver = _PlainParser, _NoResolver
    root: Node | None = yaml.compose(text)
    return root


class _PlainParser(Parser):
    """Anchors could make a small file endless, tags could make objects."""

    _depth = 0

    def get_event(self) -> Any:
        """The next event, if a settings file may have it."""
        event = super().get_event()
        self._depth += isinstance(event, CollectionStartEvent) - isinstance(event, CollectionEndEvent)
        if problem := self._problem(event):
            raise NotPlain(problem=problem, problem_mark=event.start_mark)
        return event

    def _problem(self, event: Any) -> str | None:
        if isinstance(event, AliasEvent) or (isinstance(event, NodeEvent) and event.anchor):
            return "has a YAML anchor or alias; write the value out, or put it in quotes"
        if getattr(event, "ctag", None):
            return "has a YAML tag; write the plain value, or put it in quotes"
        return f"is nested deeper than {_MAX_DEPTH} levels" if self._depth > _MAX_DEPTH else None


class _NoResolver(VersionedResolver):
    """What a plain word means is decided in `model.scalar`; ruamel's own way to find out takes half of the time."""

    def resolve(self, kind: Any, value: Any, implicit: Any) -> Any:
        """One tag for all."""
        return self.DEFAULT_SCALAR_TAG
