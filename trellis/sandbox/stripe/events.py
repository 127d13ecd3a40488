"""Events: what happened to which object, as webhooks and the events endpoint tell it."""

import secrets
from typing import Any

API_VERSION = "2026-10-28.endive"

#: What a platform needs to hear; the other events are recorded only.
WEBHOOK_EVENTS = frozenset(
    {
        "payment_intent.succeeded",
        "payment_intent.payment_failed",
        "payment_intent.canceled",
        "payment_intent.amount_capturable_updated",
        "payment_intent.requires_action",
        "charge.refunded",
        "refund.created",
        "refund.updated",
        "refund.failed",
    }
)


def new_id(prefix: str) -> str:
    return f"{prefix}_{secrets.token_hex(12)}"


def new_event(kind: str, subject: dict[str, Any], now: int) -> dict[str, Any]:
    """An event that shows ``subject`` as it is now."""
    return {
        "id": new_id("evt"),
        "object": "event",
        "api_version": API_VERSION,
        "created": now,
        "data": {"object": subject},
        "livemode": False,
        "pending_webhooks": 1,
        "request": {"id": None, "idempotency_key": None},
        "type": kind,
    }
