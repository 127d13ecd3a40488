"""All that the settings say of headers, read once."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from router.gateway.forwarded_headers import ForwardedHeaders
from router.gateway.returned_headers import ReturnRules
from router.gateway.subgraph_headers import read_subgraph_headers


@dataclass(frozen=True, slots=True)
class HeaderPolicy:
    """What goes on to subgraphs, what comes back to clients, and what each subgraph is always sent."""

    forwarded: ForwardedHeaders = field(default_factory=ForwardedHeaders)
    returned: ReturnRules = field(default_factory=ReturnRules)
    fixed: Mapping[str, Mapping[str, str]] = field(default_factory=dict, repr=False)

    @classmethod
    def read(cls, forwarded: str, returned: str, fixed: str) -> HeaderPolicy:
        """Raises HeaderRuleError."""
        return cls(ForwardedHeaders(forwarded), ReturnRules(returned), read_subgraph_headers(fixed))

    def unknown_among(self, subgraphs: Collection[str]) -> list[str]:
        """The names of subgraphs that the settings have and the graph has not: a misspelt one would lose its key."""
        return sorted({*self.forwarded.subgraphs, *self.returned.subgraphs, *self.fixed}.difference(subgraphs))
