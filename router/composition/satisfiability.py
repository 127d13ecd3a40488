"""Fields that a valid operation can ask for and no chain of subgraphs can reach.

Walks every way through the graph at once: a state is an object type with every place (subgraph, and what is
provided there) that the same path of fields can have led to. From each state each field must have a way on from
at least one of these places. There are finitely many states, and each is looked at once; one that has all the
places of another state of its type, and more, can do whatever that one can and is not looked at. Nor are fields that
the same subgraphs have in the same way: one is looked at for all of them.

An object behind an interface object is in such a place, too, and in those of the subgraphs that know its type.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import replace

from router.composition.errors import CompositionError
from router.composition.places import Place
from router.composition.unreachable import Path, Reasons, operation_text
from router.planning.budget import Budget
from router.planning.choices import Position
from router.planning.errors import PlanningBudgetError
from router.planning.operation import FieldSelection, SelectionSet
from router.planning.walk import Walker
from router.supergraph.model import Field, Supergraph, Type, named_type

_BUDGET = 5_000_000
_CODE = "SATISFIABILITY_ERROR"
_TYPENAME = FieldSelection("__typename", "__typename", "String")
_ANYTHING = SelectionSet((_TYPENAME,))
_Positions = frozenset[Position]


def unsatisfiable(supergraph: Supergraph, budget: int = _BUDGET) -> list[CompositionError]:
    """One error for each field that cannot be reached from somewhere, with the shortest path to it."""
    search = _Search(supergraph, budget)
    try:
        return search.run()
    except PlanningBudgetError as error:
        return [CompositionError(_CODE, f"the graph is too large to be checked: {error}")]


class _Search:
    def __init__(self, supergraph: Supergraph, budget: int) -> None:
        self.supergraph = supergraph
        self.walker = Walker(supergraph, Budget(budget))
        self.reasons = Reasons(supergraph, self.walker)
        self.seen: dict[str, list[_Positions]] = {}
        self.queue: deque[tuple[str, _Positions, Path]] = deque()
        self.errors: dict[tuple[str, str], CompositionError] = {}
        self._landed: dict[tuple[Position, str], tuple[Position | None, ...]] = {}
        self._groups: dict[tuple[str, frozenset[str]], list[list[str]]] = {}
        self._unveiled: dict[Position, tuple[str, ...]] = {}

    def run(self) -> list[CompositionError]:
        for operation, root in self.supergraph.roots.items():
            self._enter(root, frozenset({Position(root, None)}), Path(operation))
        while self.queue:
            type_name, positions, path = self.queue.popleft()
            unreachable: set[str] = set()
            for alike in self._alike(type_name, frozenset(position.type_name for position in positions)):
                landings = {landing for position in positions for landing in self._landings(position, alike[0])}
                if landings:
                    self._follow(landings, path.then(type_name, alike[0]))
                else:
                    unreachable.update(alike)
            for field_name in self._visible(self.supergraph.types[type_name]) if unreachable else ():
                if field_name in unreachable and (type_name, field_name) not in self.errors:
                    error = self._error(type_name, field_name, positions, path)
                    self.errors[type_name, field_name] = error
        return list(self.errors.values())

    def _alike(self, type_name: str, known_as: frozenset[str]) -> list[list[str]]:
        """The fields of a type, together where the same subgraphs have them in the same way: one stands for all.

        `known_as` are the types of the places; an object may be known as its interface only.
        """
        groups = self._groups.get((type_name, known_as))
        if groups is None:
            by_owners: dict[tuple[object, ...], list[str]] = {}
            for name in self._visible(self.supergraph.types[type_name]):
                owners = tuple(self._owners(known, name) for known in sorted(known_as))
                by_owners.setdefault(owners, []).append(name)
            groups = self._groups[type_name, known_as] = list(by_owners.values())
        return groups

    def _owners(self, type_name: str, field_name: str) -> object:
        """Who has the field, and what it leads to; a field that needs or promises something is like no other."""
        model = self.supergraph.field(type_name, field_name)
        if model is None:
            return None
        owners = model.owners.values()
        if any(owner.external or owner.requires or owner.contexts or owner.provides for owner in owners):
            return field_name
        if not self._is_composite(model):
            return frozenset((owner.subgraph, owner.via, "") for owner in owners)
        return frozenset((owner.subgraph, owner.via, named_type(owner.type)) for owner in owners)

    def _is_composite(self, field: Field) -> bool:
        returned = self.supergraph.types.get(named_type(field.type))
        return returned is not None and returned.is_composite

    def _visible(self, type_: Type) -> Iterator[str]:
        described = self.supergraph.schema.type_map.get(type_.name)
        fields = getattr(described, "fields", {})
        return (name for name in type_.fields if name in fields)

    def _landings(self, position: Position, field_name: str) -> tuple[Position | None, ...]:
        """Where the field leads from the position; None stands for the value of a leaf."""
        known = self._landed.get((position, field_name))
        if known is not None:
            return known
        model = self.supergraph.field(position.type_name, field_name)
        found: tuple[Position | None, ...] = ()
        # An interface object lacks what only the types behind it have.
        if model is not None:
            below = _ANYTHING if self._is_composite(model) else None
            selection = FieldSelection(field_name, field_name, named_type(model.type), selections=below)
            found = tuple(self.walker.landings(position, selection))
        self._landed[position, field_name] = found
        return found

    def _follow(self, landings: set[Position | None], path: Path) -> None:
        """Enters a state for each object type that the landings can be."""
        by_type: dict[str, set[Position]] = {}
        for landing in landings:
            if landing is None:
                continue
            for type_name, position in self._objects(landing, path):
                by_type.setdefault(type_name, set()).add(position)
        for type_name, positions in sorted(by_type.items()):
            self._enter(type_name, frozenset(positions), path)

    def _objects(self, landing: Position, path: Path) -> Iterator[tuple[str, Position]]:
        graph, type_name = self.supergraph, landing.type_name
        if not graph.is_veiled(landing.subgraph, type_name):
            for member in graph.members_in(landing.subgraph or "", type_name):
                yield member, replace(landing, type_name=member)
            return
        knowing, members = self._knowing(landing), graph.possible_types(type_name)
        if members and not knowing:
            self._report_veiled(landing, path)
            return
        for member in members:
            yield member, landing
            for subgraph in knowing:
                if member in graph.members_in(subgraph, type_name):
                    yield member, replace(landing, type_name=member, subgraph=subgraph, provided=())

    def _knowing(self, landing: Position) -> tuple[str, ...]:
        """The subgraphs with the real interface that can be entered from an interface object."""
        known = self._unveiled.get(landing)
        if known is None:
            options = self.walker.every_option(landing, _TYPENAME)
            known = self._unveiled[landing] = tuple(sorted({option.subgraph for option in options if option.subgraph}))
        return known

    def _enter(self, type_name: str, positions: _Positions, path: Path) -> None:
        known = self.seen.setdefault(type_name, [])
        if not any(other <= positions for other in known):
            known.append(positions)
            self.queue.append((type_name, positions, path))

    # -- what to say -------------------------------------------------------------------------------------

    def _error(self, type_name: str, field_name: str, positions: _Positions, path: Path) -> CompositionError:
        ordered = sorted(positions, key=lambda position: (position.subgraph or "", position.type_name))
        operation = operation_text(self.supergraph.schema, path.then(type_name, field_name))
        reasons = self.reasons.of(type_name, field_name, ordered)
        message = f"{type_name}.{field_name} cannot be resolved in {operation}: {'; '.join(reasons)}"
        return CompositionError(_CODE, message, _places(ordered))

    def _report_veiled(self, landing: Position, path: Path) -> None:
        name = landing.type_name
        operation = operation_text(self.supergraph.schema, path)
        knowing = ", ".join(self.supergraph.unveiling(name))
        message = (
            f"the type of {name} cannot be found in {operation}: it is an interface object in {landing.subgraph}, and "
            f"no key leads from there to {knowing}"
        )
        self.errors.setdefault((name, "__typename"), CompositionError(_CODE, message, _places([landing])))


def _places(positions: Sequence[Position]) -> tuple[Place, ...]:
    return tuple(Place(name) for name in sorted({position.subgraph for position in positions if position.subgraph}))
