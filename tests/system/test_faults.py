"""Kill what you like while orders come in: each ends, money and goods add up, and the record of it is whole."""

from __future__ import annotations

import asyncio
import os
import random
import signal
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest
from redis import Redis

from tests.support.census import Census
from tests.support.platform import Client, Platform, free_port_base
from trellis.domains import DOMAINS

SEED = 20_110_112
SKUS = ("71053", "22423", "21730", "22633", "84029G")
#: Orders that are on their way at each blow.
WAVE = 34

#: Roles that are struck once.
KILLED = ("worker-1", "worker-2", "relay", *DOMAINS)

PAID = "PAID"
FAILED = "PAYMENT_FAILED"
REJECTED = "REJECTED"
TRAILS = {
    PAID: {
        "orders.OrderPlaced",
        "catalog.StockReserved",
        "orders.OrderReserved",
        "billing.PaymentCaptured",
        "orders.OrderPaid",
    },
    FAILED: {
        "orders.OrderPlaced",
        "catalog.StockReserved",
        "orders.OrderReserved",
        "billing.PaymentFailed",
        "catalog.StockReleased",
        "orders.OrderPaymentFailed",
    },
    REJECTED: {"orders.OrderPlaced", "catalog.StockRejected", "orders.OrderRejected"},
}


#: Every tenant has a catalog of its own: that of the one who orders.
_STOCK = "SELECT sku, stock FROM variant WHERE tenant_id IN (SELECT tenant_id FROM reservation)"


@dataclass(frozen=True)
class Wish:
    """An order that a client wants, and what must become of it."""

    key: str
    lines: tuple[tuple[str, int], ...]
    payment: str
    ends: str


@dataclass
class Outcome:
    """What a run has left behind."""

    wishes: dict[str, Wish]
    orders: dict[str, str]
    retries: int
    killed: int
    stock_before: dict[str, int]
    census: Census
    sandbox: dict[str, Any]
    checks: dict[str, Any]
    sold: dict[str, int]
    output: list[str]

    def __str__(self) -> str:
        return (
            f"{len(self.orders)} orders: {len(self.ended(PAID))} paid, {len(self.ended(FAILED))} declined, "
            f"{len(self.ended(REJECTED))} rejected; {self.killed} processes killed, Valkey emptied once; "
            f"{self.retries} requests repeated"
        )

    def ended(self, status: str) -> list[Wish]:
        """What was wanted of the orders that must end so."""
        return [wish for wish in self.wishes.values() if wish.ends == status]


def wishes(rng: random.Random, wave: int) -> Iterator[Wish]:
    """A mix: most can be paid, some cards decline, some ask for more than there is."""
    for number in range(WAVE):
        lines = tuple((sku, rng.randint(1, 3)) for sku in rng.sample(SKUS, rng.randint(1, 3)))
        kind = rng.random()
        if kind < 0.7:
            payment, ends = "pm_card_visa", PAID
        elif kind < 0.85:
            payment, ends = "pm_card_chargeDeclined", FAILED
        else:
            payment, ends, lines = "pm_card_visa", REJECTED, (*lines[:-1], (lines[-1][0], 900_000))
        yield Wish(f"fault-{wave}-{number}", lines, payment, ends)


