"""INCONSISTENT_TYPE_SYSTEM_DIRECTIVE_LOCATIONS: subgraphs allow a composed directive in different places."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.composed_directives import OwnDirectives
from router.composition.errors import Hint
from router.composition.merged import Graph


def inconsistent_type_system_directive_locations(graph: Graph) -> Iterator[Hint]:
    """The supergraph allows it wherever any of them does."""
    for name, composed in OwnDirectives(graph).composed.items():
        if len({frozenset(definition.locations) for definition in composed.definitions}) > 1:
            yield Hint(
                "INCONSISTENT_TYPE_SYSTEM_DIRECTIVE_LOCATIONS",
                f"@{name} is not allowed in the same places by all subgraphs",
                tuple(definition.place for definition in composed.definitions),
            )
