"""The mesh's own face, through the whole platform: a queue is paused, a job waits, its owner watches it end."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any
from uuid import uuid4

import aiohttp

from tests.support.platform import Client, Platform

PAUSE = """mutation { pauseQueue(input: {domain: "catalog", queue: "default"}) {
    queues { paused } userErrors { code } } }"""
RESUME = """mutation { resumeQueue(input: {domain: "catalog", queue: "default"}) {
    queues { paused } userErrors { code } } }"""
WAITING = """query($tenant: ID) {
    jobs(first: 100, filter: {name: "catalog.reserve_stock", state: QUEUED, tenantId: $tenant}) {
        totalCount edges { node { id traceId arguments tenant { id } } } } }"""
JOB = "query($id: ID!) { job(id: $id) { state } }"
CANCEL = "mutation($id: ID!) { cancelJob(input: {id: $id}) { job { state } userErrors { code } } }"
UPDATED = "subscription($id: ID!) { jobUpdated(id: $id) { state attempt } }"


async def test_a_paused_job_is_seen_watched_and_touched_by_its_own_tenant_alone(
    owner: Client, neighbour: Client, platform: Platform, http: aiohttp.ClientSession
) -> None:
    operator = Client(http, platform.url)
    await operator.log_in("owner@platform.example")
    assert _codes(await owner.execute(PAUSE)) == ["FORBIDDEN"]
    try:
        paused = (await operator.data(PAUSE))["pauseQueue"]
        assert (paused["userErrors"], {queue["paused"] for queue in paused["queues"]}) == ([], {True})
        order = (await owner.place(f"paused-{uuid4()}", ("71053", 1)))["order"]
        placed_in = owner.trace_id
        job = await _waiting(owner, order["id"])
        assert job["traceId"] == placed_in
        assert (await _waiting(operator, order["id"], job["tenant"]["id"])) == job

        assert (await neighbour.data(JOB, id=job["id"]))["job"] is None
        assert (await neighbour.data(WAITING, tenant=job["tenant"]["id"]))["jobs"]["totalCount"] == 0
        assert (await neighbour.data(CANCEL, id=job["id"]))["cancelJob"]["userErrors"] == [{"code": "NOT_FOUND"}]
        async with aclosing(_watch(neighbour, http, job["id"])) as answers:
            assert _codes(await anext(answers)) == ["NOT_FOUND"]

        async with asyncio.timeout(60), aclosing(_watch(owner, http, job["id"])) as answers:
            assert await anext(answers) == {"data": {"jobUpdated": {"state": "QUEUED", "attempt": 0}}}
            await operator.data(RESUME)
            states = [answer["data"]["jobUpdated"]["state"] async for answer in answers]
        assert states[-1] == "DONE"
    finally:
        await operator.data(RESUME)
    assert await owner.until(order["id"], "PAID") == "PAID"


async def _waiting(client: Client, order_id: str, tenant: str | None = None) -> dict[str, Any]:
    """The job that an order waits for, as soon as it has been shipped."""
    async with asyncio.timeout(60):
        while True:
            edges = (await client.data(WAITING, tenant=tenant))["jobs"]["edges"]
            jobs: list[dict[str, Any]] = [edge["node"] for edge in edges]
            if found := [job for job in jobs if job["arguments"]["order_id"] == order_id]:
                return found[0]
            await asyncio.sleep(0.05)


async def _watch(client: Client, http: aiohttp.ClientSession, job_id: str) -> AsyncGenerator[dict[str, Any], None]:
    """What is pushed of a job, until its stream ends."""
    body = {"query": UPDATED, "variables": {"id": job_id}}
    headers = client.headers() | {"accept": "text/event-stream"}
    async with http.post(client.url, json=body, headers=headers) as response:
        async for line in response.content:
            if line.startswith(b"data:") and line[5:].strip():
                yield json.loads(line[5:])


def _codes(answer: dict[str, Any]) -> list[str]:
    return [error["extensions"]["code"] for error in answer["errors"]]
