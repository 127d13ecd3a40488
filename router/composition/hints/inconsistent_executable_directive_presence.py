"""INCONSISTENT_EXECUTABLE_DIRECTIVE_PRESENCE: not every subgraph knows a directive for operations."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.composed_directives import executable_names
from router.composition.errors import Hint
from router.composition.merged import Graph
from router.composition.wording import listed


def inconsistent_executable_directive_presence(graph: Graph) -> Iterator[Hint]:
    """Then no client can use it: it is not in the supergraph."""
    for name in sorted({name for sub in graph.subgraphs for name in executable_names(sub)}):
        without = [sub.name for sub in graph.subgraphs if name not in executable_names(sub)]
        if without:
            yield Hint(
                "INCONSISTENT_EXECUTABLE_DIRECTIVE_PRESENCE",
                f"@{name} is left out of the supergraph: it is missing in {listed(without)}",
                tuple(
                    sub.directive_definitions[name].place
                    for sub in graph.subgraphs
                    if name in sub.directive_definitions
                ),
            )
