"""What subgraphs are told of the client: its authorization, where it is, and what the settings name."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from router.gateway.context import RequestContext
from router.gateway.header_rules import HOP_BY_HOP, OURS, HeaderRules, read_rules

_FORWARDED_FOR = "x-forwarded-for"


class ForwardedHeaders:
    """Headers for the subgraphs by rules that are read once. Without rules a request costs nothing more."""

    def __init__(self, rules: str = "") -> None:
        """Raises HeaderRuleError."""
        self._rules: HeaderRules = read_rules(rules, HOP_BY_HOP | OURS)

    @property
    def subgraphs(self) -> Collection[str]:
        """Those with rules of their own."""
        return self._rules.by_subgraph.keys()

    def names(self, name: str) -> bool:
        """Whether a rule means this header."""
        return name in self._rules.every or any(name in names for names in self._rules.by_subgraph.values())

    def for_every(self, context: RequestContext) -> dict[str, str]:
        """Those for every subgraph.

        `x-forwarded-for` ends with the address that we ourselves know; what the client says of it stands before.
        Without such an address the header is left out, since its last entry would be the client's own.
        """
        sent = context.headers
        headers = _sendable(self._rules.every.of(sent), sent) if self._rules.every else {}
        authorization = sent.get("authorization")
        if authorization is not None:
            headers["authorization"] = authorization
        if context.client_address is not None:
            said = sent.get(_FORWARDED_FOR)
            headers[_FORWARDED_FOR] = f"{said}, {context.client_address}" if said else context.client_address
        return headers

    def by_subgraph(self, context: RequestContext) -> Mapping[str, Mapping[str, str]]:
        """Those for one subgraph beside them."""
        sent = context.headers
        return {name: _sendable(names.of(sent), sent) for name, names in self._rules.by_subgraph.items()}


def _sendable(found: dict[str, str], sent: Mapping[str, str]) -> dict[str, str]:
    """Without what the client says is of its connection alone, and as the bytes that came."""
    for name in sent.get("connection", "").lower().split(","):
        found.pop(name.strip(), None)
    return {name: value if value.isascii() else _as_it_came(value) for name, value in found.items()}


def _as_it_came(value: str) -> str:
    # The server reads headers as Latin-1, the client of subgraphs writes them as UTF-8.
    return value.encode("latin-1", "replace").decode("utf-8", "replace")
