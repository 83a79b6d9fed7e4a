"""IAM condition operators, as far as they are known here: one that is not known is an error, never a pass.

Source: IAM User Guide, "IAM JSON policy elements: Condition operators" and "Multivalued context keys".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

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
