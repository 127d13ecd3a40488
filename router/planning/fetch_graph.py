"""Choices to a graph of fetches.

Every option without a hop adds a field to the fetch it is in; every hop first puts its inputs where they were
chosen to come from, then enters another fetch that depends on all of those. Two hops are the same fetch when
subgraph, response path, dependencies and conditions agree, so entities of different types on one path travel
in one request.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from router.planning.choices import Choice, Hop, Option
from router.planning.operation import Condition, FieldSelection, FragmentSelection
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


Entry = tuple[str, str]
"""The type of an object, and what the subgraph that is entered calls it."""


@dataclass(slots=True, eq=False)
class FetchNode:
    """One request to a subgraph. Without inputs it enters a root type and merges into every object at `path`."""

    id: int
    subgraph: str
    path: Path
    tree: SelectionTree
    conditions: Conditions = ()
    root: str | None = None
    inputs: dict[Entry, EntityInput] = field(default_factory=dict)
    depends_on: set[int] = field(default_factory=set)

    def take(self, entry: Entry, asked: EntityInput) -> None:
        """Adds to what is sent of the objects."""
        known = self.inputs.get(entry, EntityInput())
        self.inputs[entry] = EntityInput(
            merge_field_sets(known.key, asked.key), merge_field_sets(known.requires, asked.requires)
        )


@dataclass(frozen=True, slots=True)
class _Place:
    """Where in the response, and in which fetch, selections are being put."""

    node: FetchNode
    tree: SelectionTree
    path: Path = ()
    conditions: Conditions = ()

    @property
    def keys(self) -> KeyPath:
        return tuple(element for element in self.path if isinstance(element, str))


class FetchGraph:
    """The fetches by id, in the order in which they were needed."""

    def __init__(self, supergraph: Supergraph, keys: ResponseKeys) -> None:
        self.supergraph = supergraph
        self.keys = keys
        self.nodes: dict[int, FetchNode] = {}
        self._known: dict[tuple[object, ...], FetchNode] = {}
        self._operation_of = {type_name: kind for kind, type_name in supergraph.roots.items()}

    def add_root(self, choice: Choice, root_type: str, after: frozenset[int] = frozenset()) -> None:
        """The fetches for root fields; those of one subgraph with the same `after` share a request."""
        outside = FetchNode(0, "", (), SelectionTree(root_type))
        place = _Place(outside, outside.tree)
        for option in choice.options:
            if option.hop is None:
                continue
            node = self._node(option, (), after, (), root_type)
            self._put(option, _Place(node, node.tree, place.path))

    def _put_choice(self, choice: Choice, place: _Place) -> set[int]:
        """Puts everything chosen; returns the fetches that take part."""
        used = {place.node.id}
        for option in choice.options:
            used |= self._put_hop(option, option.hop, place) if option.hop else self._put(option, place)
        for type_name, typed in choice.typed:
            path = (*place.path, TypeIs((type_name,)))
            used |= self._put_choice(typed, _Place(place.node, place.tree.on(type_name), path, place.conditions))
        return used

    def _put_hop(self, option: Option, hop: Hop, place: _Place) -> set[int]:
        sources = {place.node.id}
        for choice in hop.inputs:
            sources |= self._put_choice(choice, place)
        # A requirement is fetched under the conditions of its field, so the fetch itself has them too.
        conditions = place.conditions
        if hop.requires and isinstance(option.item, FieldSelection):
            conditions = tuple(sorted({*conditions, *option.item.conditions}))
        if hop.type_name in self._operation_of:
            node = self._node(option, place.path, frozenset(sources), conditions, hop.type_name)
            return sources | self._put(option, _Place(node, node.tree, place.path, conditions))
        node = self._entered(option, hop, place.path, frozenset(sources), conditions)
        return sources | self._put(option, _Place(node, node.tree.on(hop.entered), place.path, conditions))

    def _entered(
        self, option: Option, hop: Hop, path: Path, sources: frozenset[int], conditions: Conditions
    ) -> FetchNode:
        """The fetch that takes the hop's inputs: one where they agree with those it has already.

        Fields that require `price(currency: USD)` and `price(currency: EUR)` are both given a `price`: an object
        cannot be represented with both, so they are two fetches.
        """
        entry = (hop.type_name, hop.entered)
        attempt = 0
        while True:
            node = self._node(option, path, sources, conditions, None, attempt)
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
        return not any(other != entry and self._runtime(other) & self._runtime(entry) for other in node.inputs)

    def _runtime(self, entry: Entry) -> frozenset[str]:
        name, _ = entry
        if not self.supergraph.types[name].is_abstract:
            return frozenset((name,))
        return frozenset(self.supergraph.possible_types(name))

    def _put(self, option: Option, place: _Place) -> set[int]:
        selection = option.item
        if isinstance(selection, FragmentSelection):
            place.tree.add_typename()
            return self._put_choice(option.child, place) if option.child else {place.node.id}
        key = self.keys.of(place.keys, selection)
        entry = place.tree.add(
            TreeField(
                response_key=key,
                name=selection.name,
                type=option.type,
                arguments=selection.arguments,
                variables=selection.variables,
                conditions=selection.conditions,
                internal=selection.internal,
            )
        )
        if option.child is None:
            return {place.node.id}
        if entry.tree is None:
            entry.tree = SelectionTree(named_type(option.type))
        conditions = tuple(sorted({*place.conditions, *selection.conditions}))
        used = self._put_choice(option.child, _Place(place.node, entry.tree, (*place.path, key), conditions))
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
        path: Path,
        sources: frozenset[int],
        conditions: Conditions,
        root_type: str | None,
        attempt: int = 0,
    ) -> FetchNode:
        subgraph = option.subgraph or ""
        bare = path[:-1] if path and isinstance(path[-1], TypeIs) and root_type is None else path
        identity = (subgraph, bare, sources, conditions, root_type, attempt)
        node = self._known.get(identity)
        if node is None:
            node = FetchNode(
                id=len(self.nodes) + 1,
                subgraph=subgraph,
                path=bare,
                tree=SelectionTree(root_type or "_Entity"),
                conditions=conditions,
                root=self._operation_of[root_type] if root_type else None,
                depends_on=set(sources),
            )
            self.nodes[node.id] = node
            self._known[identity] = node
        return node
