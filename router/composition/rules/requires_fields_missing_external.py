"""REQUIRES_FIELDS_MISSING_EXTERNAL: a field requires what its subgraph resolves itself."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.errors import CompositionError
from router.composition.merged import Graph
from router.composition.selections import parsed


def requires_fields_missing_external(graph: Graph) -> Iterator[CompositionError]:
    """The top-level fields of a requirement are external, or there would be nothing to ask of others."""
    for sub in graph.subgraphs:
        for type_ in sub.types.values():
            for field in type_.fields.values():
                for item in parsed(field.requires or "__typename"):
                    name = getattr(item, "name", "__typename")
                    wanted = type_.fields.get(name)
                    if wanted is None or wanted.external or sub.is_federation_1:
                        continue
                    yield CompositionError(
                        "REQUIRES_FIELDS_MISSING_EXTERNAL",
                        f"{type_.name}.{field.name} requires {name}, which is not external",
                        (field.place,),
                    )
