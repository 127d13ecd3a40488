"""EXTERNAL_UNUSED: an external field that nothing in the subgraph mentions."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.errors import CompositionError
from router.composition.merged import Graph
from router.composition.read_subgraph import parsed
from router.composition.selections import selected_fields
from router.composition.subgraph import SubgraphSchema
from router.supergraph.field_set import FieldSet
from router.supergraph.model import named_type


def external_unused(graph: Graph) -> Iterator[CompositionError]:
    """An external field is there for a @key, a @requires, a @provides, or an interface."""
    for sub in graph.subgraphs:
        if sub.federation == 1:
            continue
        used = {
            (type_name, field.name)
            for start, field_set in _field_sets(sub)
            for type_name, field in selected_fields(sub, start, field_set)
        }
        for type_ in sub.types.values():
            for field in type_.fields.values():
                if not field.external or (type_.name, field.name) in used:
                    continue
                if any(field.name in sub.types[name].fields for name in type_.interfaces if name in sub.types):
                    continue
                yield CompositionError(
                    "EXTERNAL_UNUSED", f"{type_.name}.{field.name} is external, but not used", (sub.name,)
                )


def _field_sets(sub: SubgraphSchema) -> Iterator[tuple[str, FieldSet]]:
    for type_ in sub.types.values():
        for key in type_.keys:
            yield type_.name, key.fields
        for field in type_.fields.values():
            if field.requires is not None:
                yield type_.name, parsed(field.requires)
            if field.provides is not None:
                yield named_type(field.type), parsed(field.provides)
