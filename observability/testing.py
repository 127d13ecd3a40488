"""A real OTLP receiver for tests."""

import asyncio
from collections.abc import Callable
from types import TracebackType
from typing import Any

from aiohttp import web
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from observability.dashboard.decode import parse, read_logs, read_spans
from observability.dashboard.model import LogLine, Span

MAX_BODY = 64 * 1024 * 1024
PROTOBUF = "application/x-protobuf"


class OtlpReceiver:
    """Listens on the loopback, on a free port unless one is given, and collects what processes export to it.

    >>> async with OtlpReceiver() as receiver:
    ...     env = {"OTEL_EXPORTER_OTLP_ENDPOINT": receiver.endpoint, "OTEL_BSP_SCHEDULE_DELAY": "20"}  # for a process
    ...     spans = await receiver.wait_for(lambda spans: any(s.name == "job" for s in spans), timeout=10)

    `spans` are `observability.dashboard.model.Span`s in order of arrival: name, kind ("SERVER" ...),
    trace_id, span_id, parent_id ("" for a root), service, attributes, resource, links, events, status
    ("UNSET", "OK", "ERROR").
    """

    def __init__(self, port: int = 0) -> None:
        self.spans: list[Span] = []
        self.logs: list[LogLine] = []
        self.metric_requests = 0
        self.endpoint = ""
        self._port = port
        self._arrived = asyncio.Condition()
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> "OtlpReceiver":
        app = web.Application(client_max_size=MAX_BODY)
        app.router.add_post("/v1/traces", self._traces)
        app.router.add_post("/v1/logs", self._logs)
        app.router.add_post("/v1/metrics", self._metrics)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.endpoint = f"http://{host}:{port}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    async def wait_for(self, predicate: Callable[[list[Span]], Any], timeout: float = 10.0) -> list[Span]:  # noqa: ASYNC109 - the caller's bound
        """All spans, once `predicate(spans)` is true; TimeoutError (seconds) names what had arrived."""
        try:
            async with asyncio.timeout(timeout), self._arrived:
                await self._arrived.wait_for(lambda: predicate(self.spans))
        except TimeoutError:
            raise TimeoutError(f"not satisfied by {[(s.service, s.name) for s in self.spans]}") from None
        return list(self.spans)

    def trace(self, trace_id: str) -> list[Span]:
        """The spans of one trace, by start time."""
        return sorted((s for s in self.spans if s.trace_id == trace_id), key=lambda s: s.start)

    async def _traces(self, request: web.Request) -> web.Response:
        message = parse(ExportTraceServiceRequest, await request.read(), request.content_type == "application/json")
        async with self._arrived:
            self.spans += read_spans(message)
            self._arrived.notify_all()
        return web.Response(content_type=PROTOBUF)

    async def _logs(self, request: web.Request) -> web.Response:
        message = parse(ExportLogsServiceRequest, await request.read(), request.content_type == "application/json")
        async with self._arrived:
            self.logs += read_logs(message)
            self._arrived.notify_all()
        return web.Response(content_type=PROTOBUF)

    async def _metrics(self, request: web.Request) -> web.Response:
        await request.read()
        self.metric_requests += 1
        return web.Response(content_type=PROTOBUF)
