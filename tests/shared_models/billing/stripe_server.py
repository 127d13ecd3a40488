"""The Stripe sandbox, served over a real socket within the test."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
from pydantic import SecretStr

from shared_models.billing.settings import StripeSettings
from tests.support.ports import free_port
from trellis.sandbox.stripe.server import server
from trellis.sandbox.stripe.settings import StripeSandboxSettings

WEBHOOK_SECRET = "whsec_of_the_tests"


class StripeServer:
    """A running sandbox: where it is, and its switches."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.settings = StripeSettings(stripe_api_base=self.url, stripe_webhook_secret=SecretStr(WEBHOOK_SECRET))

    async def faults(self, **faults: Any) -> None:
        """What is to go wrong from now on; nothing without arguments."""
        async with aiohttp.ClientSession() as http, http.post(f"{self.url}/_sandbox/faults", json=faults) as answer:
            assert answer.status == 200, await answer.text()

    async def charged(self, order_id: object) -> int:
        """How many charges there were for an order."""
        url = f"{self.url}/_sandbox/state?group_by=order_id"
        async with aiohttp.ClientSession() as http, http.get(url) as answer:
            state = await answer.json()
        charges: dict[str, dict[str, int]] = state["charges_by"]
        return charges.get(str(order_id), {"charges": 0})["charges"]


@asynccontextmanager
async def stripe_server(folder: Path, *, webhooks_to: str | None = None) -> AsyncIterator[StripeServer]:
    """Serves the sandbox until the block ends; its webhooks go to `webhooks_to`."""
    port = free_port()
    serving = server(
        StripeSandboxSettings(
            stripe_sandbox_port=port,
            stripe_sandbox_database=folder / "stripe.sqlite",
            stripe_sandbox_webhook_url=webhooks_to,
            stripe_webhook_secret=SecretStr(WEBHOOK_SECRET),
        )
    )
    task = asyncio.create_task(serving.serve())
    while not serving.started:
        await asyncio.sleep(0.01)
    try:
        yield StripeServer(port)
    finally:
        serving.should_exit = True
        await task
