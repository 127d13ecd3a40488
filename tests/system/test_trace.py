"""One order is one trace: from the router to the last job's SQL, over HTTP, outbox, Redis and workers."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from textwrap import dedent
from typing import Any
from uuid import uuid4

import aiohttp
import pytest

from observability.dashboard.model import Span
from observability.testing import OtlpReceiver
from tests.support.platform import Client, Platform, free_port_base
from tests.system.span_tree import SpanTree

PLACE = """
mutation PlaceOrder($input: PlaceOrderInput!) {
  placeOrder(input: $input) { order { id status } userErrors { code } }
}
"""

#: All that an order causes, but for the audit's part, which follows below.
ORDER = """
router SERVER mutation PlaceOrder
  router CLIENT subgraph orders
    subgraph-orders SERVER mutation PlaceOrder__orders__1
      SQL offer order_line sales_order
      relay PRODUCER send catalog
        worker CONSUMER process catalog.reserve_stock
          SQL reservation variant
          relay PRODUCER send orders
            worker CONSUMER process orders.mark_reserved
              SQL sales_order
              relay PRODUCER send billing
                worker CONSUMER process billing.charge
                  SQL invoice ledger_entry ledger_transaction payment
                  worker CLIENT POST
                  relay PRODUCER send catalog
                    worker CONSUMER process catalog.commit_reservation
                      SQL reservation
                  relay PRODUCER send orders
                    worker CONSUMER process orders.mark_paid
                      SQL sales_order
"""

#: What each message to the audit causes; how many events share a message is chance.
AUDIT = """
relay PRODUCER send audit
  worker CONSUMER process audit.append
    SQL audit_chain_head audit_entry audit_mention
