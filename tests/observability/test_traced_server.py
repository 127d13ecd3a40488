"""The middleware, SQL and HTTP client spans of one real server, seen by a real receiver."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable

import aiohttp
import pytest
import pytest_asyncio

from observability.dashboard.model import LogLine, Span
from observability.testing import OtlpReceiver
from tests.observability.processes import running, wait_for_line
from tests.support.ports import free_port
from trellis.embedded.postgres import EmbeddedPostgres

PROGRAM = "tests/observability/programs/traced_server.py"
PARENT = "00-{}-b7ad6b7169203331-01"

#: Seconds that what is exported may take on a busy machine.
PATIENCE = 60.0


class Traced:
    """The server, its receiver, and a client."""

    def __init__(self, url: str, receiver: OtlpReceiver, client: aiohttp.ClientSession) -> None:
        self.url = url
        self.receiver = receiver
        self.client = client

    async def get(self, path: str, status: int, headers: dict[str, str] | None = None) -> str:
        """The trace id that the response names."""
        async with self.client.get(self.url + path, headers=headers) as answer:
            assert answer.status == status
            return answer.headers["x-trace-id"]

    async def spans(self, trace_id: str, complete: Callable[[list[Span]], bool]) -> list[Span]:
        await self.receiver.wait_for(lambda _: complete(self.receiver.trace(trace_id)), PATIENCE)
        return self.receiver.trace(trace_id)

    async def line(self, trace_id: str) -> LogLine:
        """The one log line of a trace, which is exported apart from its spans."""

        def found() -> list[LogLine]:
            return [line for line in self.receiver.logs if line.trace_id == trace_id]

        await self.receiver.wait_for(lambda _: found(), PATIENCE)
        (line,) = found()
        return line

    async def root(self, trace_id: str) -> Span:
        spans = await self.spans(trace_id, lambda spans: any(not span.parent_id for span in spans))
        return next(span for span in spans if not span.parent_id)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def traced(postgres: EmbeddedPostgres) -> AsyncIterator[Traced]:
    port = free_port()
    async with OtlpReceiver() as receiver, aiohttp.ClientSession() as client:
        with running(PROGRAM, str(port), postgres.url, OTEL_EXPORTER_OTLP_ENDPOINT=receiver.endpoint) as process:
            await asyncio.to_thread(wait_for_line, process, "Uvicorn running")
            yield Traced(f"http://127.0.0.1:{port}", receiver, client)


async def test_a_request_continues_the_callers_trace(traced: Traced) -> None:
    known = "0af7651916cd43dd8448eb211c80319c"
    assert await traced.get("/items/7?x=1", 200, {"traceparent": PARENT.format(known)}) == known
    (span,) = await traced.spans(known, lambda spans: len(spans) == 1)
    assert (span.name, span.kind, span.parent_id) == ("GET /items/{item_id}", "SERVER", "b7ad6b7169203331")
    assert span.attributes["http.request.method"] == "GET"
    assert span.attributes["http.route"] == "/items/{item_id}"
    assert span.attributes["http.response.status_code"] == 200
    assert span.attributes["url.path"] == "/items/7"
    assert span.attributes["server.address"] == "127.0.0.1"
    assert span.attributes["server.port"] == int(traced.url.rsplit(":", 1)[1])
    assert span.status == "UNSET"


async def test_an_unsampled_caller_gets_its_trace_id_and_no_span(traced: Traced) -> None:
    known = "1af7651916cd43dd8448eb211c80319c"
    assert await traced.get("/items/8", 200, {"traceparent": PARENT.format(known)[:-1] + "0"}) == known
    await traced.root(await traced.get("/items/9", 200))
    assert traced.receiver.trace(known) == []


@pytest.mark.parametrize("header", ["", "garbage", "00-" + "0" * 32 + "-b7ad6b7169203331-01", "ff" * 400])
async def test_a_broken_parent_starts_a_new_trace(traced: Traced, header: str) -> None:
    assert len(await traced.get("/items/1", 200, {"traceparent": header})) == 32


async def test_statements_are_named_by_what_they_do(traced: Traced) -> None:
    async with traced.client.post(traced.url + "/graphql", data="x") as answer:
        assert await answer.json() == {"rows": 1}
        trace_id = answer.headers["x-trace-id"]
    root = await traced.root(trace_id)
    assert root.name == "mutation placeOrder"
    children = [span for span in traced.receiver.trace(trace_id) if span.parent_id == root.span_id]
    assert [(span.name, span.kind) for span in children][-3:] == [
        ("CREATE TABLE job", "CLIENT"),
        ("INSERT job", "CLIENT"),
        ("UPDATE job", "CLIENT"),
    ]
    update, insert = children[-1], children[-2]
    assert update.attributes["db.system.name"] == "postgresql"
    assert update.attributes["db.namespace"] == "postgres"
    assert update.attributes["db.query.summary"] == "UPDATE job"
    assert "%(s)s" in update.attributes["db.query.text"]
    assert "done" not in str(update.attributes)
    assert insert.attributes["db.operation.batch.size"] == 2
    line = await traced.line(trace_id)
    assert (line.body, line.span_id, line.attributes["api_key"]) == ("order.placed", root.span_id, "[redacted]")


async def test_a_failing_statement_is_an_error_without_its_values(traced: Traced) -> None:
    trace_id = await traced.get("/sql-error", 500)
    root = await traced.root(trace_id)
    statement = next(span for span in traced.receiver.trace(trace_id) if span.name == "SELECT missing_table")
    assert (statement.status, statement.status_message) == ("ERROR", "UndefinedTable")
    assert statement.attributes["error.type"] == statement.attributes["db.response.status_code"] == "42P01"
    assert (root.status, root.attributes["error.type"]) == ("ERROR", "500")


async def test_an_exception_that_leaves_the_application(traced: Traced) -> None:
    async with traced.client.get(traced.url + "/boom") as answer:
        assert answer.status == 500
    spans = await traced.receiver.wait_for(lambda spans: any(s.name == "GET /boom" for s in spans), PATIENCE)
    boom = next(s for s in spans if s.name == "GET /boom")
    assert (boom.status, boom.attributes["error.type"]) == ("ERROR", "RuntimeError")


async def test_a_path_that_is_nowhere_does_not_become_a_name(traced: Traced) -> None:
    assert (await traced.root(await traced.get("/no/such/4711", 404))).name == "GET"


async def test_outgoing_requests_carry_the_trace(traced: Traced) -> None:
    async with traced.client.get(traced.url + "/fan-out") as answer:
        seen = await answer.json()
        trace_id = answer.headers["x-trace-id"]
    spans = await traced.spans(trace_id, lambda spans: len(spans) == 6)
    inner = next(span for span in spans if span.name == "subgraph inner")
    assert seen["traceparent"].startswith(f"00-{trace_id}-{inner.span_id}-")
    assert inner.kind == "CLIENT"
    assert inner.attributes["trellis.subgraph"] == "inner"
    assert inner.attributes["url.full"] == f"{traced.url}/echo"
    assert next(span for span in spans if span.name == "GET /echo").parent_id == inner.span_id
    down, refused = [span for span in spans if span.name == "GET" and span.kind == "CLIENT"]
    assert (down.status, down.attributes["http.response.status_code"]) == ("ERROR", 503)
    assert (refused.status, refused.attributes["error.type"]) == ("ERROR", "ClientConnectorError")


async def test_health_checks_and_websockets_make_no_spans(traced: Traced) -> None:
    async with traced.client.get(traced.url + "/health/live") as answer:
        assert answer.status == 200
        assert "x-trace-id" not in answer.headers
    async with traced.client.ws_connect(traced.url + "/ws") as socket:
        assert await socket.receive_str() == "hello"
    await traced.root(await traced.get("/items/1", 200))
    assert not [span for span in traced.receiver.spans if span.attributes.get("url.path") in {"/health/live", "/ws"}]


async def test_work_outside_of_a_trace_makes_no_spans(traced: Traced) -> None:
    """The server queries its database and makes a request when it starts: nobody asked for them."""
    await traced.root(await traced.get("/items/1", 200))
    assert {span.kind for span in traced.receiver.spans if not span.parent_id} == {"SERVER"}


async def test_errors_are_reported_to_sentry_scrubbed_and_with_their_trace(postgres: EmbeddedPostgres) -> None:
    events: asyncio.Queue[dict[str, object]] = asyncio.Queue()

    async def envelope(request: aiohttp.web.Request) -> aiohttp.web.Response:
        for line in (await request.read()).splitlines():
            item = json.loads(line)
            if "exception" in item:
                events.put_nowait(item)
        return aiohttp.web.json_response({})

    sentry = aiohttp.web.Application()
    sentry.router.add_post("/api/1/envelope/", envelope)
    runner = aiohttp.web.AppRunner(sentry, shutdown_timeout=0.1)
    await runner.setup()
    await aiohttp.web.TCPSite(runner, "127.0.0.1", 0).start()
    port = free_port()
    dsn = f"http://key@127.0.0.1:{runner.addresses[0][1]}/1"
    with running(PROGRAM, str(port), postgres.url, SENTRY_DSN=dsn) as process:
        await asyncio.to_thread(wait_for_line, process, "Uvicorn running")
        async with aiohttp.ClientSession() as client, client.get(f"http://127.0.0.1:{port}/reported") as answer:
            trace_id = answer.headers["x-trace-id"]
        event = await asyncio.wait_for(events.get(), PATIENCE)
        line = json.loads(await asyncio.to_thread(wait_for_line, process, "exception.reported"))
    await runner.cleanup()

    shown = json.dumps(event)
    assert event["contexts"]["trace"]["trace_id"] == trace_id  # type: ignore[index] # JSON
    assert event["tags"] == {"role": "subgraph.orders", "tenant": "premium", "operation": "placeOrder"}
    assert "4242" not in shown
    assert "someone@" not in shown
    assert "LookupError" in shown
    assert (line["trace_id"], line["tenant"], line["error_type"]) == (trace_id, "premium", "LookupError")
    assert "4242" not in json.dumps(line)
