"""Choices to a graph of fetches.

Every option without a hop adds a field to the fetch it is in; every hop first puts its inputs where they were
chosen to come from, then enters another fetch that depends on all of those. Two hops are the same fetch when
subgraph, response path, dependencies and conditions agree, so entities of different types on one path travel
in one request.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from router.planning.choices import Choice, ContextInput, Hop, Option
from router.planning.operation import INTROSPECTION, Condition, DeferredPart, FieldSelection, FragmentSelection
from router.planning.response_keys import KeyPath, ResponseKeys
from router.planning.selection_tree import SelectionTree, TreeField
from router.supergraph.field_set import FieldSet, contradicts, merge_field_sets
from router.supergraph.model import Supergraph, named_type


@dataclass(frozen=True, slots=True)
class TypeIs:
    """A place on a path where only objects of these types go on."""

    types: tuple[str, ...]


PathElement = str | TypeIs
Path = tuple[PathElement, ...]
Conditions = tuple[Condition, ...]


@dataclass(slots=True)
class EntityInput:
    """What a representation of one type is built from; a requirement may be null, a key may not."""

    key: FieldSet = ()
    requires: FieldSet = ()

    @property
    def all(self) -> FieldSet:
        return merge_field_sets(self.key, self.requires)


@dataclass(frozen=True, slots=True)
class ContextVariable:
    """A variable of a fetch whose value is that of `selection` at an object of `type_name`, as many levels above the
    fetched ones as `up` says; `path` is where these objects are."""

    name: str
    type: str
    up: int
    type_name: str
    path: KeyPath
    selection: FieldSet


Entry = tuple[str, str]
"""The type of an object, and what the subgraph that is entered calls it."""


@dataclass(slots=True, eq=False)
class FetchNode:
    """One request to a subgraph. Without inputs it enters a root type and merges into every object at `path`.

    `part` is the deferred part that it is for; None where the first response waits for it.
    """

    id: int
    subgraph: str
    path: Path
    tree: SelectionTree
    conditions: Conditions = ()
    root: str | None = None
    inputs: dict[Entry, EntityInput] = field(default_factory=dict)
    contexts: dict[tuple[object, ...], ContextVariable] = field(default_factory=dict)
    depends_on: set[int] = field(default_factory=set)
    part: DeferredPart | None = None

    def take(self, entry: Entry, asked: EntityInput) -> None:
        """Adds to what is sent of the objects."""
        known = self.inputs.get(entry, EntityInput())
        self.inputs[entry] = EntityInput(
            merge_field_sets(known.key, asked.key), merge_field_sets(known.requires, asked.requires)
        )


@dataclass(frozen=True, slots=True)
class _Place:
    """Where in the response, and in which fetch, selections are being put.

    `above` is the place of the object around this one. At the fields of a hop, `origin` is where the hop came from:
    the same object, in the fetch that has the inputs. `part` is the deferred part that further fetches are for.
    """

    node: FetchNode
    tree: SelectionTree
    type_name: str
    path: Path = ()
    conditions: Conditions = ()
    above: _Place | None = None
    origin: _Place | None = None
    part: DeferredPart | None = None

    @property
    def keys(self) -> KeyPath:
        return tuple(element for element in self.path if isinstance(element, str))


class FetchGraph:
    """The fetches by id, in the order in which they were needed. `variables` are the names that the client uses."""

    def __init__(self, supergraph: Supergraph, keys: ResponseKeys, variables: Iterable[str] = ()) -> None:
        self.supergraph = supergraph
        self.keys = keys
        self.nodes: dict[int, FetchNode] = {}
        self._known: dict[tuple[object, ...], FetchNode] = {}
        self._operation_of = {type_name: kind for kind, type_name in supergraph.roots.items()}
        self._context_stem = _free_stem("contextualArgument", variables)

    def add_root(self, choice: Choice, root_type: str, after: frozenset[int] = frozenset()) -> None:
        """The fetches for root fields; those of one subgraph with the same `after` share a request."""
        outside = FetchNode(0, "", (), SelectionTree(root_type))
        self._put_root(choice, _Place(outside, outside.tree, root_type), after)

    def _put_root(self, choice: Choice, place: _Place, after: frozenset[int]) -> None:
        for option in choice.options:
            if option.hop is None:
                continue
            node = self._node(option, place, after, place.type_name)
            self._put(option, replace(place, node=node, tree=node.tree))
        for part, found in choice.deferred:
            self._put_root(found, replace(place, part=part), after)

    def _put_choice(self, choice: Choice, place: _Place) -> set[int]:
        """Puts everything chosen; returns the fetches that take part."""
        used = {place.node.id}
        for option in sorted(choice.options, key=_is_entered_plainly):
            used |= self._put_hop(option, option.hop, place) if option.hop else self._put(option, place)
        for type_name, typed in choice.typed:
            path = (*place.path, TypeIs((type_name,)))
            used |= self._put_choice(
                typed, replace(place, tree=place.tree.on(type_name), path=path, type_name=type_name)
            )
        for part, found in choice.deferred:
            self._put_choice(found, replace(place, part=part))
        return used

    def _put_hop(self, option: Option, hop: Hop, place: _Place) -> set[int]:
        sources = {place.node.id}
        for choice in hop.inputs:
            sources |= self._put_choice(choice, place)
        for found in hop.contexts:
            sources |= self._put_choice(found.choice, self._setting(found.argument.context, place))
        # What it needs is fetched under the conditions of its field, so the fetch itself has them too.
        conditions = place.conditions
        if (hop.requires or hop.contexts) and isinstance(option.item, FieldSelection):
            conditions = tuple(sorted({*conditions, *option.item.conditions}))
        entered = replace(place, conditions=conditions, origin=place)
        if hop.type_name in self._operation_of:
            node = self._node(option, entered, frozenset(sources), hop.type_name)
            return sources | self._put(option, replace(entered, node=node, tree=node.tree))
        node = self._entered(option, hop, entered, frozenset(sources))
        arguments = [self._context_argument(found, node, place) for found in hop.contexts]
        return sources | self._put(option, replace(entered, node=node, tree=node.tree.on(hop.entered)), arguments)

    def _entered(self, option: Option, hop: Hop, place: _Place, sources: frozenset[int]) -> FetchNode:
        """The fetch that takes the hop's inputs: one where they agree with those it has already.

        Fields that require `price(currency: USD)` and `price(currency: EUR)` are both given a `price`: an object
        cannot be represented with both, so they are two fetches. Different types share a fetch, but not where they
        are given arguments: not every object of one has the other's.
        """
        entry = (hop.type_name, hop.entered)
        if place.path and isinstance(place.path[-1], TypeIs) and not hop.contexts:
            place = replace(place, path=place.path[:-1])
        attempt = 0
        while True:
            node = self._node(option, place, sources, None, attempt)
            asked = EntityInput(hop.key, hop.requires)
            if self.may_take(node, entry, asked):
                node.take(entry, asked)
                return node
            attempt += 1

    def may_take(self, node: FetchNode, entry: Entry, asked: EntityInput) -> bool:
        """Whether every object that the node is about can still be represented once."""
        known = node.inputs.get(entry, EntityInput())
        if contradicts(merge_field_sets(known.all, asked.all)):
            return False
        requires = frozenset(merge_field_sets(known.requires, asked.requires))
        for other, taken in node.inputs.items():
            if other == entry:
                continue
            if self._runtime(other) & self._runtime(entry):
                return False
            # An interface object is asked for the same whatever it is: so all must be given what one needs.
            if other[1] == entry[1] and frozenset(taken.requires) != requires:
                return False
        return True

    def _runtime(self, entry: Entry) -> frozenset[str]:
        name, _ = entry
        if not self.supergraph.types[name].is_abstract:
            return frozenset((name,))
        return frozenset(self.supergraph.possible_types(name))

    def _setting(self, context: str, place: _Place) -> _Place:
        """The nearest place around this one, itself included, whose objects set the context."""
        at = place
        while context not in self.supergraph.contexts_of(at.type_name) and at.above is not None:
            at = at.above
        return at

    def _context_argument(self, found: ContextInput, node: FetchNode, place: _Place) -> str:
        """The argument as printed; arguments of equal values share a variable."""
        argument, at = found.argument, self._setting(found.argument.context, place)
        up = len(place.keys) - len(at.keys)
        identity = (argument.type, up, at.type_name, found.selection)
        known = node.contexts.get(identity)
        if known is None:
            name = f"{self._context_stem}_{node.id}_{len(node.contexts)}"
            known = ContextVariable(name, argument.type, up, at.type_name, at.keys, found.selection)
            node.contexts[identity] = known
        return f"{argument.name}: ${known.name}"

    def _put(self, option: Option, place: _Place, arguments: Sequence[str] = ()) -> set[int]:
        """`arguments` are those beside the client's."""
        selection = option.item
        if isinstance(selection, FragmentSelection):
            place.tree.add_typename()
            return self._put_choice(option.child, replace(place, origin=None)) if option.child else {place.node.id}
        if selection.name in INTROSPECTION:
            return {place.node.id}
        key = self.keys.of(place.keys, selection)
        entry = place.tree.add(
            TreeField(
                response_key=key,
                name=selection.name,
                type=option.type,
                arguments=_with_arguments(selection.arguments, arguments),
                variables=selection.variables,
                conditions=selection.conditions,
                internal=selection.internal,
                directives=selection.directives,
            )
        )
        if option.child is None:
            return {place.node.id}
        returned = named_type(option.type)
        if entry.tree is None:
            entry.tree = SelectionTree(returned)
        conditions = tuple(sorted({*place.conditions, *selection.conditions}))
        below = _Place(
            place.node,
            entry.tree,
            returned,
            (*place.path, key),
            conditions,
            above=place.origin or place,
            part=place.part,
        )
        used = self._put_choice(option.child, below)
        if self._may_vary(selection, option):
            entry.tree.add_typename()
        return used

    def _may_vary(self, selection: FieldSelection, option: Option) -> bool:
        """Whether the runtime type must be asked for; an interface object does not know it."""
        returned = named_type(option.type)
        if self.supergraph.is_veiled(option.subgraph, returned):
            return False
        types = self.supergraph.types
        return types[selection.type_name].is_abstract or types[returned].is_abstract

    def _node(
        self,
        option: Option,
        place: _Place,
        sources: frozenset[int],
        root_type: str | None,
        attempt: int = 0,
    ) -> FetchNode:
        subgraph = option.subgraph or ""
        identity = (subgraph, place.path, sources, place.conditions, root_type, attempt, place.part)
        node = self._known.get(identity)
        if node is None:
            node = FetchNode(
                id=len(self.nodes) + 1,
                subgraph=subgraph,
                path=place.path,
                tree=SelectionTree(root_type or "_Entity"),
                conditions=place.conditions,
                root=self._operation_of[root_type] if root_type else None,
                depends_on=set(sources),
                part=place.part,
            )
            self.nodes[node.id] = node
            self._known[identity] = node
        return node


def _is_entered_plainly(option: Option) -> bool:
    """Not where an interface object is given something: objects of several types are, together, if that comes first."""
    return option.hop is None or not option.hop.requires or option.hop.entered == option.hop.type_name


def _with_arguments(printed: str, further: Sequence[str]) -> str:
    if not further:
        return printed
    return f"({', '.join([*filter(None, [printed[1:-1]]), *further])})"


def _free_stem(stem: str, taken: Iterable[str]) -> str:
    """One that no name begins with."""
    while any(name.startswith(stem) for name in taken):
        stem = f"_{stem}"
    return stem
