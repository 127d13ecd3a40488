"""The SERVER span of an HTTP request."""

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any

from opentelemetry.context import Context, attach, detach
from opentelemetry.trace import Span, SpanKind, StatusCode, format_trace_id, get_tracer, set_span_in_context

from observability.propagation import restored

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

TRACE_ID_HEADER = b"x-trace-id"
HEALTH_PREFIX = "/health/"
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"})

_tracer = get_tracer(__name__)


class TraceMiddleware:
    """Wraps an ASGI application: one SERVER span per HTTP request, child of the caller's W3C context.

    Every response carries `x-trace-id`, sampled or not. The span is named by method and route; an
    application that knows better calls `update_name`. Health checks, websockets and the lifespan pass
    through untouched.
    """

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(HEALTH_PREFIX):
            await self._app(scope, receive, send)
            return
        parent = caller_context(scope["headers"])
        span = _tracer.start_span(_first_name(scope), context=parent, kind=SpanKind.SERVER)
        request = _Request(scope, span, send)
        token = attach(set_span_in_context(span, parent))
        try:
            await self._app(scope, receive, request.send)
        except BaseException as error:
            request.failed(error)
            raise
        finally:
            detach(token)
            request.finish()


class _Request:
    """One request under way: puts the trace id into the response and the outcome into the span."""

    __slots__ = ("_name", "_scope", "_send", "_span", "_status")

    def __init__(self, scope: Scope, span: Span, send: Send) -> None:
        self._scope = scope
        self._span = span
        self._send = send
        self._status = 0
        self._name: str | None = None
        if span.is_recording():
            span.set_attributes(_request_attributes(scope))
            self._name = getattr(span, "name", None)

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._status = message["status"]
            context = self._span.get_span_context()
            if context.is_valid:  # it is not where nobody has called `setup`
                trace_id = format_trace_id(context.trace_id).encode()
                message["headers"] = [*message.get("headers", ()), (TRACE_ID_HEADER, trace_id)]
        await self._send(message)

    def failed(self, error: BaseException) -> None:
        if self._span.is_recording():
            self._span.set_attribute("error.type", type(error).__name__)
            self._span.set_status(StatusCode.ERROR, type(error).__name__)

    def finish(self) -> None:
        span = self._span
        if span.is_recording():
            if self._status:
                span.set_attribute("http.response.status_code", self._status)
            if self._status >= 500:
                span.set_attribute("error.type", str(self._status))
                span.set_status(StatusCode.ERROR)
            self._name_by_route()
        span.end()

    def _name_by_route(self) -> None:
        """Litestar leaves the matched route in the scope; a path that matched none must not become a name."""
        route = self._scope.get("path_template")
        if route:
            self._span.set_attribute("http.route", route)
        if getattr(self._span, "name", None) != self._name:
            return
        method = _method(self._scope)
        if route:
            self._span.update_name(f"{method} {route}")
        elif self._status == 404:
            self._span.update_name(method)


def caller_context(headers: Iterable[tuple[bytes, bytes]]) -> Context:
    """The W3C context in raw ASGI headers; empty when there is none."""
    carrier = {
        name.decode("ascii"): value.decode("latin-1")
        for name, value in headers
        if name in (b"traceparent", b"tracestate")
    }
    return restored(carrier) if carrier else Context()


def _method(scope: Scope) -> str:
    method: str = scope["method"]
    return method if method in METHODS else "HTTP"


def _first_name(scope: Scope) -> str:
    return f"{_method(scope)} {scope['path']}"


def _request_attributes(scope: Scope) -> dict[str, str | int]:
    attributes: dict[str, str | int] = {
        "http.request.method": scope["method"] if scope["method"] in METHODS else "_OTHER",
        "url.path": scope["path"],
        "url.scheme": scope.get("scheme", "http"),
        "network.protocol.version": scope.get("http_version", "1.1"),
    }
    server = scope.get("server")
    if server:
        attributes["server.address"] = server[0]
        if server[1] is not None:
            attributes["server.port"] = server[1]
    return attributes
