"""INCONSISTENT_BUT_COMPATIBLE_ARGUMENT_TYPE: some subgraphs can do without an argument, some cannot."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.errors import Hint
from router.composition.merged import Graph
from router.composition.wording import by_subgraph


def inconsistent_but_compatible_argument_type(graph: Graph) -> Iterator[Hint]:
    """Clients must satisfy the strictest of the types."""
    for type_name, field_name, _ in graph.fields():
        for argument, parts in graph.merged_arguments(graph.defined(type_name, field_name)).items():
            merged = graph.merged_input(parts)
            if merged and len({part.type for _, part in parts}) > 1:
                yield Hint(
                    "INCONSISTENT_BUT_COMPATIBLE_ARGUMENT_TYPE",
                    f"{type_name}.{field_name}({argument}:) becomes {merged}: it is "
                    f"{by_subgraph((part.type, sub.name) for sub, part in parts)}",
                    tuple(part.place for _, part in parts),
                )
