"""What is said of jobs reaches those who listen, gathered, and once Redis is back."""

from __future__ import annotations

import asyncio
from functools import partial
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import msgspec
import pytest
from redis.asyncio import Redis
from redis.asyncio.client import PubSub

from shared_models.kernel.job_changes import CHANNEL, JobChanges
from shared_models.kernel.live import LiveEvent
from shared_models.kernel.redis import connect
from shared_models.kernel.settings import KernelSettings
from tests.support.ports import free_port


async def heard(pubsub: PubSub, tenants: set[UUID], count: int) -> list[LiveEvent]:
    """The messages about these tenants, until they have named `count` jobs."""
    events: list[LiveEvent] = []
    async with asyncio.timeout(60):
        async for message in pubsub.listen():
            event = msgspec.json.decode(message["data"], type=LiveEvent)
            if event.tenant_id in tenants:
                events.append(event)
            if sum(len(ids(event)) for event in events) >= count:
                return events
    return events


def ids(event: LiveEvent) -> list[str]:
    named = event.payload["jobs"]
    assert isinstance(named, list)
    return named


@pytest.fixture
async def redis(kernel_settings: KernelSettings):
    async with connect(kernel_settings.redis_url) as redis:
        yield redis


async def test_what_is_said_within_a_moment_goes_out_together(redis: Redis) -> None:
    tenants, jobs, changes = [uuid4(), uuid4()], [uuid4() for _ in range(1200)], JobChanges(redis)
    async with redis.pubsub(ignore_subscribe_messages=True) as pubsub:
        await pubsub.subscribe(CHANNEL)
        for job in jobs:
            changes.tell(tenants[0], [job])
            changes.tell(tenants[0], [job])
        changes.tell(tenants[1], jobs[:1])
        events = await heard(pubsub, set(tenants), 1201)
    assert {id for event in events for id in ids(event) if event.tenant_id == tenants[0]} == {str(job) for job in jobs}
    assert sorted(len(ids(event)) for event in events) == [1, 200, 500, 500]
    await changes.close()


async def test_what_has_not_been_said_is_said_at_the_end(redis: Redis) -> None:
    tenant, changes = uuid4(), JobChanges(redis)
    async with redis.pubsub(ignore_subscribe_messages=True) as pubsub:
        await pubsub.subscribe(CHANNEL)
        changes.tell(tenant, [tenant])
        await changes.close()
        (event,) = await heard(pubsub, {tenant}, 1)
    assert ids(event) == [str(tenant)]


async def test_a_redis_that_is_away_is_told_when_it_is_back(redis: Redis, kernel_settings: KernelSettings) -> None:
    tenant, port = uuid4(), free_port()
    there = urlsplit(kernel_settings.redis_url).port
    away = connect(kernel_settings.redis_url.replace(f":{there}", f":{port}"))
    changes = JobChanges(away)
    async with redis.pubsub(ignore_subscribe_messages=True) as pubsub:
        await pubsub.subscribe(CHANNEL)
        changes.tell(tenant, [tenant])
        await asyncio.sleep(0.2)
        async with await asyncio.start_server(partial(forward, there), "127.0.0.1", port):
            (event,) = await heard(pubsub, {tenant}, 1)
            await changes.close()
            await away.aclose()
    assert ids(event) == [str(tenant)]


async def forward(port: int | None, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Passes bytes on to another port and back, until the caller hangs up."""
    far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)
    async with asyncio.TaskGroup() as group:
        group.create_task(pump(reader, far_writer))
        group.create_task(pump(far_reader, writer))


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.close()
