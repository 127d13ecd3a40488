"""INCONSISTENT_NON_REPEATABLE_DIRECTIVE_ARGUMENTS: one directive, on one element, with several arguments."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.directives_by_element import directives_by_element
from router.composition.errors import Hint
from router.composition.merge_directives import is_merged_by_argument, most_common
from router.composition.merged import Graph
from router.composition.wording import by_subgraph


def inconsistent_non_repeatable_directive_arguments(graph: Graph) -> Iterator[Hint]:
    """The supergraph has those that most subgraphs give."""
    for coordinate, name, applications in directives_by_element(graph):
        said = [(applied.printed_arguments or "()", applied.place.subgraph) for applied in applications]
        if len({arguments for arguments, _ in said}) > 1 and not is_merged_by_argument(applications[0]):
            yield Hint(
                "INCONSISTENT_NON_REPEATABLE_DIRECTIVE_ARGUMENTS",
                f"@{name} on {coordinate} keeps {most_common(arguments for arguments, _ in said)}: it has "
                f"{by_subgraph(said)}",
                tuple(applied.place for applied in applications),
            )
