"""Whether a role's policies let a request pass: not if one denies it, else if one allows it, else not.

Source: IAM User Guide, "Policy evaluation logic".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from localaws.iam.condition import Context, Undecidable, glob, holds

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
