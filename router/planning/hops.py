"""The ways from a position into other fetches.

A hop enters a subgraph by one of its keys, which must be had from the position, with what the field there requires and
is given from contexts. All of these are proved by the walk. Guards keep the proofs finite: a key is never proved
through the subgraph it leads to nor, in whatever subgraph, by having it already; and a requirement never through the
field that has it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from operator import itemgetter

from router.planning.budget import Budget
from router.planning.choices import Choice, ContextInput, Hop, Position, Step, fetch_cost
from router.planning.guard import Guard
from router.planning.internal_selections import InternalSelections
from router.planning.operation import FieldSelection, SelectionSet
from router.supergraph.field_set import FieldSet, fields_for
from router.supergraph.model import FieldOwner, Supergraph

Walk = Callable[[Position, SelectionSet, Guard], Choice]
"""The cheapest way to fetch selections from a position, and what cannot be."""


class Hops:
    """The hops of one walk."""

    def __init__(self, supergraph: Supergraph, budget: Budget, walk: Walk) -> None:
        self._supergraph = supergraph
        self._budget = budget
        self._walk = walk
        self._internal = InternalSelections(supergraph)
        self._roots = frozenset(supergraph.roots.values())

    def entries(self, position: Position, field: FieldSelection, guard: Guard) -> Iterator[tuple[FieldOwner, Hop]]:
        """The subgraphs that can be entered for the field, and how."""
        model = self._supergraph.field(position.type_name, field.name)
        veiled = self._supergraph.is_veiled(position.subgraph, position.type_name)
        for owner in model.owners.values() if model else ():
            # What a subgraph with the real interface has may depend on the runtime type, as fragments do.
            if not veiled or self._supergraph.is_veiled(owner.subgraph, position.type_name):
                hop = self.to(position, field, owner, guard)
                if hop is not None:
                    yield owner, hop

    def to(self, position: Position, field: FieldSelection, owner: FieldOwner, guard: Guard) -> Hop | None:
        """The way from the position into the owner's subgraph; None where there is none, or none is needed."""
        if owner.external or owner.subgraph in guard.subgraphs:
            return None
        needs_more = bool(owner.requires or owner.contexts)
        if owner.subgraph == position.subgraph and not needs_more and not position.is_deferred:
            return None
        # What a hop needs may come with the object.
        position = replace(position, is_deferred=False)
        type_name = position.type_name
        requirement = (type_name, field.name, owner.subgraph)
        if needs_more and requirement in guard.requirements:
            return None
        proving = Guard(requirements=guard.requirements | {requirement})
        required: tuple[Choice, ...] = ()
        if owner.requires:
            wanted = self._internal.of(type_name, owner.requires, field.conditions)
            found = self._walk(position, wanted, proving)
            if found.leftover:
                return None
            required = (found,)
        contexts = tuple(self._context_inputs(position, field, owner, proving))
        if len(contexts) < len(owner.contexts):
            return None
        hop = self._cheapest(position, owner.subgraph, owner.via, owner.requires, required, guard)
        return replace(hop, contexts=contexts) if hop is not None and contexts else hop

    def contexts_below(self, position: Position) -> tuple[tuple[str, Position], ...]:
        """The contexts for what is below an object: its own, and those around it."""
        if not self._supergraph.contextual_fields:
            return ()
        bare = replace(position, contexts=(), is_deferred=False)
        own = dict.fromkeys(self._supergraph.contexts_of(position.type_name), bare)
        return tuple(sorted({**dict(position.contexts), **own}.items(), key=itemgetter(0)))

    def _context_inputs(
        self, position: Position, field: FieldSelection, owner: FieldOwner, guard: Guard
    ) -> Iterator[ContextInput]:
        """Those of the field's contextual arguments that can be had."""
        contexts = dict(self.contexts_below(position)) if owner.contexts else {}
        for argument in owner.contexts:
            at = contexts.get(argument.context)
            if at is None:
                continue
            selection = tuple(fields_for(argument.selection, self._supergraph.supertypes[at.type_name]))
            choice = self._walk(at, self._internal.of(at.type_name, selection, field.conditions), guard)
            if selection and choice.leftover is None:
                yield ContextInput(argument, selection, choice)

    def into(self, position: Position, subgraph: str, guard: Guard, via: str | None = None) -> Hop | None:
        """The way into a subgraph that knows the object as `via`, or else as the position's type; None where there is
        none."""
        return self._cheapest(position, subgraph, via, (), (), guard)

    def _cheapest(
        self,
        position: Position,
        subgraph: str,
        via: str | None,
        requires: FieldSet,
        required: tuple[Choice, ...],
        guard: Guard,
    ) -> Hop | None:
        """The way into the subgraph by the key that is cheapest to have; None where no key can be had."""
        best: Hop | None = None
        entered = via or position.type_name
        for key, proof in self._keys(position, subgraph, entered, guard):
            inputs = (*proof, *required)
            after = frozenset[Step]().union(*(choice.steps for choice in inputs))
            hop = Hop(position.type_name, entered, key, requires, inputs, after | {Step(subgraph, after)})
            if best is None or fetch_cost(hop.steps) < fetch_cost(best.steps):
                best = hop
        return best

    def _keys(
        self, position: Position, subgraph: str, entered: str, guard: Guard
    ) -> Iterator[tuple[FieldSet, tuple[Choice, ...]]]:
        """The keys by which `subgraph` can be entered here, each with the proof that we have it."""
        type_name = position.type_name
        if type_name in self._roots:
            yield (), ()
            return
        if position.subgraph is None:
            return
        for key in self._supergraph.types[entered].keys.get(subgraph, ()):
            if not key.resolvable or key.fields in guard.keys:
                continue
            self._budget.spend()
            proving = Guard(guard.subgraphs | {subgraph}, guard.requirements, keys=guard.keys | {key.fields})
            proof = self._walk(position, self._internal.of(type_name, key.fields, ()), proving)
            if proof.leftover is None:
                yield key.fields, (proof,)


def inputs_cost(hop: Hop | None) -> int:
    """What the inputs of a hop cost beside the fetches, which the hop's steps count."""
    if hop is None:
        return 0
    choices = (*hop.inputs, *(found.choice for found in hop.contexts))
    return sum(choice.cost - fetch_cost(choice.steps) for choice in choices)
