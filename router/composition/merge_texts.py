"""Which description the supergraph has."""

from __future__ import annotations

from collections.abc import Iterable

from router.composition.subgraph import Element


def merged_description(elements: Iterable[Element]) -> str | None:
    """The description that most subgraphs give; among equals the longest, then the first of the alphabet."""
    found = [element.description for element in elements if element.description]
    if not found:
        return None
    return min(found, key=lambda text: (-found.count(text), -len(text), text))
