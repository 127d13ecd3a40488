"""MERGED_NON_REPEATABLE_DIRECTIVE_ARGUMENTS: the arguments of a directive in several subgraphs were combined."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.directives_by_element import directives_by_element
from router.composition.errors import Hint
from router.composition.merge_directives import is_merged_by_argument
from router.composition.merged import Graph
from router.composition.wording import by_subgraph


def merged_non_repeatable_directive_arguments(graph: Graph) -> Iterator[Hint]:
    """What restricts access adds up, costs take the dearest."""
    for coordinate, name, applications in directives_by_element(graph):
        said = [(applied.printed_arguments, applied.place.subgraph) for applied in applications]
        if len({arguments for arguments, _ in said}) > 1 and is_merged_by_argument(applications[0]):
            yield Hint(
                "MERGED_NON_REPEATABLE_DIRECTIVE_ARGUMENTS",
                f"@{name} on {coordinate} combines {by_subgraph(said)}",
                tuple(applied.place for applied in applications),
            )
