"""What clients are told of subgraphs' headers: cookies, and what else the settings name."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from router.gateway.header_rules import HOP_BY_HOP, NONE, OURS, HeaderRules, read_rules

# What one answer says of itself holds for no response that was put together from several.
_OF_ONE_ANSWER = frozenset(
    {
        "age",
        "allow",
        "cache-control",
        "date",
        "etag",
        "expires",
        "last-modified",
        "location",
        "retry-after",
        "server",
        "vary",
        "www-authenticate",
    }
)
_APPENDED = "set-cookie"
_MOST = 100


class ReturnRules:
    """Which headers come back, read once."""

    def __init__(self, rules: str = "") -> None:
        """Raises HeaderRuleError."""
        self._rules = read_rules(rules, HOP_BY_HOP | OURS | _OF_ONE_ANSWER)

    @property
    def subgraphs(self) -> Collection[str]:
        """Those with rules of their own."""
        return self._rules.by_subgraph.keys()

    def collect(self) -> ReturnedHeaders | None:
        """An empty collection, for one request; None where nothing comes back anyway."""
        return ReturnedHeaders(self._rules) if self._rules else None


class ReturnedHeaders:
    """The headers of one response: every `set-cookie`, and of any other header that of the answer that came last."""

    def __init__(self, rules: HeaderRules) -> None:
        self._rules = rules
        self._cookies: list[bytes] = []
        self._last: dict[str, bytes] = {}

    def take(self, subgraph: str, headers: Iterable[tuple[bytes, bytes]]) -> None:
        """The headers of one answer. What is more than a response can have is left out."""
        every, own = self._rules.every, self._rules.by_subgraph.get(subgraph, NONE)
        for raw_name, value in headers:
            name = raw_name.decode("latin-1").lower()
            if name not in every and name not in own:
                continue
            if name == _APPENDED and len(self._cookies) < _MOST:
                self._cookies.append(value)
            elif name != _APPENDED and (name in self._last or len(self._last) < _MOST):
                self._last[name] = value

    def lines(self) -> list[tuple[bytes, bytes]]:
        """As ASGI has them."""
        last = [(name.encode("latin-1"), value) for name, value in self._last.items()]
        return last + [(_APPENDED.encode(), value) for value in self._cookies]
