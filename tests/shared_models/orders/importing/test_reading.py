"""Files: encodings, headers, broken lines, bounds."""

from importlib.resources import as_file, files
from pathlib import Path

import pytest

from shared_models.orders.importing import reading
from shared_models.orders.importing.invoices import FileRefused
from shared_models.orders.importing.reading import read_invoices
from shared_models.orders.models import ItemKind

HEADER = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"
LINE = "536365,85123A,HEART,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom"


def write(path: Path, *lines: str, encoding: str = "utf-8", end: str = "\n") -> Path:
    file = path / "invoices.csv"
    file.write_bytes(end.join([HEADER, *lines]).encode(encoding) + end.encode())
    return file


def test_the_real_file() -> None:
    with as_file(files("trellis.seed") / "data" / "online-retail.csv") as path:
        found = read_invoices(path)
    assert len(found.invoices) == 300
    assert sum(invoice.kind is ItemKind.CANCELLATION for invoice in found.invoices) == 29
    assert sum(len(invoice.lines) + len(invoice.rejections) for invoice in found.invoices) == 5017
    assert found.rejections == []


@pytest.mark.parametrize(("encoding", "title"), [("utf-8-sig", "CAFÉ"), ("latin-1", "CAFÉ")])
def test_encodings(tmp_path: Path, encoding: str, title: str) -> None:
    (invoice,) = read_invoices(write(tmp_path, LINE.replace("HEART", title), encoding=encoding)).invoices
    assert invoice.lines[0].title == title


def test_line_ends_and_empty_lines_do_not_matter(tmp_path: Path) -> None:
    (invoice,) = read_invoices(write(tmp_path, LINE, "", LINE, end="\r\n")).invoices
    assert [line.line for line in invoice.lines] == [2, 4]


def test_lines_of_one_invoice_need_not_be_neighbours(tmp_path: Path) -> None:
    other = LINE.replace("536365", "536366")
    found = read_invoices(write(tmp_path, LINE, other, LINE))
    assert [(invoice.number, len(invoice.lines)) for invoice in found.invoices] == [("536365", 2), ("536366", 1)]


@pytest.mark.parametrize(
    "broken",
    [
        "536365,85123A,HEART",
        LINE + ",more",
        LINE.replace("HEART", '"HEART'),
        LINE.replace("HEART", '"HE"ART'),
        LINE.replace("HEART", "x" * 20_000),
    ],
)
def test_a_broken_line_spoils_itself_alone(tmp_path: Path, broken: str) -> None:
    found = read_invoices(write(tmp_path, LINE, broken, LINE))
    assert [line.line for line in found.invoices[0].lines] == [2, 4]
    assert [(rejection.line, rejection.code) for rejection in found.rejections] == [(3, "MALFORMED")]


def test_columns_may_stand_in_another_order_and_have_later_names(tmp_path: Path) -> None:
    path = tmp_path / "later.csv"
    path.write_text(
        "Customer ID,Invoice,StockCode,Description,Quantity,InvoiceDate,Price,Country,Extra\n"
        "17850,536365,85123A,HEART,6,2010-12-01 08:26:00,2.55,United Kingdom,x\n"
    )
    (invoice,) = read_invoices(path).invoices
    assert (invoice.customer, invoice.lines[0].unit_price) == ("17850", 255)


@pytest.mark.parametrize("content", [b"", b"\n", b"a,b,c\n1,2,3\n", b"\x00\xff" * 20_000])
def test_what_is_no_such_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "other.csv"
    path.write_bytes(content)
    with pytest.raises(FileRefused):
        read_invoices(path)


def test_a_file_that_is_too_large_is_refused_unread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MAX_FILE", 10)
    with pytest.raises(FileRefused):
        read_invoices(write(tmp_path, LINE))


def test_an_invoice_beyond_what_an_amount_can_be_keeps_nothing(tmp_path: Path) -> None:
    huge = LINE.replace(",6,", ",1000000,").replace("2.55", "99.0")
    (invoice,) = read_invoices(write(tmp_path, huge, LINE)).invoices
    assert invoice.lines == []
    assert [rejection.code for rejection in invoice.rejections] == ["AMOUNT_TOO_LARGE", "AMOUNT_TOO_LARGE"]


def test_an_invoice_says_of_itself_what_its_first_good_line_says(tmp_path: Path) -> None:
    undated = LINE.replace("2010-12-01 08:26:00", "?")
    (invoice,) = read_invoices(write(tmp_path, undated, LINE)).invoices
    assert (invoice.date.year, [rejection.line for rejection in invoice.rejections]) == (2010, [2])
    alone = read_invoices(write(tmp_path, undated))
    assert alone.invoices == []
    assert [rejection.line for rejection in alone.rejections] == [2]
