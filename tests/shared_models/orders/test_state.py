"""The table of transitions is the specification; every other move is refused."""

import itertools

import pytest

from shared_models.orders.state import FINAL, SETTLED, TRANSITIONS, OrderStatus, sources

ALLOWED = {
    ("PLACED", "RESERVED"),
    ("PLACED", "REJECTED"),
    ("RESERVED", "PAID"),
    ("RESERVED", "PAYMENT_FAILED"),
    ("PAID", "FULFILLED"),
    ("PAID", "CANCELLED"),
}


@pytest.mark.parametrize(("before", "after"), list(itertools.product(OrderStatus, OrderStatus)))
def test_exactly_the_stated_moves_are_allowed(before: OrderStatus, after: OrderStatus) -> None:
    assert (before in sources(after)) == ((before.value, after.value) in ALLOWED)


def test_every_status_has_its_row() -> None:
    assert set(TRANSITIONS) == set(OrderStatus)


def test_what_is_final_and_what_is_settled() -> None:
    assert {"FULFILLED", "CANCELLED", "REJECTED", "PAYMENT_FAILED"} == FINAL
    assert FINAL | {"PAID"} == SETTLED
