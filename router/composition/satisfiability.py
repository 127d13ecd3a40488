"""SATISFIABILITY_ERROR: a field that a valid operation can ask for and no chain of subgraphs can reach.

Walks every way through the graph at once: a state is an object type with every place (subgraph, and what is
provided there) that the same path of fields can have led to. From each state each field must have a way on from
at least one of these places. There are finitely many states, and each is looked at once.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from router.composition.errors import CompositionError
from router.composition.places import Place
from router.planning.budget import Budget
from router.planning.choices import Position
from router.planning.errors import PlanningBudgetError
from router.planning.operation import FieldSelection, SelectionSet
from router.planning.walk import Walker
from router.supergraph.model import Supergraph, Type, named_type

_BUDGET = 5_000_000
_TYPENAME = SelectionSet((FieldSelection("__typename", "__typename", "String"),))
_State = tuple[str, frozenset[Position]]


def unsatisfiable(supergraph: Supergraph) -> list[CompositionError]:
    """One error for each field that cannot be reached from somewhere, with the shortest path to it."""
    search = _Search(supergraph)
    try:
        return search.run()
    except PlanningBudgetError as error:
        return [CompositionError("SATISFIABILITY_ERROR", f"the graph is too large to be checked: {error}")]


class _Search:
    def __init__(self, supergraph: Supergraph) -> None:
        self.supergraph = supergraph
        self.walker = Walker(supergraph, Budget(_BUDGET))
        self.seen: set[_State] = set()
        self.queue: deque[tuple[_State, str]] = deque()

    def run(self) -> list[CompositionError]:
        for root in self.supergraph.roots.values():
            self._enter((root, frozenset({Position(root, None)})), root)
        errors: dict[tuple[str, str], CompositionError] = {}
        while self.queue:
            (type_name, positions), path = self.queue.popleft()
            for field_name in self._visible(self.supergraph.types[type_name]):
                landings = set(self._landings(type_name, field_name, positions))
                if not landings:
                    errors.setdefault((type_name, field_name), _error(type_name, field_name, positions, path))
                    continue
                self._follow(landings, f"{path}.{field_name}")
        return list(errors.values())

    def _visible(self, type_: Type) -> Iterator[str]:
        described = self.supergraph.schema.type_map.get(type_.name)
        fields = getattr(described, "fields", {})
        return (name for name in type_.fields if name in fields)

    def _landings(self, type_name: str, field_name: str, positions: frozenset[Position]) -> Iterator[Position | None]:
        """Where the field leads from any of the positions; None stands for the value of a leaf."""
        model = self.supergraph.types[type_name].fields[field_name]
        returned = named_type(model.type)
        is_composite = returned in self.supergraph.types and self.supergraph.types[returned].is_composite
        selection = FieldSelection(field_name, field_name, returned, selections=_TYPENAME if is_composite else None)
        for position in sorted(positions, key=repr):
            for option in self.walker.every_option(position, selection):
                yield option.below

    def _follow(self, landings: set[Position | None], path: str) -> None:
        """Enters a state for each object type that the landings can be."""
        by_type: dict[str, set[Position]] = {}
        for landing in landings:
            if landing is None:
                continue
            for member in self.supergraph.members_in(landing.subgraph or "", landing.type_name):
                at = Position(member, landing.subgraph, landing.provided)
                by_type.setdefault(member, set()).add(at)
        for type_name, positions in by_type.items():
            self._enter((type_name, frozenset(positions)), path)

    def _enter(self, state: _State, path: str) -> None:
        if state not in self.seen:
            self.seen.add(state)
            self.queue.append((state, path))


def _error(type_name: str, field_name: str, positions: frozenset[Position], path: str) -> CompositionError:
    subgraphs = tuple(Place(name) for name in sorted({position.subgraph or "" for position in positions} - {""}))
    return CompositionError(
        "SATISFIABILITY_ERROR",
        f"{type_name}.{field_name} cannot be reached at {path}: no key leads there",
        subgraphs,
    )
