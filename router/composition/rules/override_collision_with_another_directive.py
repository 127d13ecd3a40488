"""OVERRIDE_COLLISION_WITH_ANOTHER_DIRECTIVE: an @override beside a directive that makes it impossible."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.errors import CompositionError
from router.composition.merged import Graph


def override_collision_with_another_directive(graph: Graph) -> Iterator[CompositionError]:
    """Who takes a field over resolves it. While a label decides, the source needs nothing for it that others have."""
    for type_name, field_name, mentions in graph.fields():
        by_name = {sub.name: field for sub, field in mentions}
        for sub, field in mentions:
            if field.override is None:
                continue
            if field.has("external"):
                yield CompositionError(
                    "OVERRIDE_COLLISION_WITH_ANOTHER_DIRECTIVE",
                    f"{type_name}.{field_name} has @override and @external in {sub.name}",
                    (field.place,),
                )
            source = by_name.get(field.override)
            if source is None or field.override_label is None:
                continue
            for directive in ("requires", "provides"):
                if source.has(directive):
                    yield CompositionError(
                        "OVERRIDE_COLLISION_WITH_ANOTHER_DIRECTIVE",
                        f"{type_name}.{field_name} cannot be overridden with a label in {sub.name}, because it has "
                        f"@{directive} in {field.override}",
                        (field.place, source.place),
                    )
