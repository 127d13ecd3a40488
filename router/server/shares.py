"""How much one client may hold open at once, so that it leaves something to the others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager

from router.gateway.context import RequestContext
from router.gateway.errors import GatewayError


class TooManySubscriptionsError(GatewayError):
    """The client has as many open as it may."""

    def __init__(self, most: int) -> None:
        super().__init__("TOO_MANY_SUBSCRIPTIONS", f"a client may have {most} subscriptions open", 429)


class TooManyConnectionsError(GatewayError):
    """The client has as many websockets open as it may, or all clients together have."""

    def __init__(self, most: int) -> None:
        super().__init__("TOO_MANY_CONNECTIONS", f"{most} websockets are open already", 429)


class TooManyUploadsError(GatewayError):
    """The client sends as many requests with files as it may, or all clients together do."""

    def __init__(self, most: int) -> None:
        super().__init__("TOO_MANY_UPLOADS", f"{most} requests with files are under way already", 429)


class Shares:
    """Counts what is open, of each client and of all."""

    def __init__(self, most_each: int, most: int | None = None) -> None:
        self._most_each = most_each
        self._most = most
        self._open: Counter[Hashable] = Counter()
        self._all = 0

    @contextmanager
    def one(self, client: Hashable, refusal: Callable[[int], GatewayError]) -> Iterator[None]:
        """One more, while the context lasts; raises the refusal of the bound that it would pass."""
        if self._most is not None and self._all >= self._most:
            raise refusal(self._most)
        if self._open[client] >= self._most_each:
            raise refusal(self._most_each)
        self._open[client] += 1
        self._all += 1
        try:
            yield
        finally:
            self._all -= 1
            self._open[client] -= 1
            if not self._open[client]:
                del self._open[client]

    def __len__(self) -> int:
        return self._all


def client_of(context: RequestContext) -> Hashable:
    """Who asks: the one whom a verified token speaks for (`sub`, within the tenant `tid`), or else an address."""
    claims = context.identity.claims if context.identity is not None else {}
    if "sub" in claims:
        return "token", str(claims["sub"]), str(claims.get("tid"))
    return "address", context.client_address
