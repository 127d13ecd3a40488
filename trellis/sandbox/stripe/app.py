"""The sandbox as an ASGI application: keys, idempotency, faults around the endpoints."""

import asyncio
import contextlib
import hashlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

import msgspec
import structlog

from trellis.sandbox.stripe import errors, form
from trellis.sandbox.stripe.endpoints import Endpoints
from trellis.sandbox.stripe.errors import ApiError
from trellis.sandbox.stripe.events import API_VERSION, new_id
from trellis.sandbox.stripe.faults import FaultInjector, Faults
from trellis.sandbox.stripe.settings import StripeSandboxSettings
from trellis.sandbox.stripe.store import Answer, Store
from trellis.sandbox.stripe.webhooks import Webhooks

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

#: In the scope's extensions: ``{"close": function}`` closes the connection without an answer.
ABORT = "trellis.abort"

_MAX_BODY = 1_000_000
_MAX_KEY = 255
_PRUNE_SECONDS = 60.0

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Request:
    """One API request, read."""

    method: str
    path: str
    query: bytes
    body: bytes
    headers: dict[bytes, bytes]

    @property
    def key(self) -> str | None:
        value = self.headers.get(b"idempotency-key")
        return value.decode("latin-1") if value else None

    @property
    def version(self) -> str:
        value = self.headers.get(b"stripe-version")
        return value.decode("latin-1") if value else API_VERSION


@dataclass(frozen=True, slots=True)
class Response:
    status: int
    body: bytes
    headers: tuple[tuple[bytes, bytes], ...] = ()


