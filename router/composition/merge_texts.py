"""Which description the supergraph has."""

from __future__ import annotations

from collections.abc import Iterable

from router.composition.subgraph import Element


def merged_description(elements: Iterable[Element]) -> str | None:
    """The description that most subgraphs give; among equals that of the first subgraph by name."""
    found = [element.description for element in elements if element.description]
    return max(found, key=found.count, default=None)
