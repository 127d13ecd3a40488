"""The only module that speaks Stripe: charges and refunds by its SDK, and webhooks by their signature.

The mesh repeats what failed, with the same idempotency key; so the SDK itself repeats nothing. (Stripe also
remembers a 500 for a key: then the webhook is what tells how it ended.)
"""

from __future__ import annotations

import logging

import aiohttp
import msgspec
import stripe

from observability.http_client import trace_config
from shared_models.billing.processing import (
    Accepted,
    Charge,
    Declined,
    Outcome,
    ProcessorUnavailable,
    Return,
    Undecided,
)
from shared_models.billing.settings import StripeSettings
from shared_models.kernel.errors import TrellisError

# Two lines for each request say nothing that its span does not.
logging.getLogger("stripe").setLevel(logging.WARNING)

_TIMEOUT = aiohttp.ClientTimeout(total=20, connect=5)
_WEBHOOK_TOLERANCE_SECONDS = 300

# Timings of earlier requests as a header on later ones: work for nobody here.
stripe.enable_telemetry = False


class WebhookSignatureInvalid(TrellisError):
    """The body was not signed by Stripe for us, or too long ago."""

    code = "WEBHOOK_SIGNATURE_INVALID"


class WebhookMalformed(TrellisError):
    """The body is signed, and yet no event of Stripe's."""

    code = "WEBHOOK_MALFORMED"


class PaymentError(msgspec.Struct, frozen=True):
    """Why the last attempt at a payment failed."""

    code: str | None = None


class WebhookObject(msgspec.Struct, frozen=True):
    """What an event is about, as far as we read it: a payment intent, a charge or a refund. Amounts in minor units."""

    id: str = ""
    amount: int = 0
    currency: str = ""
    status: str | None = None
    amount_refunded: int = 0
    failure_reason: str | None = None
    last_payment_error: PaymentError | None = None
    metadata: dict[str, str] | None = None


class WebhookData(msgspec.Struct, frozen=True):
    """What an event carries."""

    object: WebhookObject


class WebhookEvent(msgspec.Struct, frozen=True):
    """A verified event of Stripe's."""

    id: str
    type: str
    data: WebhookData


_decode_event = msgspec.json.Decoder(WebhookEvent).decode


class StripeGateway:
    """A Stripe account, reached from one event loop. `close` it in the end."""

    def __init__(self, settings: StripeSettings) -> None:
        self._settings = settings
        self._session: aiohttp.ClientSession | None = None
        self._client: stripe.StripeClient | None = None

    async def charge(self, charge: Charge, *, key: str) -> Outcome:
        """Takes the money; the same `key` takes it once. Raises `ProcessorUnavailable`."""
        try:
            intent = await self._stripe().v1.payment_intents.create_async(
                {
                    "amount": charge.amount.amount,
                    "currency": charge.amount.currency.lower(),
                    "payment_method": charge.payment_method,
                    # Only methods that need no visit to another page: nobody sits there to make it.
                    "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
                    "confirm": True,
                    # Nobody sits in front of a page to pass a challenge: a card that asks for one declines.
                    "off_session": True,
                    "description": charge.order_number,
                    "metadata": {
                        "tenant_id": str(charge.tenant_id),
                        "order_id": str(charge.order_id),
                        "payment_id": str(charge.payment_id),
                    },
                },
                {"idempotency_key": key},
            )
        except (stripe.StripeError, aiohttp.ClientError, TimeoutError) as error:
            return _declined(error)
        if intent.status == "succeeded":
            return Accepted(intent.id)
        if intent.status == "processing":
            return Undecided(intent.id)
        return Declined(intent.status, intent.id)

    async def refund(self, order: Return, *, key: str) -> Outcome:
        """Gives money back; the same `key` gives it once. Raises `ProcessorUnavailable`."""
        try:
            refund = await self._stripe().v1.refunds.create_async(
                {
                    "payment_intent": order.processor_id,
                    "amount": order.amount.amount,
                    "metadata": {
                        "tenant_id": str(order.tenant_id),
                        "payment_id": str(order.payment_id),
                        "refund_id": str(order.refund_id),
                    },
                },
                {"idempotency_key": key},
            )
        except (stripe.StripeError, aiohttp.ClientError, TimeoutError) as error:
            return _declined(error)
        if refund.status in ("failed", "canceled"):
            return Declined(refund.failure_reason or refund.status, refund.id)
        return Accepted(refund.id) if refund.status == "succeeded" else Undecided(refund.id)

    async def close(self) -> None:
        """Closes the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = self._client = None

    def _stripe(self) -> stripe.StripeClient:
        # An aiohttp session belongs to the loop that it is made in, so it is made when it is first needed.
        if self._client is None:
            self._session = aiohttp.ClientSession(trace_configs=[trace_config()])
            self._client = stripe.StripeClient(
                self._settings.stripe_api_key.get_secret_value(),
                base_addresses={"api": self._settings.stripe_api_base} if self._settings.stripe_api_base else None,
                http_client=stripe.AIOHTTPClient(timeout=_TIMEOUT, session=self._session),
                max_network_retries=0,
            )
        return self._client


def construct_event(body: bytes, signature: str | None, settings: StripeSettings) -> WebhookEvent:
    """The event that a webhook's body spells. Raises `WebhookSignatureInvalid` or `WebhookMalformed`."""
    secret = settings.stripe_webhook_secret.get_secret_value()
    try:
        stripe.WebhookSignature.verify_header(body, signature, secret, _WEBHOOK_TOLERANCE_SECONDS)
    except stripe.SignatureVerificationError as error:
        raise WebhookSignatureInvalid(error.user_message or "The webhook's signature does not verify.") from None
    except UnicodeDecodeError:
        raise WebhookSignatureInvalid("What was signed is text; this is none.") from None
    try:
        return _decode_event(body)
    except msgspec.MsgspecError as error:
        raise WebhookMalformed(f"The webhook's body is no event: {error}.") from None


def _declined(error: Exception) -> Declined:
    """The final answer that an error is, if it is one; raises `ProcessorUnavailable` for all others."""
    if isinstance(error, stripe.CardError):
        intent = error.error.payment_intent if error.error else None
        return Declined(error.code or "card_declined", intent.id if intent else None)
    if isinstance(error, stripe.InvalidRequestError):
        # What is wrong with the request (an unknown payment method, an amount below the minimum) stays wrong.
        return Declined(error.code or "invalid_request")
    retry_after = _retry_after(error.headers) if isinstance(error, stripe.StripeError) else None
    raise ProcessorUnavailable(f"Stripe gave no answer: {type(error).__name__}.", retry_after) from error


def _retry_after(headers: dict[str, str] | None) -> float | None:
    """Seconds, as Stripe sends them; header names come in whatever case the connection had."""
    for name, value in (headers or {}).items():
        if name.lower() == "retry-after" and value.isdecimal():
            return float(value)
    return None
