"""MERGED_DIRECTIVE_APPLICATION_ON_EXTERNAL: a subgraph says something for clients about others' field."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.composed_directives import OwnDirectives
from router.composition.errors import CompositionError
from router.composition.merged import Graph
from router.composition.subgraph import BUILT_IN


def merged_directive_application_on_external(graph: Graph) -> Iterator[CompositionError]:
    """What the supergraph keeps of a field is said where the field is defined."""
    own = OwnDirectives(graph)
    for type_name, field_name, mentions in graph.fields():
        for sub, field in mentions:
            if not field.external or sub.is_federation_1:
                continue
            for applied in field.directives:
                if applied.spec != BUILT_IN and own.keeps(applied):
                    yield CompositionError(
                        "MERGED_DIRECTIVE_APPLICATION_ON_EXTERNAL",
                        f"@{applied.written}{applied.printed_arguments} is on {type_name}.{field_name}, "
                        f"which is external in {sub.name}",
                        (applied.place,),
                    )
