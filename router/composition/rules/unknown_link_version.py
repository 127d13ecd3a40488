"""UNKNOWN_LINK_VERSION: a version of one of federation's companion specs that this composition does not know."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from router.composition.errors import CompositionError
from router.composition.merged import Graph

_KNOWN: Mapping[str, frozenset[tuple[int, int]]] = {
    "authenticated": frozenset({(0, 1)}),
    "context": frozenset({(0, 1)}),
    "core": frozenset({(0, 1), (0, 2)}),
    "cost": frozenset({(0, 1)}),
    "inaccessible": frozenset({(0, 1), (0, 2)}),
    "link": frozenset({(1, 0)}),
    "policy": frozenset({(0, 1)}),
    "requiresScopes": frozenset({(0, 1)}),
    "tag": frozenset({(0, 1), (0, 2), (0, 3)}),
}


def unknown_link_version(graph: Graph) -> Iterator[CompositionError]:
    """Composition acts on these specs, and on another version it would act wrongly. Those of others pass through."""
    for sub in graph.subgraphs:
        for link in sub.links:
            known = _KNOWN.get(link.name) if link.is_apollo else None
            if known is not None and link.version is not None and link.version not in known:
                written = ".".join(map(str, link.version))
                message = f"there is no v{written} of the spec {link.name} known here"
                yield CompositionError("UNKNOWN_LINK_VERSION", message, (link.place,))
