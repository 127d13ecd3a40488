"""Orders through the saga: `python -m benchmarks.platform.orders [--orders N] [--runs N] [--url URL] [--json FILE]`.

Starts a platform of its own (or speaks to a running one), then, several times: places orders one after another
and follows each by subscription until it is PAID; then places many at once and waits until all are PAID.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from pathlib import Path
from uuid import uuid4

import aiohttp

from benchmarks.options import parser
from benchmarks.processes import processes_below, processor_seconds_by_kind
from benchmarks.report import Figure, percentiles, tell
from tests.support.platform import Client, Platform, free_port_base

#: Goods that the seed offers.
SKUS = ("71053", "22423", "84406B", "85123A", "21730", "22633", "22632", "84879")
_FOLLOWED = 40
_AT_ONCE = 24
_PERCENTS = (50, 95)
_UPDATES = "subscription($id: ID!) { orderUpdated(id: $id) { status } }"
_UNDER_WAY = """
query { placed: orders(filter: {status: PLACED}, first: 1) { totalCount }
        reserved: orders(filter: {status: RESERVED}, first: 1) { totalCount } }
"""


async def one_by_one(client: Client, http: aiohttp.ClientSession) -> tuple[list[float], list[float]]:
    """Milliseconds of `placeOrder`, and from its answer until the subscription says PAID."""
    placing, paying = [], []
    for number in range(_FOLLOWED):
        began = time.perf_counter()
        payload = await client.place(f"one-{uuid4()}", (SKUS[number % len(SKUS)], 1))
        placed = time.perf_counter()
        await _until_paid(client, http, payload["order"]["id"])
        placing.append((placed - began) * 1000)
        paying.append((time.perf_counter() - placed) * 1000)
    return placing, paying


async def at_once(client: Client, orders: int) -> tuple[float, list[float]]:
    """Orders per second from the first request until every order is PAID, and milliseconds of each `placeOrder`."""
    gate, placing = asyncio.Semaphore(_AT_ONCE), []

    async def place(number: int) -> None:
        async with gate:
            began = time.perf_counter()
            payload = await client.place(f"many-{uuid4()}", (SKUS[number % len(SKUS)], 1))
            assert not payload["userErrors"], payload
            placing.append((time.perf_counter() - began) * 1000)

    began = time.perf_counter()
    await asyncio.gather(*(place(number) for number in range(orders)))
    while any(connection["totalCount"] for connection in (await client.data(_UNDER_WAY)).values()):
        await asyncio.sleep(0.25)
    return orders / (time.perf_counter() - began), placing


async def _until_paid(client: Client, http: aiohttp.ClientSession, order_id: str) -> None:
    headers = client.headers() | {"accept": "text/event-stream"}
    body = {"query": _UPDATES, "variables": {"id": order_id}}
    async with asyncio.timeout(30), http.post(client.url, json=body, headers=headers) as response:
        async for line in response.content:
            if line.startswith(b"data:") and b'"PAID"' in line:
                return


async def measure(arguments: argparse.Namespace, url: str, launcher: int | None) -> None:
    """Runs everything and tells the figures."""
    rates, placing, placing_loaded, paying, costs = [], [], [], [], []
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http:
        client = Client(http, url)
        await client.log_in("owner@premium.example")
        await at_once(client, 50)  # warm
        for _ in range(arguments.runs):
            one, paid = await one_by_one(client, http)
            placing.append(one)
            paying.append(paid)
            before = _seconds(launcher)
            rate, loaded = await at_once(client, arguments.orders)
            costs.append({kind: used - before.get(kind, 0.0) for kind, used in _seconds(launcher).items()})
            rates.append(rate)
            placing_loaded.append(loaded)
    figures = [
        Figure("orders through the saga", "orders/s", rates),
        *percentiles("placeOrder, one at a time", placing, _PERCENTS),
        *percentiles(f"placeOrder, {_AT_ONCE} at once", placing_loaded, _PERCENTS),
        *percentiles("PLACED to PAID, one at a time", paying, _PERCENTS),
    ]
    if launcher:
        figures.append(
            Figure("processor time per order", "ms", [sum(cost.values()) / arguments.orders * 1000 for cost in costs])
        )
    tell("Orders through the saga", figures, arguments, orders=arguments.orders)
    if launcher and arguments.breakdown:
        for kind, used in sorted(costs[-1].items(), key=lambda item: -item[1]):
            print(f"  {used / arguments.orders * 1000:6.2f} ms/order  {kind}")


def _seconds(launcher: int | None) -> dict[str, float]:
    return processor_seconds_by_kind(processes_below(launcher)) if launcher else {}


def main() -> None:
    """Parses the command line and measures."""
    options = parser("Orders through the saga.")
    options.add_argument("--orders", type=int, default=600, help="orders placed at once in each run")
    options.add_argument("--runs", type=int, default=5)
    options.add_argument("--url", help="a running platform's endpoint, instead of starting one")
    options.add_argument("--launcher", type=int, help="with --url: its launcher's process id, for processor times")
    options.add_argument("--breakdown", action="store_true", help="also print processor time by process")
    arguments = options.parse_args()
    if arguments.url:
        asyncio.run(measure(arguments, arguments.url, arguments.launcher))
        return
    with tempfile.TemporaryDirectory(prefix="trellis-benchmark-") as home:
        platform = Platform(Path(home), free_port_base())
        platform.start()
        try:
            asyncio.run(measure(arguments, platform.url, platform.pid))
        finally:
            platform.stop()


if __name__ == "__main__":
    main()
