"""Does bulk work slow the shop down? `python -m benchmarks.platform.interactive [--runs N] [--orders N] [--json FILE]`.

Starts a platform of its own and places orders at an even pace, one at a time, in turns: idle, and while an import of
another tenant gives the workers more to do than they can. Fails where the import's work has ended before the last
order was placed.
"""

from __future__ import annotations

import argparse
import asyncio
import csv
import itertools
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import aiohttp
import psycopg
from sqlalchemy import make_url

from benchmarks.options import parser
from benchmarks.platform.orders import SKUS
from benchmarks.report import Figure, percentile, percentiles, tell
from shared_models.kernel.database import database_name
from tests.support.platform import Client, Platform, free_port_base
from trellis.domains import DOMAINS

#: Seconds from one order to the next: on an idle platform, what an order causes has ended by then.
_EVERY = 0.2

_PERCENTS = (50, 99)

#: Who shops, and the tenant that imports.
_SHOPPER, _IMPORTER = "owner@premium.example", "standard"

#: How long what was imported may take to be worked off.
_REST_SECONDS = 600.0

_HEADER = ("InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country")
_FIRST_INVOICE = 900_000

_UNFINISHED = """
SELECT (SELECT count(*) FROM job WHERE state IN ('blocked', 'queued', 'dispatched', 'running'))
     + (SELECT count(*) FROM outbox)
"""


class Backlog:
    """What the mesh of a platform has still to do."""

    def __init__(self, connections: list[psycopg.Connection[Any]]) -> None:
        self._connections = connections

    def count(self) -> int:
        """Jobs and events of all domains."""
        rows = [connection.execute(_UNFINISHED).fetchone() for connection in self._connections]
        return sum(row[0] for row in rows if row)

    async def until_empty(self) -> None:
        """Waits for the mesh to rest."""
        async with asyncio.timeout(_REST_SECONDS):
            while self.count():
                await asyncio.sleep(0.5)


@contextmanager
def backlog_of(platform: Platform) -> Iterator[Backlog]:
    """Looks into the databases of a platform within the block."""
    url = make_url(platform.settings().database_url)
    with ExitStack() as stack:
        addresses = [url.set(database=database_name(domain)) for domain in DOMAINS]
        connect = psycopg.connect
        yield Backlog(
            [
                stack.enter_context(connect(address.render_as_string(hide_password=False), autocommit=True))
                for address in addresses
            ]
        )


async def place_at_pace(client: Client, orders: int) -> list[float]:
    """Milliseconds of each `placeOrder`."""
    taken = []
    due = time.perf_counter()
    for number in range(orders):
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        began = time.perf_counter()
        payload = await client.place(f"pace-{uuid4()}", (SKUS[number % len(SKUS)], 1))
        ended = time.perf_counter()
        assert not payload["userErrors"], payload
        taken.append((ended - began) * 1000)
        due = max(due + _EVERY, ended)
    return taken


def import_sales(platform: Platform, path: Path, first: int, count: int) -> None:
    """Enqueues the import of sales, one line each, under numbers that no other import has."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(_HEADER)
        for number in range(first, first + count):
            sku = SKUS[number % len(SKUS)]
            writer.writerow([number, sku, "SALE", 1, "2011-01-04 10:00:00", "2.55", "17850.0", "United Kingdom"])
    done = platform.run("import", "orders", str(path), "--tenant", _IMPORTER, "--detach")
    if done.returncode:
        raise RuntimeError(f"the import failed: {done.stderr or done.stdout}")


async def measure(arguments: argparse.Namespace, platform: Platform, folder: Path) -> None:
    """Runs everything and tells the figures."""
    idle, beside, left = [], [], []
    async with aiohttp.ClientSession() as http:
        client = Client(http, platform.url)
        await client.log_in(_SHOPPER)
        with backlog_of(platform) as backlog:
            await backlog.until_empty()
            await place_at_pace(client, 25)  # warm
            for run in range(arguments.runs):
                await backlog.until_empty()
                idle.append(await place_at_pace(client, arguments.orders))
                first = _FIRST_INVOICE + run * arguments.invoices
                await asyncio.to_thread(import_sales, platform, folder / f"{run}.csv", first, arguments.invoices)
                beside.append(await place_at_pace(client, arguments.orders))
                left.append(float(backlog.count()))
                if left[-1] < arguments.invoices / 100:
                    raise RuntimeError("the import has ended before the last order was placed: give it more --invoices")
    ratios = [percentile(loaded, 99) / percentile(alone, 99) for alone, loaded in zip(idle, beside, strict=True)]
    figures = [
        *percentiles("placeOrder, idle", idle, _PERCENTS),
        *percentiles("placeOrder, beside an import", beside, _PERCENTS),
        Figure("its p99 to that of the idle platform", "", ratios),
        Figure("jobs and events that waited still after the last order", "", left),
    ]
    tell("Interactive work beside bulk work", figures, arguments, orders=arguments.orders, invoices=arguments.invoices)
    alone, loaded = (percentile(list(itertools.chain(*runs)), 99) for runs in (idle, beside))
    print(f"\np99 over all orders: {alone:.1f} ms idle, {loaded:.1f} ms beside an import: {loaded / alone:.2f}")


def main() -> None:
    """Parses the command line and measures."""
    options = parser("The time of placeOrder while bulk work keeps the workers full, and idle.")
    options.add_argument("--orders", type=int, default=150, help="orders of each run, five a second")
    options.add_argument("--invoices", type=int, default=2000, help="invoices that are imported beside them")
    options.add_argument("--runs", type=int, default=5)
    arguments = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="trellis-benchmark-") as home:
        folder = Path(home)
        platform = Platform(folder / "platform", free_port_base())
        platform.start()
        try:
            asyncio.run(measure(arguments, platform, folder))
        finally:
            platform.stop()


if __name__ == "__main__":
    main()
