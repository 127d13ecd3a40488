"""What of an operation is deferred, place by place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from router.planning.fetch_graph import Conditions, Path, TypeIs
from router.planning.operation import DeferredPart, FieldSelection, FragmentSelection, Operation, SelectionSet
from router.supergraph.model import Supergraph


@dataclass(frozen=True, slots=True, eq=False)
class DeferredPiece:
    """What a deferred part has at one place: `selections` of the objects at `path`, which are of `type_name`.

    A part has several where some of what it asks for is asked for without it too: the rest of an object below. `path`
    begins at the objects of the piece `inside` which it lies, or at the root; `conditions` are those on the way.
    """

    part: DeferredPart
    inside: DeferredPiece | None
    path: Path
    conditions: Conditions
    type_name: str
    selections: SelectionSet

    def asks_something(self, variables: Mapping[str, object]) -> bool:
        """Whether anything is left of it under the conditions that hold."""
        return _hold(self.conditions, variables) and _asks_something(self.selections, variables)


@dataclass(frozen=True, slots=True)
class _Around:
    """The place that a search has come to."""

    inside: DeferredPiece | None = None
    path: Path = ()
    conditions: Conditions = ()


def deferred_pieces(supergraph: Supergraph, operation: Operation) -> tuple[DeferredPiece, ...]:
    """Each after the one that it lies inside of."""
    return tuple(_pieces(supergraph, operation.selections, _Around()))


def _pieces(supergraph: Supergraph, selections: SelectionSet, around: _Around) -> Iterator[DeferredPiece]:
    for item in selections:
        if isinstance(item, FieldSelection):
            if item.selections is not None:
                path, conditions = (*around.path, item.response_key), (*around.conditions, *item.conditions)
                yield from _pieces(supergraph, item.selections, _Around(around.inside, path, conditions))
        elif item.part is not None:
            piece = DeferredPiece(
                item.part, around.inside, around.path, around.conditions, item.type_name, item.selections
            )
            yield piece
            yield from _pieces(supergraph, item.selections, _Around(piece, (), around.conditions))
        else:
            path = (*around.path, TypeIs(supergraph.possible_types(item.type_name)))
            yield from _pieces(supergraph, item.selections, replace(around, path=path))


def _asks_something(selections: SelectionSet, variables: Mapping[str, object]) -> bool:
    for item in selections:
        if isinstance(item, FragmentSelection):
            if item.part is None and _asks_something(item.selections, variables):
                return True
        elif _hold(item.conditions, variables):
            return True
    return False


def _hold(conditions: Conditions, variables: Mapping[str, object]) -> bool:
    return all(variables.get(name) is wanted for name, wanted in conditions)
