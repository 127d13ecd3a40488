"""A subgraph as the process that it is: started, called over sockets, stopped by a signal."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass

import aiohttp
import msgspec
import pytest

from observability.testing import OtlpReceiver
from shared_models.kernel.settings import KernelSettings
from subgraphs.edge.signature import HEADER, RouterSignature
from tests.support.ports import free_port

_CODE = "import sys; from subgraphs.app import run; run('accounts', '127.0.0.1', int(sys.argv[1]))"


@dataclass
class Running:
    """The process, and a client of it."""

    process: subprocess.Popen[bytes]
    http: aiohttp.ClientSession
    signature: RouterSignature

    async def graphql(self, document: str, **headers: str) -> tuple[int, dict, str | None]:
        """Status, body and trace id of a signed request."""
        body = msgspec.json.encode({"query": document})
        headers = {HEADER: self.signature.sign("", body, time.time()), **headers}
        async with self.http.post("/graphql", data=body, headers=headers) as response:
            return response.status, await response.json(), response.headers.get("x-trace-id")


@pytest.fixture
async def receiver() -> AsyncIterator[OtlpReceiver]:
    async with OtlpReceiver() as receiver:
        yield receiver


@pytest.fixture
async def running(settings: KernelSettings, receiver: OtlpReceiver) -> AsyncIterator[Running]:
    port = free_port()
    environment = os.environ | {
        "TRELLIS_DATABASE_URL": settings.database_url,
        "TRELLIS_REDIS_URL": settings.redis_url,
        "TRELLIS_SECRET": settings.secret.get_secret_value(),
        "OTEL_EXPORTER_OTLP_ENDPOINT": receiver.endpoint,
    }
    process = subprocess.Popen([sys.executable, "-c", _CODE, str(port)], env=environment, stderr=subprocess.PIPE)
    async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as http:
        async with asyncio.timeout(60):
            while not await _ready(http):
                assert process.poll() is None, process.stderr and process.stderr.read().decode()
                await asyncio.sleep(0.05)
        yield Running(process, http, RouterSignature(settings.secret.get_secret_value(), "accounts"))
    process.kill()
    process.communicate()


async def _ready(http: aiohttp.ClientSession) -> bool:
    try:
        async with http.get("/health/ready") as response:
            return response.status == 200
    except aiohttp.ClientError:
        return False


async def test_it_answers_in_the_callers_trace_and_stops_when_told(running: Running, receiver: OtlpReceiver):
    traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    status, answer, trace_id = await running.graphql("query Who { me { id } }", traceparent=traceparent)
    assert (status, answer, trace_id) == (200, {"data": {"me": None}}, "0af7651916cd43dd8448eb211c80319c")
    async with running.http.get("/.well-known/jwks.json") as response:
        assert (await response.json())["keys"]
    running.process.send_signal(signal.SIGTERM)
    _, errors = await asyncio.to_thread(running.process.communicate, None, 60)
    assert running.process.returncode == 0
    assert b"Traceback" not in errors
    (span,) = [span for span in receiver.trace(trace_id or "") if span.kind == "SERVER"]
    assert (span.name, span.parent_id, span.service) == ("query Who", "b7ad6b7169203331", "trellis-subgraph-accounts")
    assert span.attributes["graphql.operation.type"] == "query"
    assert span.attributes["graphql.operation.name"] == "Who"


async def test_fifty_megabytes_are_refused_and_the_next_request_is_answered(running: Running):
    try:
        async with running.http.post("/graphql", data=b"x" * 50_000_000) as response:
            assert response.status == 413
            assert (await response.json())["errors"][0]["extensions"]["code"] == "PAYLOAD_TOO_LARGE"
    except aiohttp.ClientOSError:
        pass  # the connection was closed before all of it was sent: as good a refusal
    assert (await running.graphql("{ me { id } }"))[0] == 200
