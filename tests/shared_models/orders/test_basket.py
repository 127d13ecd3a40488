"""What is checked before anything is written."""

import pytest

from shared_models.kernel.errors import UserError
from shared_models.kernel.ids import new_id
from shared_models.kernel.money import Money
from shared_models.orders.basket import KnownOffer, fill


def offer(sku: str, amount: int, currency: str = "GBP") -> KnownOffer:
    return KnownOffer(new_id(), new_id(), sku, f"The {sku}", Money(amount, currency))


OFFERS = {o.sku: o for o in (offer("A", 250), offer("B", 2_000_000), offer("FREE", 0), offer("USD", 5, "USD"))}


def test_lines_of_one_sku_are_merged_and_priced() -> None:
    basket = fill("k", "pm_card_visa", [("A", 2), ("B", 1), ("A", 3)])
    lines, total = basket.price(OFFERS)
    assert [(line.sku, line.quantity, line.unit_price) for line in lines] == [("A", 5, 250), ("B", 1, 2_000_000)]
    assert total == Money(2_001_250, "GBP")


def test_the_digest_is_that_of_what_is_asked_for() -> None:
    first = fill("k", "pm_card_visa", [("A", 2), ("B", 1)])
    assert first.digest() == fill("other", "pm_card_visa", [("B", 1), ("A", 1), ("A", 1)]).digest()
    assert first.digest() != fill("k", "pm_card_visa", [("A", 2), ("B", 2)]).digest()
    assert first.digest() != fill("k", "pm_card_mastercard", [("A", 2), ("B", 1)]).digest()


@pytest.mark.parametrize(
    ("key", "method", "lines", "code", "field"),
    [
        ("", "pm_card_visa", [("A", 1)], "IDEMPOTENCY_KEY_INVALID", ["idempotencyKey"]),
        ("k" * 201, "pm_card_visa", [("A", 1)], "IDEMPOTENCY_KEY_INVALID", ["idempotencyKey"]),
        ("k\0", "pm_card_visa", [("A", 1)], "IDEMPOTENCY_KEY_INVALID", ["idempotencyKey"]),
        ("k\ud800", "pm_card_visa", [("A", 1)], "IDEMPOTENCY_KEY_INVALID", ["idempotencyKey"]),
        ("k", "card", [("A", 1)], "PAYMENT_METHOD_INVALID", ["paymentMethod"]),
        ("k", "pm_card_visa\n", [("A", 1)], "PAYMENT_METHOD_INVALID", ["paymentMethod"]),
        ("k", "pm_" + "x" * 101, [("A", 1)], "PAYMENT_METHOD_INVALID", ["paymentMethod"]),
        ("k", "pm_card_visa", [], "LINES_OUT_OF_RANGE", ["lines"]),
        ("k", "pm_card_visa", [("A", 1)] * 201, "LINES_OUT_OF_RANGE", ["lines"]),
        ("k", "pm_card_visa", [("A", 1), ("", 1)], "SKU_INVALID", ["lines", "1", "sku"]),
        ("k", "pm_card_visa", [("A" * 65, 1)], "SKU_INVALID", ["lines", "0", "sku"]),
        ("k", "pm_card_visa", [("A\0", 1)], "SKU_INVALID", ["lines", "0", "sku"]),
        ("k", "pm_card_visa", [("A", 0)], "QUANTITY_OUT_OF_RANGE", ["lines", "0", "quantity"]),
        ("k", "pm_card_visa", [("A", -1)], "QUANTITY_OUT_OF_RANGE", ["lines", "0", "quantity"]),
        ("k", "pm_card_visa", [("A", 1_000_000_000)], "QUANTITY_OUT_OF_RANGE", ["lines", "0", "quantity"]),
        ("k", "pm_card_visa", [("A", 999_999), ("A", 2)], "QUANTITY_OUT_OF_RANGE", ["lines", "1", "quantity"]),
        ("k", "pm_card_visa", [("A", 1), ("X", 1)], "UNKNOWN_SKU", ["lines", "1", "sku"]),
        ("k", "pm_card_visa", [("FREE", 1)], "NOT_FOR_SALE", ["lines", "0", "sku"]),
        ("k", "pm_card_visa", [("A", 1), ("USD", 1)], "CURRENCY_MISMATCH", None),
        ("k", "pm_card_visa", [("B", 1_073)] + [("A", 1_000_000)] * 1, "AMOUNT_TOO_LARGE", None),
    ],
)
def test_bad_requests(key: str, method: str, lines: list[tuple[str, int]], code: str, field: list[str] | None) -> None:
    with pytest.raises(UserError) as caught:
        fill(key, method, lines).price(OFFERS)
    assert (caught.value.code, caught.value.field) == (code, field)
