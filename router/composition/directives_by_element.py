"""Directives that may stand once on an element of the supergraph, with all their applications in the subgraphs."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.composed_directives import OwnDirectives
from router.composition.merge_directives import supergraph_name
from router.composition.merged import Graph
from router.composition.merged_elements import merged_elements
from router.composition.subgraph import Applied


def directives_by_element(graph: Graph) -> Iterator[tuple[str, str, list[Applied]]]:
    """Coordinate, name of the directive, and its applications where there are several."""
    own = OwnDirectives(graph)
    for coordinate, versions in merged_elements(graph):
        by_name: dict[str, list[Applied]] = {}
        for _, element in versions:
            for applied in element.directives:
                if own.keeps(applied) and not own.is_repeatable(applied):
                    by_name.setdefault(supergraph_name(applied), []).append(applied)
        yield from ((coordinate, name, found) for name, found in by_name.items() if len(found) > 1)
