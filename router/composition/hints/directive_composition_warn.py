"""DIRECTIVE_COMPOSITION_WARN: a directive is composed, but not from every subgraph that applies it."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.composed_directives import OwnDirectives
from router.composition.errors import Hint
from router.composition.merged import Graph
from router.composition.merged_elements import merged_elements
from router.composition.places import Place


def directive_composition_warn(graph: Graph) -> Iterator[Hint]:
    """What a subgraph does not ask for with @composeDirective is left out of the supergraph."""
    own = OwnDirectives(graph)
    left_out: dict[tuple[str, str], Place] = {}
    for _, versions in merged_elements(graph):
        for sub, element in versions:
            for applied in element.directives:
                if applied.written in own.composed and not own.keeps(applied):
                    left_out.setdefault((applied.written, sub.name), applied.place)
    for (name, subgraph), place in sorted(left_out.items()):
        yield Hint(
            "DIRECTIVE_COMPOSITION_WARN",
            f"@{name} is composed, but {subgraph} does not ask for that with @composeDirective",
            (place,),
        )
