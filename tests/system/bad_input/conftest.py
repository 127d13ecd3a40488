"""Callers without manners, and what must stay as it is whatever they send."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from uuid import uuid4

import aiohttp
import pytest

from tests.support.census import Census
from tests.support.platform import Client, Platform
from tests.system.bad_input.caller import Caller


@pytest.fixture
def caller(owner: Client, http: aiohttp.ClientSession, platform: Platform) -> Caller:
    """The owner of `premium`, without the manners."""
    return Caller(http, platform, owner.token)


@pytest.fixture
def nobody(http: aiohttp.ClientSession, platform: Platform) -> Caller:
    """Somebody without a token."""
    return Caller(http, platform, None)


@pytest.fixture(scope="module")
def census(platform: Platform) -> Iterator[Census]:
    """Counts what is in the platform's databases."""
    with Census(platform.settings()) as census:
        yield census


@pytest.fixture
def unchanged(census: Census) -> Iterator[None]:
    """No table of any domain gains or loses a row."""
    before = census.at_rest()
    yield
    assert census.at_rest() == before


@pytest.fixture(scope="session")
async def belongings(platform: Platform) -> dict[str, str]:
    """Ids of what belongs to `premium`: an order that is paid, its payment, a variant, a person, an audit entry."""
    async with aiohttp.ClientSession() as http:
        owner = Client(http, platform.url)
        await owner.log_in("owner@premium.example")
        order_id = (await owner.place(f"mine-{uuid4()}", ("22423", 1)))["order"]["id"]
        assert await owner.until(order_id, "PAID") == "PAID"
        data = await owner.data(
            "query($id: ID!) { order(id: $id) { payment { id } placedBy { id } lines { variant { id } } } }",
            id=order_id,
        )
        async with asyncio.timeout(60):  # until the processor has told all it has to tell
            while True:
                async with http.get(f"http://127.0.0.1:{platform.port + 40}/_sandbox/state") as response:
                    if not (await response.json())["webhooks"]["pending"]:
                        break
                await asyncio.sleep(0.05)
    order = data["order"]
    return {
        "order": order_id,
        "payment": order["payment"]["id"],
        "user": order["placedBy"]["id"],
        "variant": order["lines"][0]["variant"]["id"],
    }