class Shop:
    """Clients that do not give up: each repeats its order, under the same key, until it is acknowledged."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self.orders: dict[str, str] = {}
        self.retries = 0

    async def place(self, wish: Wish) -> None:
        """Returns once the order is acknowledged."""
        while True:
            try:
                payload = await self._client.place(wish.key, *wish.lines, payment=wish.payment)
            except (aiohttp.ClientError, AssertionError, TimeoutError):
                self.retries += 1
                await asyncio.sleep(0.2)
                continue
            assert payload["userErrors"] == []
            self.orders[wish.key] = payload["order"]["id"]
            return

    async def until_acknowledged(self, number: int) -> None:
        """Waits until so many orders are acknowledged."""
        while len(self.orders) < number:
            await asyncio.sleep(0.01)


class Nemesis:
    """What an operator does with `pgrep`, `kill -9` and `redis-cli`."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self.killed = 0

    def kill(self, *titles: str) -> None:
        """Kills every process with one of the titles."""
        for title in titles:
            victims = self._platform.processes(title)
            assert victims, f"no process is titled {title}"
            for pid in victims:
                os.kill(pid, signal.SIGKILL)
                self.killed += 1

    def flush(self) -> None:
        """Empties Valkey."""
        with Redis.from_url(self._platform.settings().redis_url) as redis:
            redis.flushall()

    def blows(self) -> list[Any]:
        """One after the other, each in the middle of a wave of orders."""
        port = self._platform.port
        return [
            lambda: self.kill(f"trellis work --port {port + 20}"),
            lambda: self.kill("trellis relay"),
            lambda: self.kill("trellis serve orders"),
            lambda: self.kill("trellis serve billing", "trellis serve accounts", "trellis serve jobs"),
            lambda: self.kill("trellis serve catalog", "trellis serve audit", f"trellis work --port {port + 21}"),
            self.flush,
        ]


