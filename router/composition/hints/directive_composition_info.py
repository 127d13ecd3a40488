"""DIRECTIVE_COMPOSITION_INFO: subgraphs link different versions of the spec of a composed directive."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.composed_directives import OwnDirectives
from router.composition.errors import Hint
from router.composition.merged import Graph
from router.composition.wording import by_subgraph


def directive_composition_info(graph: Graph) -> Iterator[Hint]:
    """The supergraph links the newest of them."""
    for name, composed in OwnDirectives(graph).composed.items():
        if len({link.version for _, link in composed.asked}) > 1:
            yield Hint(
                "DIRECTIVE_COMPOSITION_INFO",
                f"@{name} comes by {composed.link.url}: the links are "
                f"{by_subgraph((link.url, sub.name) for sub, link in composed.asked)}",
                tuple(link.place for _, link in composed.asked),
            )
