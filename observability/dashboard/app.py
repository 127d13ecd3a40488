"""The HTTP face of the dashboard: OTLP in, JSON and pages out."""

from typing import Any

from litestar import Litestar, Request, Response, get, post
from litestar.exceptions import HTTPException
from litestar.handlers import HTTPRouteHandler

from observability.dashboard.errors import DashboardError
from observability.dashboard.ingest import (
    JSON,
    PROTOBUF,
    Accept,
    accept_logs,
    accept_metrics,
    accept_traces,
    decompress,
    is_json,
    read_bounded,
)
from observability.dashboard.pages.theme import CONTENT_SECURITY_POLICY
from observability.dashboard.pages.trace_list import render_list
from observability.dashboard.pages.waterfall import render_trace
from observability.dashboard.queries import TraceFilter, as_json, find_trace, list_traces
from observability.dashboard.store import TraceStore

AnyRequest = Request[Any, Any, Any]


def create_app(store: TraceStore, max_body: int) -> Litestar:
    """The dashboard over one store; OTLP requests of more than `max_body` bytes (decompressed) are refused."""
    return Litestar(
        route_handlers=[
            _receiver("/v1/traces", accept_traces, store, max_body),
            _receiver("/v1/logs", accept_logs, store, max_body),
            _receiver("/v1/metrics", accept_metrics, store, max_body),
            *_api(store),
            *_pages(store),
            *_health(),
        ],
        exception_handlers={DashboardError: _refuse, HTTPException: _refuse_http},
        openapi_config=None,
        logging_config=None,
        request_max_body_size=None,  # counted by read_bounded, with a code of our own
    )


def _receiver(path: str, accept: Accept, store: TraceStore, max_body: int) -> HTTPRouteHandler:
    @post(path, status_code=200, name=path)
    async def receive(request: AnyRequest) -> Response[bytes]:
        json = is_json(request.headers.get("content-type", ""))
        body = await read_bounded(request.stream(), max_body)
        accept(store, decompress(body, request.headers.get("content-encoding", ""), max_body), json)
        return Response(b"{}" if json else b"", media_type=JSON if json else PROTOBUF)

    return receive


def _api(store: TraceStore) -> list[HTTPRouteHandler]:
    @get("/api/traces")
    async def traces(request: AnyRequest) -> dict[str, Any]:
        found = list_traces(store, TraceFilter.read(request.query_params))
        return {"traces": found, "services": store.services(), "held": store.spans, "evictedTraces": store.evicted}

    @get("/api/traces/{trace_id:str}")
    async def trace(trace_id: str) -> dict[str, Any]:
        return as_json(find_trace(store, trace_id))

    return [traces, trace]


def _pages(store: TraceStore) -> list[HTTPRouteHandler]:
    @get("/")
    async def index(request: AnyRequest) -> Response[str]:
        wanted = TraceFilter.read(request.query_params)
        return _page(render_list(store, wanted, list_traces(store, wanted)))

    @get("/traces/{trace_id:str}")
    async def trace_page(trace_id: str) -> Response[str]:
        return _page(render_trace(find_trace(store, trace_id)))

    return [index, trace_page]


def _health() -> list[HTTPRouteHandler]:
    @get(["/health/live", "/health/ready"])
    async def health() -> dict[str, str]:
        return {"status": "ok"}

    return [health]


def _page(html: str) -> Response[str]:
    return Response(
        html,
        media_type="text/html",
        headers={
            "content-security-policy": CONTENT_SECURITY_POLICY,
            "x-content-type-options": "nosniff",
            "referrer-policy": "no-referrer",
            "cache-control": "no-store",
        },
    )


def _refuse(_: AnyRequest, error: DashboardError) -> Response[dict[str, str]]:
    return Response({"code": error.code, "message": error.detail}, status_code=error.status, media_type=JSON)


def _refuse_http(_: AnyRequest, error: HTTPException) -> Response[dict[str, str]]:
    code = {404: "NOT_FOUND", 405: "METHOD_NOT_ALLOWED"}.get(error.status_code, "BAD_REQUEST")
    return Response({"code": code, "message": error.detail}, status_code=error.status_code, media_type=JSON)
