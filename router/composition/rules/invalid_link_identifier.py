"""INVALID_LINK_IDENTIFIER: a link that does not say to what."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.errors import CompositionError
from router.composition.merged import Graph
from router.composition.subgraph import FEDERATION

_HOST = "https://specs.apollo.dev"


def invalid_link_identifier(graph: Graph) -> Iterator[CompositionError]:
    """A link has a URL, and the specs that we know have theirs by name and version. (Any other URL will do.)"""
    for sub in graph.subgraphs:
        for applied in sub.schema_directives:
            is_link = applied.spec == FEDERATION and applied.name == "link"
            if is_link and not any(isinstance(applied.value(name), str) for name in ("url", "feature")):
                yield CompositionError("INVALID_LINK_IDENTIFIER", "the link has no URL", (applied.place,))
        for link in sub.links:
            if link.url.startswith(_HOST) and (link.version is None or not link.name):
                message = f"{link.url!r} is no spec: expected {_HOST}/<name>/v<major>.<minor>"
                yield CompositionError("INVALID_LINK_IDENTIFIER", message, (link.place,))
