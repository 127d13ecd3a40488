"""INCONSISTENT_TYPE_SYSTEM_DIRECTIVE_REPEATABLE: a composed directive may repeat in some subgraphs only."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.composed_directives import OwnDirectives
from router.composition.errors import Hint
from router.composition.merged import Graph


def inconsistent_type_system_directive_repeatable(graph: Graph) -> Iterator[Hint]:
    """In the supergraph it may."""
    for name, composed in OwnDirectives(graph).composed.items():
        if len({definition.repeatable for definition in composed.definitions}) > 1:
            yield Hint(
                "INCONSISTENT_TYPE_SYSTEM_DIRECTIVE_REPEATABLE",
                f"@{name} is repeatable in some subgraphs only",
                tuple(definition.place for definition in composed.definitions),
            )
