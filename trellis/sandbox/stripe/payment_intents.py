"""Payment intents and their charges: what a confirmation makes of them."""

from dataclasses import dataclass, field
from typing import Any

from trellis.sandbox.stripe import cards, params
from trellis.sandbox.stripe.cards import Card, Decline
from trellis.sandbox.stripe.errors import ApiError, invalid_request, unexpected_state
from trellis.sandbox.stripe.events import new_id
from trellis.sandbox.stripe.params import Params

Body = dict[str, Any]

_CREATE = frozenset(
    (
        "allowed_payment_method_types",
        "amount",
        "automatic_payment_methods",
        "capture_method",
        "confirm",
        "confirmation_method",
        "currency",
        "customer",
        "description",
        "error_on_requires_action",
        "excluded_payment_method_types",
        "expand",
        "metadata",
        "off_session",
        "payment_method",
        "payment_method_options",
        "receipt_email",
        "return_url",
        "setup_future_usage",
        "shipping",
        "statement_descriptor",
        "statement_descriptor_suffix",
        "transfer_group",
    )
)
#: Until this version the list of allowed types had another name, which is refused since.
_OLD_TYPES, _TYPES_REMOVED = "payment_method_types", "2026-09-30"
_CONFIRM = frozenset(
    ("capture_method", "error_on_requires_action", "expand", "off_session", "payment_method", "return_url")
)
_CANCEL = frozenset(("cancellation_reason", "expand"))
_CAPTURE = frozenset(("amount_to_capture", "expand", "metadata"))
_UNCONFIRMED = ("requires_payment_method", "requires_confirmation", "requires_action")
_CANCELLABLE = (*_UNCONFIRMED, "requires_capture", "processing")


@dataclass(slots=True)
class Outcome:
    """What a request did: the intent as it is now, a charge if one was made or changed, the events, the refusal."""

    intent: Body
    charge: Body | None = None
    events: list[tuple[str, Body]] = field(default_factory=list)
    refusal: ApiError | None = None

    def happened(self, kind: str, subject: Body) -> None:
        # The event shows the object as it is at this moment, not as it becomes later in the request.
        self.events.append((kind, dict(subject)))


def create(given: Params, version: str, now: int) -> Outcome:
    """``POST /v1/payment_intents`` in an API version. Raises ApiError when the parameters are wrong."""
    _check_names(given, version)
    amount, currency = params.charge_amount(given)
    method = params.text(given, "payment_method")
    if method is not None:
        cards.card(method)
    intent = _new_intent(given, amount, currency, now)
    outcome = Outcome(intent)
    outcome.happened("payment_intent.created", intent)
    if params.boolean(given, "confirm"):
        _confirm(outcome, given, now)
    elif params.off_session(given):
        raise invalid_request("off_session can only be set together with confirm.", param="off_session")
    return outcome


def confirm(intent: Body, given: Params, now: int) -> Outcome:
    """``POST /v1/payment_intents/:id/confirm``."""
    params.only(given, _CONFIRM)
    outcome = Outcome(intent)
    _confirm(outcome, given, now)
    return outcome


def cancel(intent: Body, charge: Body | None, given: Params, now: int) -> Outcome:
    """``POST /v1/payment_intents/:id/cancel``; an uncaptured charge is let go."""
    params.only(given, _CANCEL)
    if intent["status"] not in _CANCELLABLE:
        raise _not_possible(intent, "cancel", _CANCELLABLE)
    reasons = ("duplicate", "fraudulent", "requested_by_customer", "abandoned")
    intent["cancellation_reason"] = params.text(given, "cancellation_reason", reasons)
    outcome = Outcome(intent)
    if intent["status"] == "requires_capture" and charge is not None:
        charge.update(refunded=True, amount_refunded=charge["amount"])
        outcome.charge = charge
        outcome.happened("charge.refunded", charge)
    intent.update(status="canceled", canceled_at=now, amount_capturable=0, next_action=None)
    outcome.happened("payment_intent.canceled", intent)
    return outcome


def capture(intent: Body, charge: Body | None, given: Params) -> Outcome:
    """``POST /v1/payment_intents/:id/capture``; what is not captured is let go."""
    params.only(given, _CAPTURE)
    if intent["status"] != "requires_capture" or charge is None:
        raise _not_possible(intent, "capture", ("requires_capture",))
    amount = params.part_of(given, "amount_to_capture", intent["amount_capturable"], "The amount to capture")
    intent["metadata"].update(params.metadata(given))
    outcome = Outcome(intent, charge)
    _take(outcome, charge, amount)
    outcome.events.insert(0, ("charge.captured", dict(charge)))
    return outcome


def _check_names(given: Params, version: str) -> None:
    # Versions are dates with a name: 2026-10-28.endive.
    if version < _TYPES_REMOVED:
        params.only(given, _CREATE | {_OLD_TYPES})
        return
    if _OLD_TYPES in given:
        raise invalid_request(
            f"The parameter {_OLD_TYPES} is no longer supported in this API version; "
            "use allowed_payment_method_types or automatic_payment_methods.",
            code="payment_method_types_no_longer_supported",
            param=_OLD_TYPES,
        )
    params.only(given, _CREATE)


