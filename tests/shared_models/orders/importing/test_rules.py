"""Each rule, on the smallest line that breaks it."""

from datetime import UTC, datetime

import pytest

from shared_models.orders.importing.invoices import InvoiceLine
from shared_models.orders.importing.rules import Broken, Row, read_date, read_row, to_pence
from shared_models.orders.models import ItemKind

GOOD = {
    "InvoiceNo": "536365",
    "StockCode": "85123A",
    "Description": "WHITE  HANGING HEART ",
    "Quantity": "6",
    "InvoiceDate": "2010-12-01 08:26:00",
    "UnitPrice": "2.55",
    "CustomerID": "17850.0",
    "Country": "United Kingdom",
}


def test_a_good_line() -> None:
    row = read_row(7, GOOD)
    assert isinstance(row, Row)
    assert (row.invoice, row.kind, row.customer) == ("536365", ItemKind.SALE, "17850")
    assert row.date == datetime(2010, 12, 1, 8, 26, tzinfo=UTC)
    assert row.line == InvoiceLine(7, "85123A", "WHITE HANGING HEART", 6, 255)


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"CustomerID": ""}, {"customer": "guest"}),
        ({"InvoiceNo": "c536379", "Quantity": "-2"}, {"invoice": "C536379", "kind": ItemKind.CANCELLATION}),
        ({"InvoiceDate": "2011-07-01 08:26"}, {"date": datetime(2011, 7, 1, 7, 26, tzinfo=UTC)}),
    ],
)
def test_what_else_is_kept(changed: dict[str, str], expected: dict[str, object]) -> None:
    row = read_row(2, GOOD | changed)
    assert isinstance(row, Row)
    assert {name: getattr(row, name) for name in expected} == expected


@pytest.mark.parametrize("changed", [{"Description": ""}, {"StockCode": "15056bl"}, {"Quantity": "6.0"}])
def test_lines_that_lack_little_are_kept(changed: dict[str, str]) -> None:
    assert isinstance(read_row(2, GOOD | changed), Row)


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"InvoiceNo": ""}, "MALFORMED"),
        ({"InvoiceNo": "53 6365"}, "MALFORMED"),
        ({"StockCode": ""}, "MALFORMED"),
        ({"StockCode": "85123\0"}, "MALFORMED"),
        ({"Description": "A\x1bB"}, "MALFORMED"),
        ({"Description": "x" * 501}, "MALFORMED"),
        ({"InvoiceDate": "yesterday"}, "MALFORMED"),
        ({"InvoiceDate": "9999-12-31 23:59:59"}, "MALFORMED"),
        ({"UnitPrice": ""}, "MALFORMED"),
        ({"UnitPrice": "nan"}, "MALFORMED"),
        ({"UnitPrice": "1e9"}, "MALFORMED"),
        ({"CustomerID": "a b"}, "MALFORMED"),
        ({"Quantity": ""}, "BAD_QUANTITY"),
        ({"Quantity": "1.5"}, "BAD_QUANTITY"),
        ({"Quantity": "0"}, "BAD_QUANTITY"),
        ({"Quantity": "1000001"}, "BAD_QUANTITY"),
        ({"Quantity": "٣"}, "BAD_QUANTITY"),
        ({"InvoiceNo": "C536365", "Quantity": "3"}, "BAD_QUANTITY"),
        ({"StockCode": "POST"}, "NOT_A_PRODUCT"),
        ({"StockCode": "BANK CHARGES"}, "NOT_A_PRODUCT"),
        ({"StockCode": "gift_0001_20"}, "NOT_A_PRODUCT"),
        ({"Quantity": "-3"}, "STOCK_ADJUSTMENT"),
        ({"Quantity": "-3", "UnitPrice": "0.0"}, "STOCK_ADJUSTMENT"),
        ({"UnitPrice": "0.0"}, "NO_PRICE"),
        ({"UnitPrice": "-11062.06"}, "NO_PRICE"),
        ({"UnitPrice": "0.004"}, "NO_PRICE"),
    ],
)
def test_what_is_not_kept(changed: dict[str, str], code: str) -> None:
    broken = read_row(2, GOOD | changed)
    assert isinstance(broken, Broken)
    assert (broken.rejection.line, broken.rejection.code) == (2, code)


def test_pence_are_rounded_half_up() -> None:
    assert [to_pence(price) for price in ("2.55", "0.005", "0.0049", "1.115", "1.1149")] == [255, 1, 0, 112, 111]


def test_an_hour_that_occurs_twice_is_the_first() -> None:
    assert read_date("2011-10-30 01:30:00") == datetime(2011, 10, 30, 0, 30, tzinfo=UTC)
