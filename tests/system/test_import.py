"""A retailer's real invoices and a shop's real order, into the running platform, once."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import re
import subprocess
from collections.abc import Iterator
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from shared_models.accounts.seed import demo_tenant_id
from tests.support.census import Census
from tests.support.platform import Client, Platform

HEADER = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"
SHOPIFY = Path(__file__).parents[1] / "subgraphs/orders/data/shopify-orders-create.json"
SHOPIFY_SECRET = "shpss_trellis_demo"


@pytest.fixture(scope="module")
def retail() -> Iterator[Path]:
    """300 invoices of 2010 and 2011."""
    with as_file(files("trellis.seed") / "data" / "online-retail.csv") as path:
        yield path


@pytest.fixture(scope="module")
def census(platform: Platform) -> Iterator[Census]:
    """Counts what is in the platform's databases."""
    with Census(platform.settings()) as census:
        yield census


@pytest.fixture(scope="module")
def imported(platform: Platform, census: Census, retail: Path) -> str:
    """What the import of the whole file told, after one that was killed in the middle."""
    census.at_rest()
    with platform.begin("import", "orders", str(retail), "--tenant", "standard") as first:
        assert first.stderr
        assert "of 300 invoices" in first.stderr.readline()
        first.kill()
    done = import_orders(platform, retail)
    assert done.returncode == 0, done.stderr
    return done.stdout


def import_orders(
    platform: Platform, path: Path, *options: str, tenant: str = "standard"
) -> subprocess.CompletedProcess[str]:
    """Runs the command."""
    return platform.run("import", "orders", str(path), "--tenant", tenant, *options)


def row(summary: str, name: str) -> tuple[int, str]:
    """A row of a summary: its count, and what stands after it."""
    (found,) = re.findall(rf"^  {name} +(\d+)   (.*)$", summary, re.MULTILINE)
    return int(found[0]), found[1]


def standing(census: Census) -> dict[str, Any]:
    """Everything that an import may change in the tenant it is for."""
    tenant = f"tenant_id = '{demo_tenant_id('standard')}'"
    queries: dict[str, tuple[Any, ...]] = {
        "orders": ("orders", f"SELECT status, count(*), sum(total_amount) FROM sales_order WHERE {tenant} GROUP BY 1"),
        "lines": ("orders", f"SELECT count(*), sum(quantity), sum(returned) FROM order_line WHERE {tenant}"),
        "returns": ("orders", f"SELECT state, count(*), sum(amount) FROM order_return WHERE {tenant} GROUP BY 1"),
        "stock": ("catalog", f"SELECT count(*), sum(stock) FROM variant WHERE {tenant}"),
        "held": ("catalog", f"SELECT state, sum(quantity), sum(returned) FROM reservation WHERE {tenant} GROUP BY 1"),
        "ledger": ("billing", f"SELECT account, sum(debit), sum(credit) FROM ledger_entry WHERE {tenant} GROUP BY 1"),
        "refunds": ("billing", f"SELECT status, count(*), sum(amount) FROM refund WHERE {tenant} GROUP BY 1"),
        "credits": ("billing", f"SELECT count(*), sum(amount) FROM customer_credit WHERE {tenant}"),
        "audited": ("audit", f"SELECT count(*) FROM audit_entry WHERE {tenant}"),
    }
    return {name: sorted(census.query(*query)) for name, query in queries.items()}


def test_an_import_that_was_killed_is_finished_by_the_next(imported: str, census: Census) -> None:
    assert row(imported, "invoices") == (300, "271 sales, 29 cancellations")
    assert row(imported, "orders paid")[0] == 258
    assert row(imported, "nothing to keep")[0] == 14
    assert row(imported, "lines not kept")[0] == 22
    assert "FAILED" not in imported
    at = standing(census)
    assert [(status, count) for status, count, _ in at["orders"]] == [("PAID", 258)]
    refunds, credits = row(imported, "refunds")[0], row(imported, "credits")[0]
    assert [(state, count) for state, count, _ in at["returns"]] == [("SETTLED", refunds + credits)]
    assert at["credits"][0][0] == credits > 0
    assert [(status, count) for status, count, _ in at["refunds"]] == [("SUCCEEDED", refunds)]
    assert sum(debit - credit for _, debit, credit in at["ledger"]) == 0
    (paid,) = (total for _, _, total in at["orders"])
    assert row(imported, "orders paid")[1] == f"{paid / 100:,.2f} GBP"


async def test_what_was_imported_is_asked_for_through_the_router(imported: str, neighbour: Client) -> None:
    data = await neighbour.data(
        "{ orders(filter: {source: IMPORT}, first: 1) { totalCount edges { node {"
        " status outstanding { amount } payment { status } auditTrail { totalCount } } } }"
        " trialBalance { currency debit credit } verifyAuditChain { valid } }"
    )
    assert data["orders"]["totalCount"] == 258
    (edge,) = data["orders"]["edges"]
    assert edge["node"]["status"] == "PAID"
    assert edge["node"]["outstanding"] == {"amount": 0}
    assert all(line["debit"] == line["credit"] > 0 for line in data["trialBalance"])
    assert data["verifyAuditChain"] == {"valid": True}


def test_importing_again_changes_nothing(imported: str, platform: Platform, census: Census, retail: Path) -> None:
    census.at_rest()
    before = standing(census)
    again = import_orders(platform, retail)
    assert again.returncode == 0, again.stderr
    census.at_rest()
    assert standing(census) == before
    assert again.stdout == imported


