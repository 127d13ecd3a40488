"""SATISFIABILITY_ERROR: a field that a valid operation can ask for and no chain of subgraphs can reach."""

from __future__ import annotations

from collections.abc import Iterator

from router.composition.errors import CompositionError
from router.composition.satisfiability import unsatisfiable
from router.composition.wording import listed
from router.supergraph.labels import with_labels
from router.supergraph.model import Supergraph


def satisfiability_error(supergraph: Supergraph) -> Iterator[CompositionError]:
    """Each such field once, with an operation that shows it; also while labels move fields, one or all of them."""
    known = {error.message: error for error in unsatisfiable(supergraph)}
    yield from known.values()
    labels = sorted({override.label for override in supergraph.overrides})
    for active in dict.fromkeys([*((label,) for label in labels), tuple(labels)]):
        for error in unsatisfiable(with_labels(supergraph, active)) if active else ():
            if error.message not in known:
                known[error.message] = error
                message = f"with the override label {listed(active)}, {error.message}"
                yield CompositionError(error.code, message, error.places)
