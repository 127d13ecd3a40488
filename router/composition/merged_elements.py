"""Everything in the merged graph that has a coordinate, with its versions in the subgraphs."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.merged import Graph
from router.composition.subgraph import Element, SubgraphSchema

Versions = list[tuple[SubgraphSchema, Element]]


def merged_elements(graph: Graph) -> Iterator[tuple[str, Versions]]:
    """Types, fields, arguments and enum values; of fields only those versions that define them."""
    for type_name in graph.type_names:
        parts = graph.of_type(type_name)
        yield type_name, [(sub, type_) for sub, type_ in parts]
        for name, inputs in graph.inputs(type_name).items():
            yield f"{type_name}.{name}", [(sub, item) for sub, item in inputs]
        for value in dict.fromkeys(value for _, type_ in parts for value in type_.values):
            known = [(sub, type_.values[value]) for sub, type_ in parts if value in type_.values]
            yield f"{type_name}.{value}", [(sub, item) for sub, item in known]
    for type_name, field_name, _ in graph.fields():
        defined = graph.defined(type_name, field_name)
        yield f"{type_name}.{field_name}", [(sub, field) for sub, field in defined]
        for name, arguments in graph.arguments(defined).items():
            yield f"{type_name}.{field_name}({name}:)", [(sub, item) for sub, item in arguments]