def test_lines_that_cannot_be_kept_are_named(platform: Platform, census: Census, tmp_path: Path) -> None:
    path = tmp_path / "invoices.csv"
    lines = [
        HEADER,
        "700001,71053,WHITE METAL LANTERN,1,2011-01-01 10:00:00,3.39,17850.0,United Kingdom",
        "700001,71053,too few columns",
        "700001,71053,WHITE METAL LANTERN,many,2011-01-01 10:00:00,3.39,17850.0,United Kingdom",
        "700002,22423,,1,2011-01-01 10:00:00,0.0,17850.0,United Kingdom",
        "700003,POST,POSTAGE,1,2011-01-01 10:00:00,18.0,12583.0,France",
        "700004,99999,THING,1,2011-01-01 10:00:00,1.0,12583.0,France",
        "700005,22423,REGENCY CAKESTAND 3 TIER,2,2011-01-01 10:00:00,12.75,,United Kingdom",
    ]
    path.write_text("\n".join(lines) + "\n")
    done = import_orders(platform, path)
    assert done.returncode == 0, done.stderr
    census.at_rest()
    rejected = re.findall(r"^ +(\d+)  ([A-Z_]+) +(\S.*)$", done.stdout, re.MULTILINE)
    assert [(int(line), code) for line, code, _ in rejected] == [
        (3, "MALFORMED"),
        (4, "BAD_QUANTITY"),
        (5, "NO_PRICE"),
        (6, "NOT_A_PRODUCT"),
        (7, "UNKNOWN_SKU"),
    ]
    assert row(done.stdout, "orders paid")[0] == 2, "the rest goes on: that of a guest, too"


async def test_detached_it_does_not_wait(platform: Platform, census: Census, tmp_path: Path) -> None:
    path = tmp_path / "detached.csv"
    rows = [
        f"{number},71053,WHITE METAL LANTERN,1,2011-01-01 10:00:00,3.39,17850.0,United Kingdom"
        for number in range(710_000, 710_030)
    ]
    path.write_text("\n".join([HEADER, *rows]) + "\n")
    done = await asyncio.to_thread(import_orders, platform, path, "--detach")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("detached.csv: being imported")
    await asyncio.to_thread(census.at_rest)
    after = import_orders(platform, path)
    assert after.stdout.startswith("detached.csv: imported (this file was imported before")
    assert row(after.stdout, "orders paid")[0] == 30


@pytest.mark.parametrize(
    ("content", "tenant", "line"),
    [
        (HEADER + "\n", "nobody", "UNKNOWN_TENANT: there is no tenant 'nobody'"),
        (None, "standard", "FILE_REFUSED: "),
        ("this,is,no\nlist,of,invoices\n", "standard", "FILE_REFUSED: "),
        ("\0\1\2", "standard", "FILE_REFUSED: "),
        ("", "standard", "FILE_REFUSED: "),
    ],
    ids=["tenant", "no file", "other columns", "binary", "empty"],
)
def test_what_cannot_be_imported_is_refused_in_one_line(
    platform: Platform, census: Census, tmp_path: Path, content: str | None, tenant: str, line: str
) -> None:
    path = tmp_path / "file.csv"
    if content is not None:
        path.write_text(content)
    before = census.at_rest()
    done = import_orders(platform, path, tenant=tenant)
    assert done.returncode != 0
    assert done.stdout == ""
    assert done.stderr.startswith(line)
    assert len(done.stderr.splitlines()) == 1
    assert census.at_rest() == before


def test_without_a_platform_there_is_nothing_to_import_into(platform: Platform, retail: Path, tmp_path: Path) -> None:
    done = Platform(tmp_path, platform.port).run("import", "orders", str(retail), "--tenant", "standard")
    assert done.returncode != 0
    assert done.stderr.startswith("PLATFORM_NOT_FOUND: ")


async def test_a_shops_order_is_taken_once_and_paid(
    platform: Platform, census: Census, neighbour: Client, owner: Client, http: aiohttp.ClientSession
) -> None:
    body = SHOPIFY.read_bytes()
    signature = base64.b64encode(hmac.new(SHOPIFY_SECRET.encode(), body, hashlib.sha256).digest()).decode()
    headers = {"x-shopify-hmac-sha256": signature, "x-shopify-topic": "orders/create"}
    url = f"http://127.0.0.1:{platform.port + 3}/webhooks/shopify"

    async def tell() -> dict[str, Any]:
        async with http.post(url, data=body, headers=headers) as response:
            assert response.status == 200, await response.text()
            answer: dict[str, Any] = json.loads(await response.text())
            return answer

    told = await asyncio.gather(*(tell() for _ in range(5)))
    assert sorted(answer["duplicate"] for answer in told) == [False, True, True, True, True]
    assert len({answer["order"] for answer in told}) == 1
    order_id = told[0]["order"]
    assert await neighbour.until(order_id, "PAID") == "PAID"
    assert await owner.data("query($id: ID!) { order(id: $id) { id } }", id=order_id) == {"order": None}
    await asyncio.to_thread(census.at_rest)
    (payments,) = census.query("billing", f"SELECT count(*) FROM payment WHERE order_id = '{order_id}'")
    assert payments == (1,)
