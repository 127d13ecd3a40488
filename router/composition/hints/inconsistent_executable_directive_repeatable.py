"""INCONSISTENT_EXECUTABLE_DIRECTIVE_REPEATABLE: not every subgraph lets a directive for operations repeat."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.composed_directives import common_executable_definitions
from router.composition.errors import Hint
from router.composition.merged import Graph


def inconsistent_executable_directive_repeatable(graph: Graph) -> Iterator[Hint]:
    """Then clients may not repeat it."""
    for name, definitions in common_executable_definitions(graph).items():
        if len({definition.repeatable for definition in definitions}) > 1:
            yield Hint(
                "INCONSISTENT_EXECUTABLE_DIRECTIVE_REPEATABLE",
                f"@{name} is repeatable in some subgraphs only",
                tuple(definition.place for definition in definitions),
            )
