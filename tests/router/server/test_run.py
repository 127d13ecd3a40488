"""The process: starts, waits for subgraphs, refuses what cannot be served, stops in time."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from pathlib import Path

from aiohttp import ClientConnectionError, ClientSession

from observability.testing import OtlpReceiver
from tests.support.ports import free_port

from ..federation import LINK
from ..http_subgraph import HttpSubgraph
from ..in_process import Federation
from ..shop import shop

PROGRAM = "from router.server.serve import run; from router.settings import RouterSettings; run(RouterSettings())"


async def launch(standard: dict[str, str] | None = None, **environment: str) -> asyncio.subprocess.Process:
    settings = {f"TRELLIS_{name}": value for name, value in environment.items()}
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        PROGRAM,
        env={"PYTHONPATH": ".", **(standard or {}), **settings},
        stderr=asyncio.subprocess.PIPE,
    )


async def until(session: ClientSession, url: str, status: int) -> None:
    async with asyncio.timeout(60):
        while True:
            try:
                async with session.get(url) as response:
                    if response.status == status:
                        return
            except ClientConnectionError:
                pass
            await asyncio.sleep(0.05)


async def test_what_does_not_compose_is_printed(tmp_path: Path) -> None:
    listed = tmp_path / "subgraphs.json"
    sdl = LINK + "type Query { a: Int }"
    listed.write_text(json.dumps([{"name": n, "url": "http://x", "sdl": sdl} for n in ("one", "two")]))
    process = await launch(SUBGRAPHS=str(listed), ROUTER_PORT="0")
    _, stderr = await process.communicate()
    assert process.returncode == 1
    assert b"INVALID_FIELD_SHARING [one:2:14, two:2:14]: Query.a" in stderr
    assert b"Traceback" not in stderr


async def test_settings_that_say_nothing_are_refused() -> None:
    process = await launch()
    _, stderr = await process.communicate()
    assert process.returncode == 1
    assert b"set exactly one of TRELLIS_SUPERGRAPH and TRELLIS_SUBGRAPHS" in stderr


async def test_it_waits_for_its_subgraphs_and_stops_with_open_subscriptions(tmp_path: Path) -> None:
    port = free_port()
    subgraphs = [HttpSubgraph(subgraph) for subgraph in shop()]
    for subgraph in subgraphs[1:]:
        await subgraph.start()
    late = subgraphs[0]
    await late.start()
    await late.stop()
    listed = tmp_path / "subgraphs.json"
    listed.write_text(json.dumps([{"name": s.subgraph.name, "url": s.url} for s in subgraphs]))
    url = f"http://127.0.0.1:{port}"
    process = await launch(SUBGRAPHS=str(listed), ROUTER_PORT=str(port))
    assert process.stderr is not None
    drained = asyncio.create_task(process.stderr.read())
    async with ClientSession() as session:
        await until(session, f"{url}/health/live", 200)
        await until(session, f"{url}/health/ready", 503)
        async with session.post(f"{url}/graphql", json={"query": "{ me { id } }"}) as response:
            assert response.status == 503
            assert (await response.json())["errors"][0]["extensions"]["code"] == "SERVICE_UNAVAILABLE"
            assert len(response.headers["x-trace-id"]) == 32
        await late.start(int(late.url.split(":")[2].split("/")[0]))
        await until(session, f"{url}/health/ready", 200)
        subgraphs[2].fault = "stall-stream"
        query = 'subscription { orderUpdated(id: "o1") { status } }'
        async with session.post(
            f"{url}/graphql", json={"query": query}, headers={"accept": "text/event-stream"}
        ) as response:
            while b"PLACED" not in await response.content.readany():
                pass
            process.send_signal(signal.SIGTERM)
            async with asyncio.timeout(30):
                assert b"event: complete" in await response.content.read()
                assert await process.wait() == 0
    await drained
    for subgraph in subgraphs:
        await subgraph.stop()


async def test_a_request_is_one_trace_into_its_subgraphs(tmp_path: Path) -> None:
    port = free_port()
    subgraphs = [HttpSubgraph(subgraph) for subgraph in shop()]
    for subgraph in subgraphs:
        await subgraph.start()
    listed = tmp_path / "subgraphs.json"
    listed.write_text(json.dumps([{"name": s.subgraph.name, "url": s.url} for s in subgraphs]))
    url = f"http://127.0.0.1:{port}"
    async with OtlpReceiver() as receiver, ClientSession() as session:
        process = await launch(
            {"OTEL_EXPORTER_OTLP_ENDPOINT": receiver.endpoint, "OTEL_BSP_SCHEDULE_DELAY": "20"},
            SUBGRAPHS=str(listed),
            ROUTER_PORT=str(port),
        )
        await until(session, f"{url}/health/ready", 200)
        subgraphs[3].fault = "html"
        query = 'query Order { order(id: "o1") { status payment { status } } }'
        async with session.post(f"{url}/graphql", json={"query": query}) as response:
            trace_id = response.headers["x-trace-id"]
        spans = await receiver.wait_for(lambda spans: len([s for s in spans if s.trace_id == trace_id]) == 3, 60)
        process.terminate()
        await process.communicate()
    server, *fetches = sorted((s for s in spans if s.trace_id == trace_id), key=lambda span: span.kind != "SERVER")
    assert (server.name, server.kind, server.status) == ("query Order", "SERVER", "ERROR")
    assert server.attributes["graphql.operation.type"] == "query"
    assert server.attributes["graphql.operation.name"] == "Order"
    assert {(s.name, s.kind, s.parent_id) for s in fetches} == {
        ("subgraph orders", "CLIENT", server.span_id),
        ("subgraph billing", "CLIENT", server.span_id),
    }
    sent = subgraphs[2].headers[-1]["traceparent"].split("-")
    assert sent[1] == trace_id
    assert sent[2] in {s.span_id for s in fetches}
    for subgraph in subgraphs:
        await subgraph.stop()


async def test_a_client_cannot_have_its_trace_recorded(tmp_path: Path) -> None:
    port = free_port()
    accounts = HttpSubgraph(shop()[0])
    await accounts.start()
    listed = tmp_path / "subgraphs.json"
    listed.write_text(json.dumps([{"name": "accounts", "url": accounts.url}]))
    url = f"http://127.0.0.1:{port}"
    known = "0af7651916cd43dd8448eb211c80319c"
    async with (
        OtlpReceiver() as receiver,
        ClientSession(headers={"traceparent": f"00-{known}-b7ad6b7169203331-01"}) as session,
    ):
        for trusted in ("false", "true"):
            process = await launch(
                {"OTEL_EXPORTER_OTLP_ENDPOINT": receiver.endpoint},
                SUBGRAPHS=str(listed),
                ROUTER_PORT=str(port),
                ROUTER_TRUST_SAMPLING=trusted,
                TRACES_PER_SECOND="0",
            )
            await until(session, f"{url}/health/ready", 200)
            async with session.post(f"{url}/graphql", json={"query": "{ me { id } }"}) as response:
                assert response.headers["x-trace-id"] == known
            _, id_, _, flags = accounts.headers[-1]["traceparent"].split("-")
            assert (id_, flags) == (known, "01" if trusted == "true" else "00")
            process.terminate()
            await process.communicate()
    await accounts.stop()


async def test_a_composed_file_is_served(tmp_path: Path) -> None:
    port = free_port()
    path = tmp_path / "supergraph.graphql"
    path.write_text(Federation(shop()).sdl)
    process = await launch(SUPERGRAPH=str(path), ROUTER_PORT=str(port))
    async with ClientSession() as session:
        await until(session, f"http://127.0.0.1:{port}/health/ready", 200)
        body = {"query": "{ __schema { queryType { name } } __typename }"}
        async with session.post(f"http://127.0.0.1:{port}/graphql", json=body) as response:
            assert (await response.json())["data"] == {
                "__typename": "Query",
                "__schema": {"queryType": {"name": "Query"}},
            }
    process.terminate()
    await process.communicate()