def _new_intent(given: Params, amount: int, currency: str, now: int) -> Body:
    identifier = new_id("pi")
    method = params.text(given, "payment_method")
    types = params.strings(given, "allowed_payment_method_types") or params.strings(given, _OLD_TYPES)
    # Without a list of types, Stripe offers what the account has switched on: redirects among them.
    automatic = params.nested(given, "automatic_payment_methods")
    if automatic and types:
        raise invalid_request(
            "You may only specify one of these parameters: allowed_payment_method_types, automatic_payment_methods.",
            param="automatic_payment_methods",
        )
    automatic = automatic or ({} if types else {"enabled": "true"})
    return {
        "id": identifier,
        "object": "payment_intent",
        "amount": amount,
        "amount_capturable": 0,
        "amount_received": 0,
        "automatic_payment_methods": {
            "enabled": True,
            "allow_redirects": params.text(automatic, "allow_redirects", ("always", "never")) or "always",
        }
        if params.boolean(automatic, "enabled")
        else None,
        "canceled_at": None,
        "cancellation_reason": None,
        "capture_method": params.text(given, "capture_method", ("automatic", "automatic_async", "manual"))
        or "automatic_async",
        "client_secret": f"{identifier}_secret_{new_id('')[1:]}",
        "confirmation_method": params.text(given, "confirmation_method", ("automatic", "manual")) or "automatic",
        "created": now,
        "currency": currency,
        "customer": params.text(given, "customer"),
        "description": params.text(given, "description"),
        "last_payment_error": None,
        "latest_charge": None,
        "livemode": False,
        "metadata": params.metadata(given),
        "next_action": None,
        "payment_method": method,
        "payment_method_types": types or ["card"],
        "receipt_email": params.text(given, "receipt_email"),
        "statement_descriptor": params.text(given, "statement_descriptor"),
        "status": "requires_confirmation" if method else "requires_payment_method",
    }


def _confirm(outcome: Outcome, given: Params, now: int) -> None:
    intent = outcome.intent
    if intent["status"] not in _UNCONFIRMED:
        raise _not_possible(intent, "confirm", _UNCONFIRMED)
    method = params.text(given, "payment_method") or intent["payment_method"]
    if method is None:
        raise unexpected_state("You cannot confirm this PaymentIntent because it's missing a payment method.", intent)
    card = cards.card(method)
    automatic = intent["automatic_payment_methods"]
    if automatic and automatic["allow_redirects"] == "always" and not params.text(given, "return_url"):
        raise invalid_request(
            "This PaymentIntent accepts payment methods that redirect your customer: pass a return_url, "
            "automatic_payment_methods[allow_redirects]=never, or allowed_payment_method_types.",
            param="return_url",
        )
    unattended = params.off_session(given) or params.boolean(given, "error_on_requires_action")
    intent.update(payment_method=method, last_payment_error=None, next_action=None)
    if card.needs_authentication and not unattended:
        intent.update(status="requires_action", next_action=_authentication(intent))
        outcome.happened("payment_intent.requires_action", intent)
        return
    decline = cards.AUTHENTICATION_REQUIRED if card.needs_authentication else card.decline
    charge = outcome.charge = _new_charge(intent, card, decline, now)
    intent["latest_charge"] = charge["id"]
    if decline is not None:
        _decline(outcome, charge, decline)
    elif params.text(given, "capture_method") == "manual" or intent["capture_method"] == "manual":
        charge["captured"] = False
        intent.update(status="requires_capture", amount_capturable=intent["amount"])
        outcome.happened("charge.succeeded", charge)
        outcome.happened("payment_intent.amount_capturable_updated", intent)
    else:
        outcome.happened("charge.succeeded", charge | {"captured": True, "amount_captured": charge["amount"]})
        _take(outcome, charge, intent["amount"])


def _take(outcome: Outcome, charge: Body, amount: int) -> None:
    charge.update(captured=True, amount_captured=amount)
    outcome.intent.update(status="succeeded", amount_received=amount, amount_capturable=0)
    outcome.happened("payment_intent.succeeded", outcome.intent)


def _decline(outcome: Outcome, charge: Body, decline: Decline) -> None:
    intent = outcome.intent
    details = {
        "charge": charge["id"],
        "code": decline.code,
        "decline_code": decline.decline_code,
        "payment_method": {"id": intent["payment_method"], "object": "payment_method", "type": "card"},
    }
    intent.update(
        status="requires_payment_method",
        payment_method=None,
        last_payment_error={"type": "card_error", "message": decline.message, **details},
    )
    outcome.happened("charge.failed", charge)
    outcome.happened("payment_intent.payment_failed", intent)
    outcome.refusal = ApiError(
        402, "card_error", decline.message, keeps_effects=True, payment_intent=dict(intent), **details
    )


def _new_charge(intent: Body, card: Card, decline: Decline | None, now: int) -> Body:
    return {
        "id": new_id("ch"),
        "object": "charge",
        "amount": intent["amount"],
        "amount_captured": 0,
        "amount_refunded": 0,
        "captured": False,
        "created": now,
        "currency": intent["currency"],
        "customer": intent["customer"],
        "description": intent["description"],
        "failure_code": decline.code if decline else None,
        "failure_message": decline.message if decline else None,
        "livemode": False,
        "metadata": intent["metadata"],
        "outcome": {
            "network_status": "declined_by_network" if decline else "approved_by_network",
            "reason": decline.decline_code if decline else None,
            "type": "issuer_declined" if decline else "authorized",
        },
        "paid": decline is None,
        "payment_intent": intent["id"],
        "payment_method": intent["payment_method"],
        "payment_method_details": {"card": {"brand": card.brand, "last4": card.last4}, "type": "card"},
        "refunded": False,
        "status": "failed" if decline else "succeeded",
    }


def _authentication(intent: Body) -> Body:
    return {"type": "use_stripe_sdk", "use_stripe_sdk": {"type": "three_d_secure_redirect", "source": intent["id"]}}


def _not_possible(intent: Body, what: str, states: tuple[str, ...]) -> ApiError:
    return unexpected_state(
        f"You cannot {what} this PaymentIntent because it has a status of {intent['status']}. "
        f"Only a PaymentIntent with one of the following statuses may be: {', '.join(states)}.",
        intent,
    )
