"""UNKNOWN_FEDERATION_LINK_VERSION: a version of federation that this composition does not know."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.errors import CompositionError
from router.composition.federation_spec import NEWEST, is_known
from router.composition.links import FEDERATION_IDENTITY
from router.composition.merged import Graph


def unknown_federation_link_version(graph: Graph) -> Iterator[CompositionError]:
    """What its directives mean would be a guess."""
    for sub in graph.subgraphs:
        for link in sub.links:
            if link.identity == FEDERATION_IDENTITY and link.version is not None and not is_known(link.version):
                written, newest = (".".join(map(str, version)) for version in (link.version, NEWEST))
                yield CompositionError(
                    "UNKNOWN_FEDERATION_LINK_VERSION",
                    f"there is no federation v{written}, or it is newer than v{newest}, the last one known here",
                    (link.place,),
                )
