"""A mail address gets nothing until the person behind it has confirmed the subscription.

Subscribe, SNS API Reference: the owner of an endpoint of e-mail must confirm. ListSubscriptionsByTopic shows
`PendingConfirmation` instead of the ARN until then; SNS Developer Guide, "Deleting an Amazon SNS topic and subscription": a
pending one cannot be deleted, and goes by itself after 48 hours (that is not emulated).
"""

from __future__ import annotations

from typing import Any

from moto.sns.models import SNSBackend, Subscription, sns_backends

PENDING = "PendingConfirmation"


def install() -> None:
    """Put the rule beside moto's own."""
    SNSBackend.subscribe = _pending(SNSBackend.subscribe)  # type: ignore[method-assign]
    Subscription.subscription_arn = property(_shown_arn)  # type: ignore[attr-defined]


def confirm(account: str, region: str, address: str) -> None:
    """The person behind a mail address confirms every subscription that waits for it."""
    for one in sns_backends[account][region].subscriptions.values():
        if one.endpoint == address:
            one.attributes[PENDING] = False


def _pending(subscribe: Any) -> Any:
    def subscribed(self: Any, topic_arn: str, endpoint: str, protocol: str) -> Subscription:
        known = self._find_subscription(topic_arn, endpoint, protocol)
        made: Subscription = subscribe(self, topic_arn, endpoint, protocol)
        if known is None and protocol in ("email", "email-json"):
            made.attributes |= {PENDING: True, "ConfirmationWasAuthenticated": False}
        return made

    return subscribed


def _shown_arn(subscription: Any) -> str:
    return PENDING if subscription.attributes.get(PENDING) else str(subscription.arn)
