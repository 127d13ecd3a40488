"""Reads a retailer's CSV into invoices, a line at a time; one bad line spoils itself alone.

A record is a line: a quote that is not closed on its line makes that line malformed, instead of swallowing those
behind it. Size of file and lines are bounded.
"""

from __future__ import annotations

import codecs
import csv
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec

from shared_models.kernel.money import MAX_AMOUNT
from shared_models.orders.importing.invoices import (
    FileRefused,
    Invoice,
    InvoiceFile,
    InvoiceLine,
    Reason,
    Rejection,
)
from shared_models.orders.importing.rules import Broken, Row, read_row

MAX_FILE: Final = 256 * 1024 * 1024
MAX_LINE: Final = 16 * 1024
_CHUNK = 1024 * 1024

#: The columns, and by which other names later editions of the same data call them.
_COLUMNS: Final = {
    "InvoiceNo": ("InvoiceNo", "Invoice"),
    "StockCode": ("StockCode",),
    "Description": ("Description",),
    "Quantity": ("Quantity",),
    "InvoiceDate": ("InvoiceDate",),
    "UnitPrice": ("UnitPrice", "Price"),
    "CustomerID": ("CustomerID", "Customer ID"),
    "Country": ("Country",),
}


class _Draft(msgspec.Struct):
    """An invoice whose lines are still being read."""

    first: Row | Broken
    lines: list[InvoiceLine] = []
    rejections: list[Rejection] = []


def read_invoices(path: Path) -> InvoiceFile:
    """The invoices of a file, in order of their first line. Raises `FileRefused`, `OSError`."""
    digest, encoding = _survey(path)
    drafts: dict[str, _Draft] = {}
    stray: list[Rejection] = []
    for judged in read_rows(path, encoding):
        number = judged.invoice
        if number is None:
            stray.append(_rejection(judged))
            continue
        draft = drafts.setdefault(number, _Draft(judged))
        if isinstance(draft.first, Broken) and (isinstance(judged, Row) or draft.first.date is None):
            # What the invoice says of itself is what its first good line says, or else its first with a date.
            draft.first = judged
        if isinstance(judged, Row):
            draft.lines.append(judged.line)
        else:
            draft.rejections.append(judged.rejection)
    invoices: list[Invoice] = []
    for number, draft in drafts.items():
        if draft.first.date is None or draft.first.kind is None:
            stray += draft.rejections
        else:
            invoices.append(_finish(number, draft))
    return InvoiceFile(digest, invoices, stray)


def read_rows(path: Path, encoding: str | None = None) -> Iterator[Row | Broken]:
    """Every line of the file, judged. Raises `FileRefused`, `OSError`."""
    for line, record in read_records(path, encoding):
        if record is None:
            yield Broken(Rejection(line, Reason.MALFORMED, "not as many columns as the header has"))
        else:
            yield read_row(line, record)


def read_records(path: Path, encoding: str | None = None) -> Iterator[tuple[int, dict[str, str] | None]]:
    """Every line behind the header with its number: its columns by canonical name, None when it has not all of them.

    Empty lines are passed over. Raises `FileRefused`, `OSError`.
    """
    lines = _lines(path, encoding or _survey(path)[1])
    header = _header(next(lines, None))
    for line, text in lines:
        if text:
            fields = _split(text)
            complete = fields is not None and len(fields) == len(header)
            yield line, dict(zip(header, fields or (), strict=True)) if complete else None


def _rejection(judged: Row | Broken) -> Rejection:
    if isinstance(judged, Broken):
        return judged.rejection
    raise TypeError("a kept line names its invoice")


def _finish(number: str, draft: _Draft) -> Invoice:
    first = draft.first
    if first.kind is None or first.date is None:
        raise TypeError("an invoice has a kind and a date")
    lines, rejections = draft.lines, draft.rejections
    if sum(line.quantity * line.unit_price for line in lines) > MAX_AMOUNT:
        rejections = rejections + [
            Rejection(line.line, Reason.AMOUNT_TOO_LARGE, f"invoice {number} is beyond {MAX_AMOUNT} pence")
            for line in lines
        ]
        lines = []
    return Invoice(number, first.kind, first.customer, first.date, lines, rejections)


def _survey(path: Path) -> tuple[str, str]:
    """The file's SHA-256, and whether it is UTF-8 or, as older exports are, Latin-1."""
    size = path.stat().st_size
    if size > MAX_FILE:
        raise FileRefused(f"The file has {size} bytes; at most {MAX_FILE} are read.", size=size)
    digest, decoder, encoding = hashlib.sha256(), codecs.getincrementaldecoder("utf-8")(), "utf-8-sig"
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
            if encoding == "utf-8-sig":
                try:
                    decoder.decode(chunk)
                except UnicodeDecodeError:
                    encoding = "latin-1"
    if encoding == "utf-8-sig" and decoder.getstate()[0]:  # it ends in the middle of a character
        encoding = "latin-1"
    return digest.hexdigest(), encoding


def _lines(path: Path, encoding: str) -> Iterator[tuple[int, str]]:
    """The file's lines from 1, without their ends; of one that is too long, just as much as shows that it is."""
    with path.open(encoding=encoding, newline="\n") as file:
        line = 0
        while text := file.readline(MAX_LINE + 2):
            line += 1
            if not text.endswith("\n") and len(text) > MAX_LINE:
                while (rest := file.readline(_CHUNK)) and not rest.endswith("\n"):
                    pass
            yield line, text.rstrip("\r\n")


def _split(text: str) -> list[str] | None:
    """The columns of one line; None when it is too long, or its quotes do not match."""
    if len(text) > MAX_LINE:
        return None
    try:
        return next(csv.reader([text], strict=True))
    except (csv.Error, StopIteration):
        return None


def _header(first: tuple[int, str] | None) -> list[str]:
    """The canonical name of each column of the file, its own name for columns that mean nothing here."""
    named = _split(first[1]) if first else None
    if not named:
        raise FileRefused("The file has no header.")
    canonical = {alias: name for name, aliases in _COLUMNS.items() for alias in aliases}
    header = [canonical.get(name.strip(), name.strip()) for name in named]
    missing = [name for name in _COLUMNS if header.count(name) != 1]
    if missing:
        raise FileRefused(f"The header must name these columns once each: {', '.join(missing)}.", missing=missing)
    return header
