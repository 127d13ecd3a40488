"""INPUT_FIELD_DEFAULT_MISMATCH: subgraphs disagree on what an input field is when a client leaves it out."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.errors import CompositionError
from router.composition.merged import Graph
from router.composition.wording import by_subgraph
from router.supergraph.model import TypeKind


def input_field_default_mismatch(graph: Graph) -> Iterator[CompositionError]:
    """Some may have no default, but there must not be two."""
    for type_name, _ in graph.types_of(TypeKind.INPUT_OBJECT):
        for name, parts in graph.inputs(type_name).items():
            defaults = [(part.default, sub.name) for sub, part in parts if part.default is not None]
            if len({default for default, _ in defaults}) > 1:
                yield CompositionError(
                    "INPUT_FIELD_DEFAULT_MISMATCH",
                    f"{type_name}.{name} has the default {by_subgraph(defaults)}",
                    tuple(part.place for _, part in parts),
                )
