"""Stripe's test payment methods and what a charge on each of them answers."""

from dataclasses import dataclass

from trellis.sandbox.stripe.errors import missing


@dataclass(frozen=True, slots=True)
class Decline:
    """Why a bank refused: Stripe's ``code``, ``decline_code`` and message."""

    code: str
    decline_code: str
    message: str


@dataclass(frozen=True, slots=True)
class Card:
    """A test card: declines, asks its owner to authenticate, or pays."""

    brand: str = "visa"
    last4: str = "4242"
    decline: Decline | None = None
    needs_authentication: bool = False


AUTHENTICATION_REQUIRED = Decline(
    "authentication_required",
    "authentication_required",
    "Your card was declined. This transaction requires authentication.",
)

_PAYS = {
    "visa": Card("visa", "4242"),
    "visa_debit": Card("visa", "5556"),
    "mastercard": Card("mastercard", "4444"),
    "mastercard_debit": Card("mastercard", "3222"),
    "amex": Card("amex", "8431"),
    "discover": Card("discover", "9424"),
    "diners": Card("diners", "0004"),
    "jcb": Card("jcb", "0505"),
    "unionpay": Card("unionpay", "0005"),
    "gb": Card("visa", "0000"),
    "us": Card("visa", "4242"),
}
_ASKS = {
    "authenticationRequired": Card(last4="3184", needs_authentication=True),
    "threeDSecureRequired": Card(last4="3063", needs_authentication=True),
    "threeDSecure2Required": Card(last4="3220", needs_authentication=True),
}
_DECLINED = "Your card was declined."
_DECLINES = {
    "": Card(last4="0002", decline=Decline("card_declined", "generic_decline", _DECLINED)),
    "InsufficientFunds": Card(
        last4="9995",
        decline=Decline("card_declined", "insufficient_funds", "Your card has insufficient funds."),
    ),
    "LostCard": Card(last4="9987", decline=Decline("card_declined", "lost_card", _DECLINED)),
    "StolenCard": Card(last4="9979", decline=Decline("card_declined", "stolen_card", _DECLINED)),
    "ExpiredCard": Card(last4="0069", decline=Decline("expired_card", "expired_card", "Your card has expired.")),
    "IncorrectCvc": Card(
        last4="0127",
        decline=Decline("incorrect_cvc", "incorrect_cvc", "Your card's security code is incorrect."),
    ),
    "ProcessingError": Card(
        last4="0119",
        decline=Decline(
            "processing_error",
            "processing_error",
            "An error occurred while processing your card. Try again in a little bit.",
        ),
    ),
    "VelocityLimitExceeded": Card(last4="6975", decline=Decline("card_declined", "card_velocity_exceeded", _DECLINED)),
}
#: Declining cards go by two names: with and without the brand.
_CARDS = {
    **{f"pm_card_{name}": card for name, card in (_PAYS | _ASKS).items()},
    **{f"pm_card_chargeDeclined{reason}": card for reason, card in _DECLINES.items()},
    **{f"pm_card_visa_chargeDeclined{reason}": card for reason, card in _DECLINES.items()},
}


def card(payment_method: str) -> Card:
    """The test card of that name. Raises ApiError (400 resource_missing)."""
    found = _CARDS.get(payment_method)
    if found is None:
        raise missing("PaymentMethod", payment_method, param="payment_method", status=400)
    return found
