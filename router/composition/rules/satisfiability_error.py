"""SATISFIABILITY_ERROR: a field that a valid operation can ask for and no chain of subgraphs can reach."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.errors import CompositionError
from router.composition.satisfiability import unsatisfiable
from router.supergraph.model import Supergraph


def satisfiability_error(supergraph: Supergraph) -> Iterator[CompositionError]:
    """Each such field once, with the shortest operation that shows it."""
    yield from unsatisfiable(supergraph)
