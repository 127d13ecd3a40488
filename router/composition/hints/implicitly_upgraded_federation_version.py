"""IMPLICITLY_UPGRADED_FEDERATION_VERSION: a subgraph uses what came after the version it links."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.errors import Hint
from router.composition.links import LINKED_FEATURES_SINCE
from router.composition.merged import Graph


def implicitly_upgraded_federation_version(graph: Graph) -> Iterator[Hint]:
    """It links a spec that the federation version it names did not have; it is read as if it named a newer one."""
    for sub in graph.subgraphs:
        for link in sub.links:
            since = LINKED_FEATURES_SINCE.get(link.identity)
            if since is not None and (2, 0) <= sub.federation < since:
                named, needed = (".".join(map(str, version)) for version in (sub.federation, since))
                yield Hint(
                    "IMPLICITLY_UPGRADED_FEDERATION_VERSION",
                    f"{sub.name} links federation {named}, but {link.url} needs {needed}",
                    (link.place,),
                )
