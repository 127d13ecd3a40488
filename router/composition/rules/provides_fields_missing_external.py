"""PROVIDES_FIELDS_MISSING_EXTERNAL: a field provides what its subgraph can resolve anyway."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.errors import CompositionError
from router.composition.merged import Graph
from router.composition.selections import parsed, selected_fields
from router.supergraph.model import named_type


def provides_fields_missing_external(graph: Graph) -> Iterator[CompositionError]:
    """At least one of the fields provided is external, or the promise is empty."""
    for sub in graph.subgraphs:
        for type_ in sub.types.values():
            for field in type_.fields.values():
                if field.provides is None or sub.is_federation_1:
                    continue
                found = list(selected_fields(sub, named_type(field.type), parsed(field.provides)))
                if found and not any(selected.external for _, selected in found):
                    yield CompositionError(
                        "PROVIDES_FIELDS_MISSING_EXTERNAL",
                        f"{type_.name}.{field.name} provides only what {sub.name} resolves itself",
                        (field.place,),
                    )
