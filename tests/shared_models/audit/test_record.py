"""What is kept of an event, and what is not."""

import hashlib
import json
from uuid import UUID

import msgspec
import pytest

from shared_models.accounts.events import TenantCreated, UserJoined
from shared_models.audit.record import kept
from shared_models.billing.events import CreditGranted, PaymentCaptured
from shared_models.catalog.events import Offer, OffersPublished, StockAdjusted
from shared_models.kernel.events import Event
from shared_models.kernel.ids import new_id
from shared_models.kernel.money import Money
from shared_models.kernel.tenancy import Tier
from shared_models.orders.events import OrderFulfilled, OrderReserved

ONE, TWO = new_id(), new_id()


def offers(count: int) -> list[Offer]:
    return [Offer(new_id(), new_id(), f"sku {n}", "x" * 600, Money(n, "GBP")) for n in range(count)]


@pytest.mark.parametrize(
    ("event", "subject_type", "mentions"),
    [
        (OrderFulfilled(ONE), "Order", {ONE}),
        (PaymentCaptured(ONE, TWO, Money(1, "GBP"), "pi_1"), "Payment", {ONE, TWO}),
        (StockAdjusted(TWO, ONE, "sku", 1, 1), "Product", {ONE}),
        (UserJoined(ONE, ["OWNER"]), "User", {ONE}),
    ],
)
def test_the_subject_of_an_event(event: Event, subject_type: str, mentions: set[UUID]) -> None:
    what = kept(event)
    assert (what.subject_type, what.subject_id) == (subject_type, ONE)
    assert what.mentions == mentions


def test_products_on_offer_are_mentioned_however_many() -> None:
    published = offers(200)
    what = kept(OffersPublished(published))

    assert (what.subject_type, what.subject_id) == (None, None)
    assert what.mentions == {offer.product_id for offer in published}


def test_long_lists_are_kept_as_their_digest() -> None:
    few, many = kept(OffersPublished(offers(20))), kept(OffersPublished(offers(21)))

    assert len(few.data["offers"]) == 20
    assert few.data["offers"][0]["title"] == "x" * 500
    assert many.data["offers"].keys() == {"count", "sha256"}
    assert many.data["offers"]["count"] == 21


def test_a_digest_can_be_proved_by_whoever_has_the_event() -> None:
    roles = [f"role {n}" for n in range(30)]
    listed = json.dumps(roles, separators=(",", ":")).encode()

    assert kept(UserJoined(ONE, roles)).data["roles"]["sha256"] == hashlib.sha256(listed).hexdigest()


@pytest.mark.parametrize(
    ("event", "personal"),
    [
        (TenantCreated(ONE, "Jane Doe's shop", Tier.PREMIUM), "Jane"),
        (CreditGranted(ONE, TWO, "jane@example.com", Money(1, "GBP")), "jane"),
        (OrderReserved(ONE, "1", Money(1, "GBP"), "pm_of_jane"), "jane"),
    ],
)
def test_nothing_personal_is_kept(event: Event, personal: str) -> None:
    assert personal in str(msgspec.to_builtins(event))
    assert personal not in str(kept(event))


def test_floats_are_kept_as_text() -> None:
    class Measured(Event, frozen=True):
        domain = "test"
        share: float

    assert kept(Measured(0.1)).data == {"share": "0.1"}
