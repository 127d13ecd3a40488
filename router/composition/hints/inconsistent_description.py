"""INCONSISTENT_DESCRIPTION: subgraphs describe one thing in several ways."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.errors import Hint
from router.composition.merge_texts import merged_description
from router.composition.merged import Graph
from router.composition.merged_elements import merged_elements
from router.composition.wording import listed


def inconsistent_description(graph: Graph) -> Iterator[Hint]:
    """The supergraph has the description that most of them give."""
    for coordinate, versions in merged_elements(graph):
        described = [(sub.name, element) for sub, element in versions if element.description]
        kept = merged_description(element for _, element in described)
        others = [name for name, element in described if element.description != kept]
        if others:
            yield Hint(
                "INCONSISTENT_DESCRIPTION",
                f"{coordinate} is described differently in {listed(others)}",
                tuple(element.place for _, element in described),
            )
