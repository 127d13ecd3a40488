"""PROVIDES_ON_NON_OBJECT_FIELD: a field provides fields of something that has none."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.errors import CompositionError
from router.composition.field_set_uses import field_set_uses
from router.composition.merged import Graph


def provides_on_non_object_field(graph: Graph) -> Iterator[CompositionError]:
    """Only what has fields can bring some along. (Federation 1 ignored it elsewhere.)"""
    for use in field_set_uses(graph, "provides"):
        if use.can_select or use.sub.is_federation_1:
            continue
        yield CompositionError(
            "PROVIDES_ON_NON_OBJECT_FIELD",
            f"@provides on {use.where}: {use.root} has no fields",
            (use.applied.place,),
        )
