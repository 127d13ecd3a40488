"""A relay that is told to stop, at any moment."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

from dramatiq import Message

from shared_models.kernel.ids import new_id
from shared_models.kernel.tenancy import Lane
from tests.support.claimant import Claimant
from tests.support.leading import leading, relay_of
from tests.support.mesh import Mesh
from tests.support.mesh_domains import ROSTER, Outside
from workers.mesh.dispatch import from_kwargs, redis_keys
from workers.mesh.presence import Capacity, Presence
from workers.mesh.under_way import UnderWay


async def test_what_it_has_claimed_is_sent(mesh: Mesh, claimant: Claimant) -> None:
    async with relay_of(mesh, ROSTER) as relay:
        database, domain = relay.databases["probe"], leading(relay)
        capacity = Capacity(threads=100, lanes=[Lane.STANDARD])
        await Presence(new_id(), [database], capacity, UnderWay(), lease_seconds=12).beat(database)
        for number in range(60):
            await mesh.enqueue(Outside(f"k{number}"))
            looking = asyncio.create_task(domain.look())
            # From before it has begun to after it has ended, in steps of half a millisecond.
            await asyncio.sleep(number / 2000)
            looking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await looking
        await domain.look()
        lists: list[list[Any]] = [
            await mesh.redis.lrange(key, 0, -1) for (key,) in redis_keys(["probe"], [Lane.STANDARD])
        ]
        messages = [Message.decode(message).kwargs["dispatch"] for each in lists for message in each]
        sent = {job for message in messages for job in from_kwargs(message).jobs}
        jobs = await mesh.jobs()
        assert {job["state"] for job in jobs} == {"dispatched"}
        assert {job["id"] for job in jobs} == sent
