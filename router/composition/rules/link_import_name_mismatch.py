"""LINK_IMPORT_NAME_MISMATCH: one directive of the supergraph goes by several names in the subgraphs."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.errors import CompositionError
from router.composition.links import FEDERATION_IDENTITY
from router.composition.merged import Graph
from router.composition.places import Place
from router.composition.wording import by_subgraph

_MERGED = ("tag", "inaccessible", "authenticated", "requiresScopes", "policy", "cost", "listSize")


def link_import_name_mismatch(graph: Graph) -> Iterator[CompositionError]:
    """A directive that the supergraph keeps is imported under the same name everywhere."""
    for name in _MERGED:
        found: list[tuple[str, str, Place]] = [
            (item.local, sub.name, link.place)
            for sub in graph.subgraphs
            for link in sub.links
            if link.identity == FEDERATION_IDENTITY
            for item in link.imports
            if item.name == f"@{name}"
        ]
        if len({local for local, _, _ in found}) > 1:
            yield CompositionError(
                "LINK_IMPORT_NAME_MISMATCH",
                f"@{name} is imported as {by_subgraph((local, sub) for local, sub, _ in found)}",
                tuple(place for _, _, place in found),
            )
