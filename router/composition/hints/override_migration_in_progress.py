"""OVERRIDE_MIGRATION_IN_PROGRESS: two subgraphs resolve a field, and a label decides which."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.errors import Hint
from router.composition.merged import Graph


def override_migration_in_progress(graph: Graph) -> Iterator[Hint]:
    """It is not finished before the label is gone."""
    for type_name, field_name, mentions in graph.fields():
        labels = graph.labels(type_name, field_name)
        for sub, field in mentions:
            if sub.name in labels and field.override:
                yield Hint(
                    "OVERRIDE_MIGRATION_IN_PROGRESS",
                    f"{type_name}.{field_name} moves from {field.override} to {sub.name} by the label "
                    f"{labels[sub.name]!r}",
                    (field.place,),
                )
