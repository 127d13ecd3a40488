"""PROVIDES_FIELDS_MISSING_EXTERNAL: a field provides what its subgraph resolves anyway."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.errors import CompositionError
from router.composition.field_set_uses import field_set_uses
from router.composition.merged import Graph


def provides_fields_missing_external(graph: Graph) -> Iterator[CompositionError]:
    """What is provided is external elsewhere here, or the promise is empty. (Federation 1 dropped it silently.)"""
    for use in field_set_uses(graph, "provides"):
        if use.sub.is_federation_1:
            continue
        for coordinates in use.leaves_resolved_here():
            yield use.error(
                "FIELDS_MISSING_EXTERNAL", f"{coordinates} is not external: {use.sub.name} resolves it itself"
            )
