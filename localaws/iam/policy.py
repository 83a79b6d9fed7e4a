"""Whether a role's policies let a request pass: not if one denies it, else if one allows it, else not.

A condition operator or key that is not known here is an error, never a pass.

Source: IAM User Guide, "Policy evaluation logic", "IAM JSON policy elements: Condition operators" and "Multivalued context
keys".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

_Matcher = Callable[[str, str], bool]
_SET_OPERATORS = ("foranyvalue", "forallvalues")


class Undecidable(Exception):
    """The rehearsal cannot tell what AWS would decide; so it neither allows nor refuses, but says so."""


class Context:
    """What a request says about itself: condition keys and their values.

    Args:
        service: the service that is asked; a key of another service is absent from its requests.
        values: the keys that are present. Names are compared without regard to case, as IAM does.
    """

    def __init__(self, service: str, values: Mapping[str, tuple[str, ...]]) -> None:
        self._service = service
        self._values = {key.lower(): value for key, value in values.items()}

    def get(self, key: str) -> tuple[str, ...]:
        """The key's values; none where the request does not carry it.

        Raises:
            Undecidable: AWS may set the key in such a request, and the rehearsal does not know it.
        """
        name = key.lower()
        if name not in self._values and name.partition(":")[0] in ("aws", self._service):
            raise Undecidable(f"the rehearsal does not know the condition key {key}; teach it to localaws/iam/need.py")
        return self._values.get(name, ())


def glob(pattern: str, text: str, *, ignore_case: bool = False) -> bool:
    """Whether `*` (any run of characters) and `?` (any one) in the pattern make it the text."""
    if "${" in pattern:
        raise Undecidable(f"the rehearsal does not resolve policy variables ({pattern})")
    expression = "".join({"*": ".*", "?": "."}.get(part, re.escape(part)) for part in re.split(r"([*?])", pattern))
    return re.fullmatch(expression, text, re.DOTALL | (re.IGNORECASE if ignore_case else 0)) is not None


def _equal(pattern: str, text: str) -> bool:
    if "${" in pattern:
        raise Undecidable(f"the rehearsal does not resolve policy variables ({pattern})")
    return pattern == text


def _equal_ignoring_case(pattern: str, text: str) -> bool:
    return _equal(pattern.lower(), text.lower())


# Operator (lower case): how one value is compared, and whether the operator negates.
_OPERATORS: dict[str, tuple[_Matcher, bool]] = {
    "stringequals": (_equal, False),
    "stringnotequals": (_equal, True),
    "stringequalsignorecase": (_equal_ignoring_case, False),
    "stringnotequalsignorecase": (_equal_ignoring_case, True),
    "stringlike": (glob, False),
    "stringnotlike": (glob, True),
    "arnequals": (glob, False),
    "arnlike": (glob, False),
    "arnnotequals": (glob, True),
    "arnnotlike": (glob, True),
    "bool": (_equal_ignoring_case, False),
}


def holds(operator: str, key: str, wanted: tuple[str, ...], context: Context) -> bool:
    """Whether one line of a condition block is true.

    Raises:
        Undecidable: the operator or the key is not known here.
    """
    quantifier, _, name = operator.lower().rpartition(":")
    if name == "null":
        return (not context.get(key)) == (wanted[0].lower() == "true")
    if_exists = name.endswith("ifexists")
    matcher = _OPERATORS.get(name.removesuffix("ifexists"))
    if matcher is None or quantifier not in ("", *_SET_OPERATORS):
        raise Undecidable(f"the rehearsal does not know the condition operator {operator}")
    values = context.get(key)
    if if_exists and not values:
        return True
    return _compare(quantifier, matcher, wanted, values)


def _compare(quantifier: str, matcher: tuple[_Matcher, bool], wanted: tuple[str, ...], values: tuple[str, ...]) -> bool:
    match, negated = matcher
    outcomes = [any(match(pattern, value) for pattern in wanted) is not negated for value in values]
    if quantifier == "forallvalues":
        return all(outcomes)
    if quantifier == "foranyvalue":
        return any(outcomes)
    # Without a quantifier: a key that is absent satisfies only an operator that negates.
    return (all(outcomes) if negated else any(outcomes)) if values else negated


Decision = Literal["allowed", "not allowed", "explicitly denied"]
_KNOWN = {
    "Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition",
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Statement:
    """One statement of an identity-based policy."""

    allows: bool
    actions: tuple[str, ...]
    except_actions: bool
    resources: tuple[str, ...]
    except_resources: bool
    conditions: tuple[tuple[str, str, tuple[str, ...]], ...]

    def applies(self, action: str, resource: str, context: Context) -> bool:
        """Whether it speaks of this action on this resource under these circumstances."""
        named = any(glob(pattern, action, ignore_case=True) for pattern in self.actions)
        if named is self.except_actions:
            return False
        if any(glob(pattern, resource) for pattern in self.resources) is self.except_resources:
            return False
        return all(holds(operator, key, wanted, context) for operator, key, wanted in self.conditions)


def read(document: Mapping[str, Any]) -> tuple[Statement, ...]:
    """The statements of a policy document.

    Raises:
        Undecidable: it has an element that is not known here.
    """
    statements = document.get("Statement", [])
    return tuple(_statement(each) for each in ([statements] if isinstance(statements, dict) else statements))


def decide(statements: Iterable[Statement], *, action: str, resource: str, context: Context) -> Decision:
    """What the statements together decide.

    Args:
        action: such as `secretsmanager:GetSecretValue`.
        resource: the ARN, or `*` where the action knows no resources.
    """
    applying = [each.allows for each in statements if each.applies(action, resource, context)]
    if not all(applying):
        return "explicitly denied"
    return "allowed" if applying else "not allowed"


def _statement(raw: Mapping[str, Any]) -> Statement:
    unknown = raw.keys() - _KNOWN
    if unknown or raw.get("Effect") not in ("Allow", "Deny"):
        raise Undecidable(f"the rehearsal cannot read the policy statement {raw.get('Sid', '')} ({sorted(unknown)})")
    return Statement(
        allows=raw["Effect"] == "Allow",
        actions=_texts(raw.get("Action", raw.get("NotAction", ()))),
        except_actions="NotAction" in raw,
        resources=_texts(raw.get("Resource", raw.get("NotResource", ()))),
        except_resources="NotResource" in raw,
        conditions=tuple(
            (operator, key, _texts(wanted))
            for operator, block in raw.get("Condition", {}).items()
            for key, wanted in block.items()
        ),
    )


def _texts(value: Any) -> tuple[str, ...]:
    """A policy may write one value or a list, and true as a word or as JSON."""
    many = value if isinstance(value, list | tuple) else [value]
    return tuple(each if isinstance(each, str) else str(each).lower() for each in many)