class StripeSandbox:
    """ASGI application. The lifespan must be run: it delivers the webhooks."""

    def __init__(self, settings: StripeSandboxSettings) -> None:
        self._store = Store(settings.stripe_sandbox_database, retention=settings.stripe_sandbox_retention)
        self._faults = FaultInjector()
        self._webhooks = Webhooks(
            self._store,
            self._faults,
            url=settings.stripe_sandbox_webhook_url,
            secret=settings.stripe_webhook_secret.get_secret_value(),
            kinds=settings.stripe_sandbox_events,
        )
        self._endpoints = Endpoints(self._store, self._webhooks.publish)
        self._keys_in_use: set[str] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
            return
        if scope["type"] != "http":
            return
        try:
            response = await self._respond(scope, receive)
        except ApiError as error:
            response = _refused(error)
        except Exception:
            _log.exception("request.failed", path=scope["path"])
            response = _refused(ApiError(500, "api_error", "The sandbox failed; its log tells why."))
        if response.status == 200 and scope["path"].startswith("/v1/") and self._faults.drops_response():
            scope["extensions"][ABORT]["close"]()
            await asyncio.sleep(0)  # the server learns of it before it looks for the missing answer
            return
        await _send(send, response)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        async with contextlib.AsyncExitStack() as running:
            while True:
                message = await receive()
                if message["type"] == "lifespan.startup":
                    await running.enter_async_context(self._running())
                    await send({"type": "lifespan.startup.complete"})
                else:
                    break
        await send({"type": "lifespan.shutdown.complete"})

    @asynccontextmanager
    async def _running(self) -> AsyncIterator[None]:
        tasks = [asyncio.create_task(self._webhooks.run()), asyncio.create_task(self._prune())]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self._store.close()

    async def _prune(self) -> None:
        while True:
            with self._store.transaction():
                self._store.prune(int(time.time()))
            await asyncio.sleep(_PRUNE_SECONDS)

    async def _respond(self, scope: Scope, receive: Receive) -> Response:
        path: str = scope["path"]
        if path in ("/health/live", "/health/ready"):
            return Response(200, b'{"status":"ok"}')
        request = Request(scope["method"], path, scope["query_string"], await _read(receive), dict(scope["headers"]))
        if path.startswith("/_sandbox/"):
            return self._control(request, scope)
        _authenticate(request)
        if request.method == "GET":
            await self._meet_faults()
            return _ok(self._endpoints.get(path, form.decode(request.query)))
        if request.method == "POST":
            return await self._once(request)
        raise errors.invalid_request(f"Unrecognized request URL ({request.method}: {path}).", status=404)

    async def _once(self, request: Request) -> Response:
        """Carry a POST out, or answer as its idempotency key was answered before."""
        given = form.decode(request.body)
        key = request.key
        if key is None:
            await self._meet_faults()
            return self._perform(request, given)
        if len(key) > _MAX_KEY:
            raise errors.invalid_request(f"Idempotency keys have up to {_MAX_KEY} characters.")
        if key in self._keys_in_use:
            raise errors.key_in_use(key)
        answer = self._store.answer(key)
        if answer is not None:
            if answer.fingerprint != _fingerprint(request, given):
                raise errors.key_reused(key)
            original = (b"original-request", answer.request_id.encode())
            return Response(answer.status, answer.body, ((b"idempotent-replayed", b"true"), original))
        self._keys_in_use.add(key)
        try:
            await self._meet_faults()
            return self._perform(request, given)
        finally:
            self._keys_in_use.discard(key)

    def _perform(self, request: Request, given: dict[str, Any]) -> Response:
        """One transaction: the change, its events, and the answer under its key."""
        now = int(time.time())
        with self._store.transaction():
            try:
                response = _ok(self._endpoints.post(request.path, given, request.version, now))
            except ApiError as error:
                if not error.keeps_effects:
                    raise
                response = _refused(error)
            if request.key is not None:
                answer = Answer(_fingerprint(request, given), response.status, response.body, new_id("req"))
                self._store.remember(request.key, answer, now)
        self._webhooks.wake()
        return response

    async def _meet_faults(self) -> None:
        if self._faults.faults.latency_ms:
            await asyncio.sleep(self._faults.faults.latency_ms / 1000)
        if self._faults.fails():
            raise errors.outage()

    def _control(self, request: Request, scope: Scope) -> Response:
        """The sandbox's own switches; for this machine alone."""
        client = scope.get("client")
        if client is None or client[0] not in ("127.0.0.1", "::1"):
            raise errors.invalid_request(f"Unrecognized request URL ({request.path}).", status=404)
        match request.method, request.path:
            case "POST", "/_sandbox/faults":
                try:
                    self._faults.set(msgspec.json.decode(request.body or b"{}", type=Faults))
                except msgspec.DecodeError as error:
                    raise errors.invalid_request(str(error)) from None
                return Response(200, msgspec.json.encode(self._faults.faults))
            case "GET", "/_sandbox/faults":
                return Response(200, msgspec.json.encode(self._faults.faults))
            case "GET", "/_sandbox/state":
                state = self._store.counts()
                for name in parse_qs(request.query.decode("latin-1")).get("group_by", []):
                    state["charges_by"] = self._store.charges_by(name)
                return _ok(state)
            case _:
                raise errors.invalid_request(f"Unrecognized request URL ({request.path}).", status=404)


def _authenticate(request: Request) -> None:
    scheme, _, key = request.headers.get(b"authorization", b"").decode("latin-1").partition(" ")
    if scheme.lower() != "bearer" or not key:
        raise errors.unauthenticated("You did not provide an API key: use Authorization: Bearer YOUR_SECRET_KEY.")
    if not key.startswith(("sk_test_", "rk_test_")):
        shown = f"{key[:8]}{'*' * 8}"
        raise errors.unauthenticated(f"Invalid API Key provided: {shown} (the sandbox takes sk_test_ keys).")


def _fingerprint(request: Request, given: dict[str, Any]) -> str:
    canonical = msgspec.json.encode((request.path, given), order="deterministic")
    return hashlib.sha256(canonical).hexdigest()


def _ok(body: dict[str, Any]) -> Response:
    return Response(200, msgspec.json.encode(body))


def _refused(error: ApiError) -> Response:
    return Response(error.status, msgspec.json.encode(error.body))


async def _read(receive: Receive) -> bytes:
    body = b""
    while True:
        message = await receive()
        chunk: bytes = message.get("body", b"")
        body += chunk
        if len(body) > _MAX_BODY:
            raise errors.invalid_request(f"The request has more than {_MAX_BODY} bytes.", status=413)
        if not message.get("more_body"):
            return body


async def _send(send: Send, response: Response) -> None:
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(response.body)).encode()),
        (b"request-id", new_id("req").encode()),
        (b"stripe-version", API_VERSION.encode()),
        *response.headers,
    ]
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": response.body})
