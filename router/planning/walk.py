"""Where each field of a selection set can be fetched from one position, and at what price.

A position is an object in one subgraph's response. A field there is either in that response (`direct`), or
behind an entity hop: another subgraph resolves it, and one of that subgraph's keys (plus what the field
requires) can itself be fetched from the position. Keys and requirements are proved by the same walk, and so is what a
field takes from a context, at the position above that sets it (`hops.py`).

What is deferred is walked from the same position for hops alone, also into the very subgraph that the object comes
from. What no hop leads to comes with the object.

Each selection set is walked once for each position and guard; what comes out is kept.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace

from graphql import OperationType

from router.planning.budget import Budget
from router.planning.choices import (
    FETCH_COST,
    FIELD_COST,
    Choice,
    Hop,
    Option,
    Position,
    Step,
    fetch_cost,
    total_cost,
)
from router.planning.choose import choose
from router.planning.entering import Entering
from router.planning.guard import Guard
from router.planning.hops import Hops, inputs_cost
from router.planning.interface_objects import InterfaceObjects, every_field
from router.planning.operation import INTROSPECTION, DeferredPart, FieldSelection, FragmentSelection, SelectionSet
from router.planning.split_up import split_up
from router.planning.spread import Spread, spread
from router.supergraph.field_set import FieldSet, fields_for
from router.supergraph.model import Field, FieldOwner, Supergraph, named_type

_FREE = Guard()
_NO_CUT = sys.maxsize
_NO_STEPS: frozenset[Step] = frozenset()
_State = tuple[Position, SelectionSet, Guard]
_Items = list[FieldSelection | FragmentSelection]


class Walker:
    """One walk over one supergraph; keeps what it found, so use one for one operation."""

    def __init__(self, supergraph: Supergraph, budget: Budget) -> None:
        self.supergraph = supergraph
        self.budget = budget
        self._hops = Hops(supergraph, budget, self.walk)
        self._interface_objects = InterfaceObjects()
        self._entering = Entering(supergraph, self._hops, lambda at, name: self._local_owner(at, name) is not None)
        self._roots = frozenset(supergraph.roots.values())
        # Asked once and of one subgraph: a mutation has effects, a subscription is a stream.
        self._in_order = frozenset(name for kind, name in supergraph.roots.items() if kind != OperationType.QUERY.value)
        self._found: dict[_State, Choice] = {}
        # States under way, by how deep they are, and the shallowest of them that a cycle was cut at.
        self._open: dict[_State, int] = {}
        self._cut = _NO_CUT
        self._sets: dict[tuple[object, ...], SelectionSet] = {}

    def walk(self, position: Position, selections: SelectionSet, guard: Guard = _FREE) -> Choice:
        """The cheapest way to fetch the selections from the position, and what cannot be."""
        state = (position, selections, guard)
        known = self._found.get(state)
        if known is not None:
            return known
        if state in self._open:
            self._cut = min(self._cut, self._open[state])
            return Choice((), (), selections, 0, frozenset(), 0)
        self.budget.spend()
        depth = self._open[state] = len(self._open)
        found = self._explore(position, selections, guard)
        del self._open[state]
        # What was found below a cut holds only while the state it was cut at is under way.
        if self._cut >= depth:
            self._cut = _NO_CUT
            self._found[state] = found
        return found

    def _explore(self, position: Position, selections: SelectionSet, guard: Guard) -> Choice:
        deferred: list[tuple[DeferredPart, Choice]] = []
        if self.supergraph.is_veiled(position.subgraph, position.type_name):
            plain, veiled = self._interface_objects.split(
                position.type_name, selections, lambda field: self._local_owner(position, field.name) is not None
            )
            fields: list[FieldSelection | FragmentSelection] = [*plain, *veiled]
            typed: dict[str, _Items] = {}
        else:
            known, typed = self._split_by_type(position, selections, guard)
            fields = [item for item in known if isinstance(item, FieldSelection) or item.part is None]
            deferred = list(self._set_apart(position, known, guard))
        options, leftover = self._assign(position, fields, guard)
        leftover.extend(item for _, choice in deferred for item in choice.leftover or ())
        choices: list[tuple[str, Choice]] = []
        for name, items in typed.items():
            choice = self.walk(replace(position, type_name=name), self._interned(items), guard)
            choices.append((name, choice))
            if choice.leftover:
                leftover.append(FragmentSelection(name, choice.leftover))
        if leftover and guard.is_local and self.supergraph.types[position.type_name].is_abstract:
            # Two answers about such an object need not agree on its runtime type: one place must have all of it.
            return Choice((), (), selections, 0, frozenset(), 0)
        steps = _NO_STEPS.union(*(option.hop.steps for option in options if option.hop))
        price = sum(option.cost for option in options) + fetch_cost(steps)
        return Choice(
            options=tuple(options),
            typed=tuple(choices),
            leftover=SelectionSet(tuple(leftover)) if leftover else None,
            cost=price + sum(choice.cost for _, choice in choices),
            steps=steps.union(*(choice.steps for _, choice in choices)),
            local_fields=sum(option.local_fields for option in options if option.hop is None)
            + sum(choice.local_fields for _, choice in choices),
            deferred=tuple(deferred),
        )

    def _set_apart(self, position: Position, items: _Items, guard: Guard) -> Iterator[tuple[DeferredPart, Choice]]:
        """How the deferred parts are fetched: what has fetches of its own, and what comes with the object."""
        for item in items:
            if not isinstance(item, FragmentSelection) or item.part is None:
                continue
            apart = self.walk(replace(position, is_deferred=True), item.selections, guard)
            yield item.part, replace(apart, leftover=None)
            if apart.leftover is not None:
                yield item.part, self.walk(position, apart.leftover, guard)

    def _interned(self, items: _Items) -> SelectionSet:
        return self._sets.setdefault(("items", *items), SelectionSet(tuple(items)))

    # -- types -------------------------------------------------------------------------------------------

    def _split_by_type(
        self, position: Position, selections: SelectionSet, guard: Guard
    ) -> tuple[_Items, dict[str, _Items]]:
        """Fields to look up on the position's own type, and selections for each object type it may be."""
        graph = self.supergraph
        type_name = position.type_name
        if not graph.types[type_name].is_abstract:
            return list(self._fields_on(type_name, selections)), {}
        members = graph.members_in(position.subgraph or "", type_name)
        direct: _Items = []
        typed: dict[str, _Items] = {}
        for item in selections:
            # An interface nobody implements here has no objects; its fields must lead somewhere all the same.
            if isinstance(item, FieldSelection) and (
                not members or self._is_direct_on_all(position, members, item, guard)
            ):
                direct.append(item)
                continue
            for member in members:
                if isinstance(item, FieldSelection):
                    typed.setdefault(member, []).append(item)
                else:
                    typed.setdefault(member, []).extend(self._fields_on(member, (item,)))
        return direct, typed

    def _fields_on(
        self, type_name: str, selections: Iterable[FieldSelection | FragmentSelection]
    ) -> Iterator[FieldSelection | FragmentSelection]:
        """The fields, and the deferred parts, that objects of the type have."""
        for item in selections:
            if isinstance(item, FieldSelection):
                yield item
            elif item.type_name not in self.supergraph.supertypes[type_name]:
                continue
            elif item.part is not None:
                yield item
            else:
                yield from self._fields_on(type_name, item.selections)

    def _is_direct_on_all(
        self, position: Position, members: tuple[str, ...], field: FieldSelection, guard: Guard
    ) -> bool:
        """Whether an interface's field can be asked of the interface itself."""
        if field.name == "__typename":
            return True
        if self._takes_contexts_of(members, field):
            return False
        option = self._direct(position, field, guard)
        if option is None or option.leftover:
            return False
        return all(self._local_owner(replace(position, type_name=member), field.name) is not None for member in members)

    def _takes_contexts_of(self, members: tuple[str, ...], field: FieldSelection) -> bool:
        """Whether something at or below the field is given what may depend on the runtime type."""
        wanted = self.supergraph.contextual_fields
        return (
            bool(wanted)
            and any(self.supergraph.contexts_of(member) for member in members)
            and any(item.name in wanted for item in _every_field_below(field))
        )

    # -- fields ------------------------------------------------------------------------------------------

    def _assign(self, position: Position, fields: _Items, guard: Guard) -> tuple[list[Option], _Items]:
        """One option for each item, or several for a field that is better, or only, had from several subgraphs."""
        candidates: list[list[Option | Spread]] = []
        leftover: _Items = []
        for field in fields:
            at_once = self._at_once(position, field, guard)
            if at_once is not None:
                candidates.append([at_once])
                continue
            options = self._options(position, field, guard)
            whole = [option for option in options if option.leftover is None]
            if whole:
                candidates.append([*whole, *self._spreads(position, field, options, guard)])
                continue
            if isinstance(field, FragmentSelection) or position.type_name in self._in_order:
                leftover.append(field)
                continue
            parts, rest = split_up(field, options)
            candidates.extend([part] for part in parts)
            if rest is not None:
                leftover.append(rest)
        chosen = choose(candidates, self.budget)
        return [part for found in chosen for part in (found.parts if isinstance(found, Spread) else (found,))], leftover

    def _at_once(self, position: Position, field: FieldSelection | FragmentSelection, guard: Guard) -> Spread | None:
        """The field from several subgraphs that are all a single step away and together have everything.

        Nothing can beat that: what one of them lacks would be a step further on. So no other way is looked for, of
        which there may be very many.
        """
        if not self._may_spread(position, field, guard):
            return None
        assert isinstance(field, FieldSelection)  # noqa: S101 - fragments may not be spread
        if self._local_owner(position, field.name) is not None:
            return None
        local = Guard(requirements=guard.requirements, is_local=True)
        options = [
            self._landed(position, field, owner, owner.provides, hop, local)
            for owner, hop in self._hops.entries(position, field, guard)
            if len(hop.steps) == 1
        ]
        if len(options) < 2 or any(option.leftover is None for option in options):
            return None
        return spread(field, options, lambda below, rest: self.walk(below, rest, local), lambda _: ())

    def _may_spread(self, position: Position, field: FieldSelection | FragmentSelection, guard: Guard) -> bool:
        return (
            isinstance(field, FieldSelection)
            and field.selections is not None
            and not guard.is_local
            and not position.is_deferred
            and position.type_name not in self._in_order
        )

    def _spreads(
        self, position: Position, field: FieldSelection | FragmentSelection, options: list[Option], guard: Guard
    ) -> Iterator[Spread]:
        """The field from several subgraphs side by side, where the best of them alone would need further fetches."""
        if len(options) < 2 or not self._may_spread(position, field, guard):
            return
        assert isinstance(field, FieldSelection)  # noqa: S101 - fragments may not be spread
        best = min((option for option in options if option.leftover is None), key=total_cost)
        if best.child is None or best.child.cost < FETCH_COST:
            return
        local = Guard(requirements=guard.requirements, is_local=True)

        def ways(rest: FieldSelection) -> list[Option]:
            return [option for option in self._options(position, rest, guard) if option.leftover is None]

        found = spread(field, options, lambda below, rest: self.walk(below, rest, local), ways)
        if found is not None:
            yield found

    def _options(self, position: Position, field: FieldSelection | FragmentSelection, guard: Guard) -> list[Option]:
        if isinstance(field, FragmentSelection):
            return [] if guard.is_local else list(self._unveilings(position, field, guard))
        direct = self._direct(position, field, guard)
        if guard.is_local:
            return [direct] if direct else []
        # Nothing beats a field that is here with all that is asked below it.
        if direct and direct.leftover is None and direct.cost < FETCH_COST:
            return [direct]
        return self._every_option(position, field, direct, guard)

    def every_option(self, position: Position, field: FieldSelection) -> list[Option]:
        """Every way to the field from the position, dear ones too; none where it cannot be reached."""
        return self._every_option(position, field, self._direct(position, field, _FREE), _FREE)

    def landings(self, position: Position, field: FieldSelection) -> Iterator[Position | None]:
        """Where each of these ways leads; None stands for what has no fields."""
        local = self._local_owner(position, field.name)
        if local is not None:
            yield self._below(position, field, *local)
        model = self.supergraph.field(position.type_name, field.name)
        veiled = self.supergraph.is_veiled(position.subgraph, position.type_name)
        for owner in model.owners.values() if model else ():
            if veiled and not self.supergraph.is_veiled(owner.subgraph, position.type_name):
                continue
            if self._entering.is_possible(position, field, owner):
                yield self._below(position, field, owner, owner.provides)
        if veiled and local is None:
            fragment = self._interface_objects.wrapped(position.type_name, [field])
            if any(self._unveilings(position, fragment, _FREE)):
                yield None

    def _every_option(
        self, position: Position, field: FieldSelection, direct: Option | None, guard: Guard
    ) -> list[Option]:
        options = [direct] if direct else []
        for owner, hop in self._hops.entries(position, field, guard):
            options.append(self._landed(position, field, owner, owner.provides, hop, guard))
        if direct is None and self.supergraph.is_veiled(position.subgraph, position.type_name):
            options.extend(
                self._unveilings(position, self._interface_objects.wrapped(position.type_name, [field]), guard)
            )
        return options

    def _unveilings(self, position: Position, fragment: FragmentSelection, guard: Guard) -> Iterator[Option]:
        """From an interface object to each subgraph that knows what the object really is."""
        for subgraph in self.supergraph.unveiling(position.type_name):
            if subgraph in guard.subgraphs:
                continue
            hop = self._hops.into(position, subgraph, guard)
            if hop is None:
                continue
            child = self.walk(replace(position, subgraph=subgraph, provided=()), fragment.selections, guard)
            yield Option(fragment, subgraph, position.type_name, None, child, hop, inputs_cost(hop) + child.cost)

    def _local_owner(self, position: Position, name: str) -> tuple[FieldOwner, FieldSet] | None:
        """The owner where the field is in this position's response, with what is provided below it."""
        model: Field | None = self.supergraph.field(position.type_name, name)
        owner = model.owners.get(position.subgraph or "") if model else None
        if owner is None:
            return None
        provided: FieldSet = ()
        listed = False
        for item in fields_for(position.provided, self.supergraph.supertypes[position.type_name]):
            if item.name == name:
                listed, provided = True, provided + item.selections
        if owner.contexts or (not listed and (owner.external or owner.requires)):
            return None
        return owner, provided + owner.provides

    def _direct(self, position: Position, field: FieldSelection, guard: Guard) -> Option | None:
        if field.name == "__typename":
            if self.supergraph.is_veiled(position.subgraph, position.type_name):
                return None
            return Option(field, position.subgraph, "String!", None, None, None, FIELD_COST)
        if field.name in INTROSPECTION:
            return Option(field, position.subgraph, "String", None, None, None, 0)
        if position.is_deferred:
            return None
        local = self._local_owner(position, field.name)
        return self._landed(position, field, local[0], local[1], None, guard) if local else None

    def _landed(
        self,
        position: Position,
        field: FieldSelection,
        owner: FieldOwner,
        provided: FieldSet,
        hop: Hop | None,
        guard: Guard,
    ) -> Option:
        below = self._below(position, field, owner, provided)
        child: Choice | None = None
        if below is not None and field.selections is not None:
            child = self.walk(below, field.selections, guard.below())
        cost = FIELD_COST + inputs_cost(hop) + (child.cost if child else 0)
        if hop is not None and hop.type_name not in self._roots:
            cost += FIELD_COST * (1 + (child.local_fields if child else 0))
        return Option(field, owner.subgraph, owner.type, below, child, hop, cost)

    def _below(
        self, position: Position, field: FieldSelection, owner: FieldOwner, provided: FieldSet
    ) -> Position | None:
        """The object that the field leads to, if it does to any."""
        if field.selections is None:
            return None
        return Position(named_type(owner.type), owner.subgraph, provided, self._hops.contexts_below(position))


def _every_field_below(field: FieldSelection) -> Iterator[FieldSelection]:
    """The field and those at every depth below it."""
    yield field
    for item in every_field(field.selections) if field.selections else ():
        yield from _every_field_below(item)