"""

#: The events of a paid order: placed, stock reserved, reserved, payment captured, paid.
EVENTS = 5

#: Nothing goes wrong, and the answer to a charge is there long before its webhook, which then is no news.
ANSWER_FIRST = {"webhook_delay_ms": 10_000}

WEBHOOK = "webhook payment_intent.succeeded"


class Scene:
    """A platform that exports to a receiver of the test's, and the sandbox's switches."""

    def __init__(self, platform: Platform, receiver: OtlpReceiver, client: Client, http: aiohttp.ClientSession) -> None:
        self.platform = platform
        self.client = client
        self._receiver = receiver
        self._http = http

    async def place(self) -> tuple[str, str]:
        """Places an order; returns its id and that of its trace."""
        lines = [{"sku": "71053", "quantity": 2}]
        input_ = {"idempotencyKey": f"trace-{uuid4()}", "paymentMethod": "pm_card_visa", "lines": lines}
        payload = (await self.client.data(PLACE, input=input_))["placeOrder"]
        return payload["order"]["id"], self.client.trace_id

    async def pay(self) -> SpanTree:
        """Places an order; returns its trace once it is paid and all of its jobs have ended."""
        order_id, trace_id = await self.place()
        await self.client.until(order_id, "PAID")
        return await self.trace(trace_id)

    async def trace(self, trace_id: str) -> SpanTree:
        """The trace, once every job of a paid order has ended."""

        def complete(spans: list[Span]) -> bool:
            mine = [span for span in spans if span.trace_id == trace_id]
            names = [span.name for span in mine]
            whole = {"process orders.mark_paid", "process catalog.commit_reservation"} <= set(names)
            return whole and audited(SpanTree(mine)) >= EVENTS and SpanTree(mine).orphans() == []

        try:
            await self._receiver.wait_for(complete, timeout=60)
        except TimeoutError:
            pytest.fail(f"the trace does not become whole:\n{SpanTree(self._receiver.trace(trace_id))}")
        return SpanTree(self._receiver.trace(trace_id))

    async def faults(self, **faults: Any) -> None:
        """Tells the Stripe sandbox what is to go wrong from now on."""
        url = f"http://127.0.0.1:{self.platform.port + 40}/_sandbox/faults"
        async with self._http.post(url, json=faults) as response:
            assert response.status == 200

    def retries(self, trace_id: str) -> list[dict[str, Any]]:
        """The lines that workers have logged in a trace about failed attempts, by time."""
        files = (self.platform.home / "logs").glob("worker-*.log")
        complete = [line for file in files for line in file.read_text().split("\n")[:-1]]
        lines = [json.loads(line) for line in complete if trace_id in line]
        return sorted((line for line in lines if line["event"] == "job.retry"), key=lambda line: str(line["ts"]))


@pytest.fixture(scope="module")
async def scene(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Scene]:
    async with OtlpReceiver() as receiver, aiohttp.ClientSession() as http:
        environment = {
            "OTEL_EXPORTER_OTLP_ENDPOINT": receiver.endpoint,
            "OTEL_BSP_SCHEDULE_DELAY": "50",
            "TRELLIS_TRACES_PER_SECOND": "10000",
        }
        platform = Platform(tmp_path_factory.mktemp("traced"), free_port_base(), environment)
        await asyncio.to_thread(platform.start)
        try:
            client = Client(http, platform.url)
            await client.log_in("owner@premium.example")
            scene = Scene(platform, receiver, client, http)
            await scene.faults(**ANSWER_FIRST)
            await scene.pay()  # keys are fetched, connections made: once, and not part of an order
            yield scene
        finally:
            await asyncio.to_thread(platform.stop)


async def test_an_order_is_one_tree(scene: Scene) -> None:
    tree = await scene.pay()
    assert tree.orphans() == []
    assert len(tree.roots()) == 1
    assert_same(str(tree.without("send audit")), ORDER)
    assert all(span.status != "ERROR" for span in tree.spans), str(tree)


async def test_every_event_is_audited_in_the_trace(scene: Scene) -> None:
    tree = await scene.pay()
    sends = tree.named("send audit")
    assert sends
    for send in sends:
        assert_same(tree.text(send), AUDIT)
    assert audited(tree) == EVENTS


async def test_each_hop_over_http_has_one_server_span(scene: Scene) -> None:
    tree = await scene.pay()
    servers = [span.service for span in tree.spans if span.kind == "SERVER"]
    assert servers == ["trellis-router", "trellis-subgraph-orders"]
    (stripe,) = tree.named("POST")
    assert stripe.attributes["url.full"] == f"http://127.0.0.1:{scene.platform.port + 40}/v1/payment_intents"
    assert stripe.attributes["http.response.status_code"] == 200


async def test_a_webhook_that_settles_the_payment_joins_its_trace(scene: Scene) -> None:
    await scene.faults(drop_response_rate=1)
    tree = await scene.pay()
    await scene.faults(**ANSWER_FIRST)
    (webhook,) = tree.named(WEBHOOK)
    charge = tree.named("process billing.charge")[0]
    assert webhook.service == "trellis-subgraph-billing"
    assert webhook.parent_id == charge.span_id
    assert len(webhook.links) == 1, "it names the request that brought it"
    assert webhook.links[0].trace_id != webhook.trace_id
    (paid,) = tree.named("process orders.mark_paid")
    assert paid.span_id in {span.span_id for span in tree.below(webhook)}


async def test_a_chain_of_retries_reads_in_order_and_is_logged(scene: Scene) -> None:
    await scene.faults(**ANSWER_FIRST, error_rate=1)
    order_id, trace_id = await scene.place()
    async with asyncio.timeout(60):
        while not scene.retries(trace_id):
            await asyncio.sleep(0.05)
    await scene.faults(**ANSWER_FIRST)
    await scene.client.until(order_id, "PAID")
    tree = await scene.trace(trace_id)

    sends = tree.named("send billing")
    assert [span.attributes["trellis.attempt"] for span in sends] == list(range(1, len(sends) + 1))
    assert len(sends) >= 2
    assert len({span.parent_id for span in sends}) == 1, "each attempt hangs from what caused the job"
    assert len({span.attributes["messaging.message.id"] for span in sends}) == 1
    attempts = [attempt for send in sends for attempt in tree.children(send)]
    assert [attempt.name for attempt in attempts] == ["process billing.charge"] * len(sends)
    assert [attempt.status for attempt in attempts] == ["ERROR"] * (len(sends) - 1) + ["UNSET"]
    assert "exception" in [event.name for event in attempts[0].events]

    lines = scene.retries(trace_id)
    assert [line["attempt"] for line in lines] == list(range(1, len(sends)))
    assert {line["actor"] for line in lines} == {"billing.charge"}
    assert {line["span_id"] for line in lines} <= {span.span_id for span in tree.spans}


def audited(tree: SpanTree) -> int:
    """How many events the audit has taken in."""
    counts = [span.attributes["messaging.batch.message_count"] for span in tree.named("process audit.append")]
    return sum(int(str(count)) for count in counts)


def assert_same(seen: str, expected: str) -> None:
    """Both as lines: a failure shows what is missing and what is new."""
    assert seen.splitlines() == dedent(expected).strip().splitlines()
