"""Returned goods find the sales that they most likely belong to, and never more than was sold."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from shared_models.orders.importing.invoices import InvoiceLine
from shared_models.orders.importing.matching import SoldLine, match

NOW = datetime(2010, 12, 9, tzinfo=UTC)


def sold(order: int, days_ago: int, left: int, price: int = 339, sku: str = "71053") -> SoldLine:
    return SoldLine(UUID(int=order), 0, sku, price, NOW - timedelta(days=days_ago), left)


def back(quantity: int, price: int = 339, sku: str = "71053") -> InvoiceLine:
    return InvoiceLine(2, sku, "", quantity, price)


def test_newest_first() -> None:
    matched, unmatched = match([back(3)], [sold(1, 5, 4), sold(2, 1, 2)], NOW)
    assert [(m.sold.order_id.int, m.quantity) for m in matched] == [(2, 2), (1, 1)]
    assert unmatched == []


def test_the_same_price_before_the_newest() -> None:
    matched, _ = match([back(1)], [sold(1, 5, 4), sold(2, 1, 2, price=300)], NOW)
    assert [m.sold.order_id.int for m in matched] == [1]


def test_no_unit_is_refunded_at_more_than_it_was_sold_for() -> None:
    matched, _ = match([back(1, price=500), back(1, price=100)], [sold(1, 1, 2, price=300)], NOW)
    assert [m.unit_price for m in matched] == [300, 100]


def test_sales_after_the_return_and_other_goods_do_not_count() -> None:
    matched, unmatched = match([back(2)], [sold(1, -1, 4), sold(2, 1, 4, sku="22423")], NOW)
    assert matched == []
    assert [(u.sku, u.quantity, u.unit_price) for u in unmatched] == [("71053", 2, 339)]


def test_two_lines_of_one_return_share_what_was_sold() -> None:
    matched, unmatched = match([back(3), back(3)], [sold(1, 1, 4)], NOW)
    assert [m.quantity for m in matched] == [3, 1]
    assert [u.quantity for u in unmatched] == [2]


lines = st.builds(back, st.integers(1, 9), st.sampled_from([339, 300]), st.sampled_from(["71053", "22423"]))
sales = st.builds(
    sold,
    st.integers(1, 9),
    st.integers(-2, 9),
    st.integers(0, 9),
    st.sampled_from([339, 300]),
    st.sampled_from(["71053", "22423"]),
)


@given(st.lists(lines, max_size=6), st.lists(sales, max_size=6))
def test_every_unit_is_accounted_for_and_none_twice(returned: list[InvoiceLine], had: list[SoldLine]) -> None:
    before = [one.left for one in had]
    matched, unmatched = match(returned, had, NOW)
    assert sum(m.quantity for m in matched) + sum(u.quantity for u in unmatched) == sum(r.quantity for r in returned)
    assert all(one.left >= 0 for one in had)
    assert sum(before) - sum(one.left for one in had) == sum(m.quantity for m in matched)
