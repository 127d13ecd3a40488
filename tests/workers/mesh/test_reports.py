"""What Sentry gets of jobs: each one's final failure, once, with the trace that caused it and the tenant."""

import asyncio
import signal
from collections.abc import AsyncIterator
from typing import Any

import aiohttp.web
import msgspec
import pytest
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags, use_span
from sqlalchemy import text

from shared_models.kernel.jobs import Job
from tests.support.mesh import HASTY, Mesh, RoleProcess
from tests.support.mesh_domains import Misbehave, Poke

_SPOIL = "UPDATE job SET payload = '{\"key\": 7}' WHERE payload ->> 'key' = 'spoilt'"


class Sentry:
    """Takes what is reported."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        application = aiohttp.web.Application()
        application.router.add_post("/api/1/envelope/", self._take)
        self._runner = aiohttp.web.AppRunner(application, shutdown_timeout=0.1)

    async def start(self) -> str:
        """Listens; returns the DSN."""
        await self._runner.setup()
        await aiohttp.web.TCPSite(self._runner, "127.0.0.1", 0).start()
        return f"http://key@127.0.0.1:{self._runner.addresses[0][1]}/1"

    async def stop(self) -> None:
        await self._runner.cleanup()

    async def until(self, number: int) -> None:
        """Waits for so many events."""
        async with asyncio.timeout(60):
            while len(self.events) < number:
                await asyncio.sleep(0.05)

    async def _take(self, request: aiohttp.web.Request) -> aiohttp.web.Response:
        items = map(msgspec.json.decode, (await request.read()).splitlines())
        self.events += [item for item in items if "exception" in item]
        return aiohttp.web.json_response({})


@pytest.fixture
async def sentry() -> AsyncIterator[Sentry]:
    sentry = Sentry()
    yield sentry
    await sentry.stop()


def _told(event: dict[str, Any]) -> tuple[str, str, str, str]:
    return (
        event["tags"]["job_id"],
        event["contexts"]["trace"]["trace_id"],
        event["tags"]["tenant"],
        event["tags"]["role"],
    )


async def _caused(mesh: Mesh, job: Job, trace: int) -> str:
    """Enqueues a job within a trace; returns its id."""
    cause = SpanContext(trace_id=trace, span_id=1, is_remote=True, trace_flags=TraceFlags(TraceFlags.SAMPLED))
    with use_span(NonRecordingSpan(cause)):
        return str((await mesh.enqueue(job))[0])


async def _stopped(process: RoleProcess) -> None:
    process.send(signal.SIGTERM)
    await process.ended()


async def test_sentry_gets_the_final_failure_once_with_trace_and_tenant(mesh: Mesh, sentry: Sentry) -> None:
    fails = await _caused(mesh, Misbehave("fails", "raise", times=99), 1)
    await _caused(mesh, Misbehave("recovers", "raise", times=2), 2)
    unwanted = await _caused(mesh, Misbehave("unwanted", "discard"), 3)
    spoilt = await _caused(mesh, Poke("spoilt"), 4)
    async with mesh.transaction() as session:
        await session.execute(text(_SPOIL))

    environment = {"SENTRY_DSN": await sentry.start()}
    relay, worker = mesh.start("relay", **environment), mesh.start("work", **environment)
    assert await mesh.at_rest() == {"dead": 3, "done": 1}
    await sentry.until(3)
    await _stopped(worker)
    kills = await _caused(mesh, Misbehave("kills", "kill", times=99), 5)
    async with asyncio.timeout(120):
        while len(sentry.events) < 4:
            if not worker.running:
                worker = mesh.start("work", **environment, **HASTY)
            await asyncio.sleep(0.1)

    for process in (worker, relay):
        await _stopped(process)
    told = sorted(_told(event) for event in sentry.events)
    ends = {"worker": {fails: 1, unwanted: 3, spoilt: 4}, "relay": {kills: 5}}
    assert told == sorted(
        (job, f"{trace:032x}", str(mesh.tenant), role) for role, jobs in ends.items() for job, trace in jobs.items()
    )
