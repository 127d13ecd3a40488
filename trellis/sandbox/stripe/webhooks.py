"""Delivers events to the configured endpoint: signed, until it says 2xx or patience ends."""

import asyncio
import hashlib
import hmac
import time
from collections.abc import Collection

import aiohttp
import msgspec
import structlog

from trellis.sandbox.stripe.faults import FaultInjector
from trellis.sandbox.stripe.store import Body, Delivery, Store

_MAX_ATTEMPTS = 16  # about an hour in all
_FIRST_RETRY, _LONGEST_RETRY = 0.5, 600.0  # seconds
_TIMEOUT = aiohttp.ClientTimeout(total=10)
_CONCURRENT = 16

_log = structlog.get_logger()


def signature(payload: bytes, secret: str, timestamp: int) -> str:
    """The header ``Stripe-Signature``: ``t=<Unix seconds>,v1=<HMAC-SHA256 of "t.payload", hex>``."""
    signed = f"{timestamp}.".encode() + payload
    digest = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    return f"t={timestamp},v1={digest}"


def retry_delay(attempt: int) -> float:
    """Seconds to wait after the ``attempt``-th failure.

    >>> [retry_delay(attempt) for attempt in (1, 2, 3, 11, 12)]
    [0.5, 1.0, 2.0, 512.0, 600.0]
    """
    return min(_FIRST_RETRY * 2.0 ** (attempt - 1), _LONGEST_RETRY)


class Webhooks:
    """Pending deliveries lie in the store, so that a restart continues them."""

    def __init__(
        self, store: Store, faults: FaultInjector, *, url: str | None, secret: str, kinds: Collection[str]
    ) -> None:
        self._store = store
        self._faults = faults
        self._url = url
        self._secret = secret
        self._kinds = kinds
        self._changed = asyncio.Event()
        self._under_way: dict[str, asyncio.Task[None]] = {}

    def publish(self, event: Body) -> None:
        """Plan the delivery of an event, in the caller's transaction; ``wake`` must follow its commit."""
        if self._url is not None and event["type"] in self._kinds:
            due = time.time() + self._faults.webhook_delay()
            self._store.schedule(Delivery(event["id"], due, 0, msgspec.json.encode(event)))

    def wake(self) -> None:
        self._changed.set()

    async def run(self) -> None:
        """Deliver until cancelled."""
        if self._url is None:
            return
        async with aiohttp.ClientSession(timeout=_TIMEOUT) as session:
            try:
                while True:
                    await self._wait_for_change(self._start_due(session))
            finally:
                for task in self._under_way.values():
                    task.cancel()
                await asyncio.gather(*self._under_way.values(), return_exceptions=True)

    def _start_due(self, session: aiohttp.ClientSession) -> float | None:
        """Start what is due; seconds until the next will be, None when only a change can tell."""
        self._changed.clear()
        free = _CONCURRENT - len(self._under_way)
        if free <= 0:
            return None
        for delivery in self._store.deliveries(limit=free, excluding=frozenset(self._under_way)):
            wait = delivery.due - time.time()
            if wait > 0:
                return wait
            task = asyncio.create_task(self._deliver(session, delivery))
            self._under_way[delivery.event_id] = task
        return None

    async def _wait_for_change(self, seconds: float | None) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._changed.wait()
        except TimeoutError:
            return

    async def _deliver(self, session: aiohttp.ClientSession, delivery: Delivery) -> None:
        try:
            for _ in range(2 if self._faults.faults.duplicate_webhooks else 1):
                failure = await self._post(session, delivery)
            self._settle(delivery, failure)
        finally:
            self._under_way.pop(delivery.event_id)
            self.wake()

    async def _post(self, session: aiohttp.ClientSession, delivery: Delivery) -> str | None:
        """Send once; the reason why it did not arrive, or None."""
        assert self._url is not None  # noqa: S101 -- run() is not reached without it, for the type checker
        headers = {
            "content-type": "application/json; charset=utf-8",
            "stripe-signature": signature(delivery.payload, self._secret, int(time.time())),
            "user-agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
        }
        try:
            async with session.post(self._url, data=delivery.payload, headers=headers) as answer:
                return None if 200 <= answer.status < 300 else f"status {answer.status}"
        except (aiohttp.ClientError, TimeoutError) as error:
            return type(error).__name__

    def _settle(self, delivery: Delivery, failure: str | None) -> None:
        attempt = delivery.attempt + 1
        with self._store.transaction():
            if failure is None:
                self._store.finish(delivery.event_id, "delivered")
            elif attempt >= _MAX_ATTEMPTS:
                self._store.finish(delivery.event_id, "abandoned")
            else:
                due = time.time() + retry_delay(attempt)
                self._store.schedule(Delivery(delivery.event_id, due, attempt, delivery.payload))
        if failure is not None:
            _log.warning("webhook.failed", event_id=delivery.event_id, attempt=attempt, reason=failure)
