"""Refunds of captured charges."""

from typing import Any

from trellis.sandbox.stripe import params
from trellis.sandbox.stripe.errors import invalid_request
from trellis.sandbox.stripe.events import new_id
from trellis.sandbox.stripe.params import Params

Body = dict[str, Any]

PARAMETERS = frozenset(["amount", "charge", "expand", "metadata", "payment_intent", "reason"])
_REASONS = ("duplicate", "fraudulent", "requested_by_customer")


def create(charge: Body, given: Params, now: int) -> tuple[Body, list[tuple[str, Body]]]:
    """``POST /v1/refunds``: the refund and the events; ``charge`` is changed.

    Raises:
        ApiError: 400, nothing is left to give back, or less than asked for.
    """
    if charge["status"] != "succeeded" or not charge["captured"]:
        raise invalid_request(f"Charge {charge['id']} has not been captured.", code="charge_not_refundable")
    left = charge["amount_captured"] - charge["amount_refunded"]
    if left == 0:
        raise invalid_request(f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded")
    amount = params.part_of(given, "amount", left, "Refund amount")
    refund: Body = {
        "id": new_id("re"),
        "object": "refund",
        "amount": amount,
        "charge": charge["id"],
        "created": now,
        "currency": charge["currency"],
        "failure_reason": None,
        "metadata": params.metadata(given),
        "payment_intent": charge["payment_intent"],
        "reason": params.text(given, "reason", _REASONS),
        "status": "succeeded",
    }
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount_captured"]
    return refund, [("refund.created", refund), ("charge.refunded", dict(charge))]