@pytest.fixture(scope="module")
async def outcome(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> AsyncIterator[Outcome]:
    """A run of 204 orders and six blows, at rest."""
    # The leases are short, so that what was killed is taken over soon.
    environment = {"TRELLIS_RUNNING_LEASE_SECONDS": "5", "TRELLIS_DISPATCH_LEASE_SECONDS": "3"}
    platform = Platform(tmp_path_factory.mktemp("faults"), free_port_base(), environment)
    await asyncio.to_thread(platform.start)
    try:
        with Census(platform.settings()) as census:
            async with aiohttp.ClientSession() as http:
                outcome = await _run(platform, census, http)
                _tell(pytestconfig, str(outcome))
                yield outcome
    finally:
        await asyncio.to_thread(platform.stop)


def _tell(config: pytest.Config, line: str) -> None:
    """Writes a line that is seen whether the tests pass or fail."""
    capture, terminal = (config.pluginmanager.get_plugin(name) for name in ("capturemanager", "terminalreporter"))
    if capture and terminal:
        with capture.global_and_fixture_disabled():
            terminal.write_line(f"\n{line}")


async def _run(platform: Platform, census: Census, http: aiohttp.ClientSession) -> Outcome:
    client = Client(http, platform.url)
    await client.log_in("owner@premium.example")
    stock = {sku: await _variant(client, sku, "stock") for sku in SKUS}
    rng, shop, nemesis = random.Random(SEED), Shop(client), Nemesis(platform)
    wanted: dict[str, Wish] = {}
    placing: list[asyncio.Task[None]] = []
    async with asyncio.timeout(300):
        for number, strike in enumerate(nemesis.blows()):
            wave = {wish.key: wish for wish in wishes(rng, number)}
            wanted |= wave
            placing += [asyncio.create_task(shop.place(wish)) for wish in wave.values()]
            await shop.until_acknowledged(len(shop.orders) + WAVE // 3)
            strike()
        await asyncio.gather(*placing)
    await asyncio.to_thread(census.at_rest)
    for role in KILLED:
        await asyncio.to_thread(platform.until_says, f"{role}: ready after", times=2)
    return Outcome(
        wishes=wanted,
        orders=shop.orders,
        retries=shop.retries,
        stock_before=stock,
        census=census,
        sandbox=await _sandbox(platform, http),
        checks=await client.data(
            "{ verifyAuditChain { valid entries firstBroken } trialBalance { currency debit credit } }"
        ),
        sold={sku: await _variant(client, sku, "unitsSold") for sku in SKUS},
        killed=nemesis.killed,
        output=platform.output,
    )


async def _variant(client: Client, sku: str, what: str) -> int:
    data = await client.data(f"query($sku: String!) {{ variant(sku: $sku) {{ {what} }} }}", sku=sku)
    return int(data["variant"][what])


async def _sandbox(platform: Platform, http: aiohttp.ClientSession) -> dict[str, Any]:
    url = f"http://127.0.0.1:{platform.port + 40}/_sandbox/state?group_by=order_id"
    async with http.get(url) as response:
        state: dict[str, Any] = await response.json()
        return state


def test_every_order_ends_as_it_must_once(outcome: Outcome) -> None:
    rows = outcome.census.query("orders", "SELECT idempotency_key, id::text, status FROM sales_order")
    seen = {key: (order_id, status) for key, order_id, status in rows}
    assert len(rows) == len(seen) == len(outcome.wishes) == 6 * WAVE
    assert seen == {key: (outcome.orders[key], wish.ends) for key, wish in outcome.wishes.items()}


def test_what_left_the_stock_was_paid(outcome: Outcome) -> None:
    bought = _units(outcome.ended(PAID))
    stock: dict[str, int] = dict(outcome.census.query("catalog", _STOCK))
    assert {sku: stock[sku] for sku in SKUS} == {sku: outcome.stock_before[sku] - bought[sku] for sku in SKUS}
    assert outcome.sold == {sku: bought[sku] for sku in SKUS}
    states = outcome.census.query("catalog", "SELECT state, count(DISTINCT order_id) FROM reservation GROUP BY state")
    assert dict(states) == {"COMMITTED": len(outcome.ended(PAID)), "RELEASED": len(outcome.ended(FAILED))}


def test_each_paid_order_was_charged_once_and_no_other(outcome: Outcome) -> None:
    paid = outcome.census.query("orders", "SELECT id::text, total_amount FROM sales_order WHERE status = 'PAID'")
    assert outcome.sandbox["charges_by"] == {order: {"charges": 1, "captured": total} for order, total in paid}
    booked = outcome.census.query("billing", "SELECT order_id::text, amount FROM payment WHERE status = 'CAPTURED'")
    assert sorted(booked) == sorted(paid)


def test_the_books_balance_with_the_paid_orders(outcome: Outcome) -> None:
    turnover = sum(
        total
        for (total,) in outcome.census.query("orders", "SELECT total_amount FROM sales_order WHERE status = 'PAID'")
    )
    assert outcome.checks["trialBalance"] == [{"currency": "GBP", "debit": turnover, "credit": turnover}]
    unbalanced = outcome.census.query(
        "billing", "SELECT transaction_id FROM ledger_entry GROUP BY 1 HAVING sum(debit) <> sum(credit)"
    )
    assert unbalanced == []


def test_the_audit_holds_each_event_once_and_verifies(outcome: Outcome) -> None:
    assert outcome.checks["verifyAuditChain"]["valid"] is True
    assert outcome.checks["verifyAuditChain"]["firstBroken"] is None
    trails: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for order_id, action in outcome.census.query(
        "audit",
        "SELECT m.subject_id::text, action FROM audit_mention m JOIN audit_entry USING (tenant_id, sequence)",
    ):
        trails[order_id][action] += 1
    expected = {outcome.orders[key]: Counter(TRAILS[wish.ends]) for key, wish in outcome.wishes.items()}
    assert {order_id: trails[order_id] for order_id in expected} == expected


def test_nothing_is_left_over(outcome: Outcome) -> None:
    assert outcome.census.unfinished() == {}
    for domain in DOMAINS:
        assert outcome.census.query(domain, "SELECT name, error FROM job WHERE state = 'dead'") == []


@pytest.mark.parametrize("role", KILLED)
def test_what_was_killed_is_started_again_and_said_so(outcome: Outcome, role: str) -> None:
    said = [line for line in outcome.output if line.startswith(f"{role}: was killed by SIGKILL; starting it again in")]
    assert len(said) == 1
    assert len([line for line in outcome.output if line.startswith(f"{role}: ready after")]) == 2


def _units(wanted: Iterable[Wish]) -> Counter[str]:
    units: Counter[str] = Counter()
    for wish in wanted:
        units.update(dict(wish.lines))
    return units
