"""OVERRIDDEN_FIELD_CAN_BE_REMOVED: a field that another subgraph has taken over for good."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.errors import Hint
from router.composition.merged import Graph


def overridden_field_can_be_removed(graph: Graph) -> Iterator[Hint]:
    """Nobody asks its subgraph for it any more; where that needs it for itself, it can be external."""
    for type_name, field_name, mentions in graph.fields():
        gone = graph.overridden(type_name, field_name)
        for sub, field in mentions:
            if sub.name in gone:
                what = "made external" if graph.uses(sub, type_name, field_name) else "removed"
                yield Hint(
                    "OVERRIDDEN_FIELD_CAN_BE_REMOVED",
                    f"{type_name}.{field_name} is overridden in {sub.name} and can be {what} there",
                    (field.place,),
                )
