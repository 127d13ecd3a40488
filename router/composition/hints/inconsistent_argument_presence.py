"""INCONSISTENT_ARGUMENT_PRESENCE: not every subgraph that has a field knows an argument of it."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.errors import Hint
from router.composition.merged import Graph
from router.composition.wording import listed


def inconsistent_argument_presence(graph: Graph) -> Iterator[Hint]:
    """Then no client can give it: it is not in the supergraph."""
    for type_name, field_name, _ in graph.fields():
        defined = graph.defined(type_name, field_name)
        for argument, having in graph.arguments(defined).items():
            without = [sub.name for sub, field in defined if argument not in field.arguments]
            if without:
                yield Hint(
                    "INCONSISTENT_ARGUMENT_PRESENCE",
                    f"{type_name}.{field_name}({argument}:) is left out of the supergraph: it is "
                    f"missing in {listed(without)}",
                    tuple(part.place for _, part in having),
                )
